using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>
/// Checks a struct in Thrift's compact protocol, as in a Parquet file, before a library reads it: nothing in it ends early, and no list announces more
/// elements than bytes follow. The work is proportional to the bytes.
/// </summary>
internal static class ThriftCompact
{
    private const int MostNested = 32, Stop = 0, LongestVarint = 10;

    /// <summary>Checks the struct at the start of some bytes.</summary>
    /// <returns>Its length in bytes, and its own whole numbers by field; or an error.</returns>
    public static Fin<(int Length, HashMap<int, long> Numbers)> Struct(ReadOnlySpan<byte> bytes)
    {
        var (at, numbers) = (0, new Dictionary<int, long>());
        return Struct(bytes, ref at, 0, numbers)
            ? (at, toHashMap(numbers.Select(pair => (pair.Key, pair.Value))))
            : Error.New("its structure is damaged or cut short");
    }

    private static bool Struct(ReadOnlySpan<byte> bytes, ref int at, int depth, Dictionary<int, long>? numbers)
    {
        for (var field = 0L; Byte(bytes, ref at, out var header);)
        {
            if (header == Stop)
            {
                return true;
            }

            var type = header & 15;
            var read = header >> 4 is not 0 and var step ? (field += step) > 0 : Varint(bytes, ref at, out field);
            if (!read || !Value(bytes, ref at, type, depth, inStruct: true, out var number))
            {
                return false;
            }

            if (type is >= 3 and <= 6)
            {
                numbers?.TryAdd((int)field, number);
            }
        }

        return false;
    }

    private static bool Value(ReadOnlySpan<byte> bytes, ref int at, int type, int depth, bool inStruct, out long number)
    {
        number = 0;
        switch (type)
        {
            case 1 or 2: // true and false: in a struct the type alone
                return inStruct || Skip(bytes, ref at, 1);
            case 3:
                return Skip(bytes, ref at, 1);
            case >= 4 and <= 6:
                return Varint(bytes, ref at, out number);
            case 7:
                return Skip(bytes, ref at, 8);
            case 8:
                return Length(bytes, ref at, out var length) && Skip(bytes, ref at, length);
            case 9 or 10:
                return Byte(bytes, ref at, out var list)
                    && (list >> 4 is not 15 and var few ? Just(few, out var count) : Length(bytes, ref at, out count))
                    && Many(bytes, ref at, count, depth, list & 15);
            case 11:
                return Length(bytes, ref at, out var pairs)
                    && (pairs == 0 || (Byte(bytes, ref at, out var types) && Many(bytes, ref at, pairs, depth, types >> 4, types & 15)));
            case 12:
                return depth < MostNested && Struct(bytes, ref at, depth + 1, null);
            case 13:
                return Skip(bytes, ref at, 16);
            default:
                return false;
        }
    }

    private static bool Many(ReadOnlySpan<byte> bytes, ref int at, int count, int depth, params ReadOnlySpan<int> types)
    {
        if (depth >= MostNested || count > bytes.Length - at)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            foreach (var type in types)
            {
                if (!Value(bytes, ref at, type, depth + 1, inStruct: false, out _))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool Just(int few, out int count)
    {
        count = few;
        return true;
    }

    private static bool Byte(ReadOnlySpan<byte> bytes, ref int at, out int value)
    {
        value = at < bytes.Length ? bytes[at] : 0;
        return at++ < bytes.Length;
    }

    private static bool Skip(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        at += count;
        return at <= bytes.Length;
    }

    private static bool Length(ReadOnlySpan<byte> bytes, ref int at, out int length)
    {
        var read = Unsigned(bytes, ref at, out var number);
        length = read && number <= (ulong)(bytes.Length - at) ? (int)number : -1;
        return length >= 0;
    }

    private static bool Varint(ReadOnlySpan<byte> bytes, ref int at, out long number)
    {
        var read = Unsigned(bytes, ref at, out var zigzag);
        number = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        return read;
    }

    private static bool Unsigned(ReadOnlySpan<byte> bytes, ref int at, out ulong number)
    {
        number = 0;
        for (var i = 0; i < LongestVarint && Byte(bytes, ref at, out var piece); i++)
        {
            number |= (ulong)(piece & 127) << (7 * i);
            if (piece < 128)
            {
                return true;
            }
        }

        return false;
    }
}

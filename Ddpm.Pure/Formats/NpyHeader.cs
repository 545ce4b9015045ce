using System.Globalization;
using System.Text;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;

namespace Ddpm.Pure.Formats;

/// <summary>
/// The dictionary in a <c>.npy</c> header: exactly the keys descr, fortran_order and shape, in any order and with any white space. It is a Python literal; the
/// parser accepts only the syntax that NumPy writes.
/// </summary>
internal sealed record NpyHeader(NpyType Type, Arr<long> Shape)
{
    private const string Remedy = "the file is damaged, save the array again with numpy.save";

    internal static Fin<NpyHeader> Parse(ReadOnlySpan<byte> text)
    {
        var cursor = new Cursor(text);
        string? descr = null;
        bool? fortranOrder = null;
        Arr<long>? shape = null;

        if (!cursor.Take('{'))
        {
            return cursor.Expected("'{'");
        }

        while (!cursor.Take('}'))
        {
            if (!cursor.TakeString(out var key))
            {
                return cursor.Expected("a key between quotes");
            }

            if (!cursor.Take(':'))
            {
                return cursor.Expected("':'");
            }

            switch (key)
            {
                case "descr" when descr is null:
                    if (!cursor.TakeString(out descr))
                    {
                        return cursor.Expected("one type between quotes (records are not read)");
                    }

                    break;
                case "fortran_order" when fortranOrder is null:
                    if (!cursor.TakeBoolean(out var order))
                    {
                        return cursor.Expected("True or False");
                    }

                    fortranOrder = order;
                    break;
                case "shape" when shape is null:
                    if (!cursor.TakeTuple(out var extents))
                    {
                        return cursor.Expected($"a tuple of at most {ArrayExtent.MaxRank} whole numbers");
                    }

                    shape = extents;
                    break;
                default:
                    return Error.New($"the header's key {Quote(key)} is unknown or given twice: {Remedy}");
            }

            if (!cursor.Take(',') && !cursor.Sees('}'))
            {
                return cursor.Expected("',' or '}'");
            }
        }

        if (!cursor.AtEnd)
        {
            return cursor.Expected("nothing more");
        }

        if (descr is null || fortranOrder is null || shape is null)
        {
            return Error.New($"the header lacks descr, fortran_order or shape: {Remedy}");
        }

        if (fortranOrder.Value)
        {
            return Error.New("the array is in Fortran order: save it again with numpy.save(file, numpy.ascontiguousarray(array))");
        }

        return NpyType.All.Find(type => type.Descr == descr).Match(
            Some: type => Fin<NpyHeader>.Succ(new NpyHeader(type, shape.Value)),
            None: () => Error.New(
                $"type {Quote(descr)} is not one of {string.Join(", ", NpyType.All)}: save it after array.astype with one of these"));
    }

    /// <summary>A position in the text. Every Take skips white space first, and advances only if it succeeds.</summary>
    private ref struct Cursor(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> text = text;
        private int position;

        internal bool AtEnd
        {
            get
            {
                SkipSpace();
                return position == text.Length;
            }
        }

        internal readonly Error Expected(string what) =>
            Error.New($"{what} was expected {position} bytes into the header: {Remedy}");

        internal bool Sees(char symbol)
        {
            SkipSpace();
            return position < text.Length && text[position] == symbol;
        }

        internal bool Take(char symbol)
        {
            var seen = Sees(symbol);
            if (seen)
            {
                position++;
            }

            return seen;
        }

        /// <summary>
        /// A string between single or double quotes: printable ASCII without a backslash, because NumPy needs no escape here.
        /// </summary>
        internal bool TakeString(out string value)
        {
            value = "";
            if (!Sees('\'') && !Sees('"'))
            {
                return false;
            }

            var quote = text[position];
            var length = text[(position + 1)..].IndexOf(quote);
            if (length < 0)
            {
                return false;
            }

            var content = text.Slice(position + 1, length);
            if (content.ContainsAnyExceptInRange((byte)' ', (byte)'~') || content.Contains((byte)'\\'))
            {
                return false;
            }

            value = Encoding.ASCII.GetString(content);
            position += length + 2;
            return true;
        }

        internal bool TakeBoolean(out bool value)
        {
            value = TakeWord("True"u8);
            return value || TakeWord("False"u8);
        }

        /// <summary>() or (1,) or (1, 2) or (1, 2,), but not (1): that is a number.</summary>
        internal bool TakeTuple(out Arr<long> values)
        {
            values = Arr<long>.Empty;
            if (!Take('('))
            {
                return false;
            }

            var taken = new List<long>();
            var comma = true;
            while (!Take(')'))
            {
                if (!comma || taken.Count == ArrayExtent.MaxRank || !TakeNumber(out var value))
                {
                    return false;
                }

                taken.Add(value);
                comma = Take(',');
            }

            values = new Arr<long>(taken);
            return taken.Count != 1 || comma;
        }

        /// <summary>A decimal number up to 2⁶³ − 1, without sign or leading zero.</summary>
        private bool TakeNumber(out long value)
        {
            var digits = text[position..];
            var end = digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            digits = end < 0 ? digits : digits[..end];
            position += digits.Length;
            return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value)
                && (digits.Length == 1 || digits[0] != '0');
        }

        private bool TakeWord(ReadOnlySpan<byte> word)
        {
            SkipSpace();
            var seen = text[position..].StartsWith(word);
            if (seen)
            {
                position += word.Length;
            }

            return seen;
        }

        private void SkipSpace()
        {
            while (position < text.Length && text[position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                position++;
            }
        }
    }
}

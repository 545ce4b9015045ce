using System.Text;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Formats;

/// <summary>Damages the bytes of a file, and checks the decoder's result.</summary>
internal static class Decoding
{
    /// <summary>
    /// The allocation of decoding beyond the part proportional to the file: messages, a framework exception, lists, a decompressor's buffers.
    /// </summary>
    internal const long Allowance = 128 * 1024;

    /// <summary>The message of an error that must be there, and be one line.</summary>
    internal static string Message<T>(this Fin<T> result)
    {
        var message = result.Fault();
        Assert.DoesNotContain(message, char.IsControl);
        Assert.InRange(message.Length, 10, 500);
        return message;
    }

    internal static byte[] Flip(this ReadOnlyMemory<byte> bytes, int place, byte mask)
    {
        var flipped = bytes.ToArray();
        flipped[place] ^= mask;
        return flipped;
    }

    internal static byte[] FlipBit(this ReadOnlyMemory<byte> bytes, int bit) => bytes.Flip(bit / 8, (byte)(1 << (bit % 8)));

    internal static ReadOnlyMemory<byte> Append(this ReadOnlyMemory<byte> bytes, params ReadOnlySpan<byte> more) =>
        (byte[])[.. bytes.Span, .. more];

    internal static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>Whether decoding allocates no more than the file has bytes, and a constant.</summary>
    internal static bool AllocatesLittle<T>(Func<ReadOnlyMemory<byte>, Fin<T>> read, ReadOnlyMemory<byte> file) =>
        Allocated(() => read(file)).Bytes <= file.Length + Allowance;

    /// <summary>The result, and the bytes allocated to make it.</summary>
    internal static (T Made, long Bytes) Allocated<T>(Func<T> make)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var made = make();
        return (made, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}

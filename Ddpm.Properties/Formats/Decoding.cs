using System.Text;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Formats;

/// <summary>Ways to damage the bytes of a file, and to see what a decoder made of them.</summary>
internal static class Decoding
{
    /// <summary>
    /// What decoding may allocate beside what is proportional to the file: messages, an exception inside the framework, lists.
    /// </summary>
    private const long Allowance = 128 * 1024;

    internal static T Value<T>(this Fin<T> result) =>
        result.Match(Succ: x => x, Fail: error => throw new InvalidOperationException(error.Message));

    /// <summary>The message of an error that must be there, and be one line.</summary>
    internal static string Message<T>(this Fin<T> result)
    {
        var message = result.Match(Succ: x => throw new InvalidOperationException($"no error but {x}"), Fail: error => error.Message);
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

    internal static ReadOnlyMemory<byte> Append(this ReadOnlyMemory<byte> bytes, params ReadOnlySpan<byte> more) =>
        (byte[])[.. bytes.Span, .. more];

    internal static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    /// <summary>Whether decoding allocates no more than the file has bytes, and a constant.</summary>
    internal static bool AllocatesLittle<T>(Func<ReadOnlyMemory<byte>, Fin<T>> read, ReadOnlyMemory<byte> file)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        read(file);
        return GC.GetAllocatedBytesForCurrentThread() - before <= file.Length + Allowance;
    }
}

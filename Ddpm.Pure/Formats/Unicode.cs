using System.Buffers;
using System.Text;

namespace Ddpm.Pure.Formats;

/// <summary>Text as every language sees it, not as UTF-16 code units.</summary>
internal static class Unicode
{
    /// <summary>
    /// The order of code points, which is that of UTF-8 bytes and of Python's strings. The ordinal order of .NET differs from it where a
    /// code point beyond U+FFFF meets one in U+E000 … U+FFFF.
    /// </summary>
    internal static IComparer<string> ByCodePoint { get; } =
        Comparer<string>.Create((left, right) => Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right)));

    /// <summary>Whether the text has no lone surrogate, and so survives the way to UTF-8 and back.</summary>
    internal static bool IsValid(string text)
    {
        var rest = text.AsSpan();
        while (Rune.DecodeFromUtf16(rest, out _, out var length) == OperationStatus.Done) rest = rest[length..];
        return rest.IsEmpty;
    }
}

using System.Buffers;
using System.Text;

namespace Ddpm.Pure.Formats;

/// <summary>Unicode text as code points, not as UTF-16 code units.</summary>
internal static class Unicode
{
    /// <summary>
    /// Compares by code point, like UTF-8 bytes and Python's strings. The ordinal order of .NET differs between code points beyond U+FFFF and those in
    /// U+E000 … U+FFFF.
    /// </summary>
    internal static IComparer<string> ByCodePoint { get; } =
        Comparer<string>.Create((left, right) => Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right)));

    /// <summary>Whether the text has no lone surrogate, and so survives a round trip through UTF-8.</summary>
    internal static bool IsValid(string text)
    {
        var rest = text.AsSpan();
        while (Rune.DecodeFromUtf16(rest, out _, out var length) == OperationStatus.Done)
        {
            rest = rest[length..];
        }

        return rest.IsEmpty;
    }
}

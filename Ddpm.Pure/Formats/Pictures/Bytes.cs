
namespace Ddpm.Pure.Formats.Pictures;

/// <summary>Joins pieces of a file.</summary>
internal static class Bytes
{
    public static byte[] Join(IReadOnlyCollection<ReadOnlyMemory<byte>> pieces)
    {
        var (joined, at) = (new byte[pieces.Sum(piece => piece.Length)], 0);
        foreach (var piece in pieces)
        {
            piece.Span.CopyTo(joined.AsSpan(at));
            at += piece.Length;
        }
        return joined;
    }
}

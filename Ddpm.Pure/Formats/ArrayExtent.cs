using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>What a shape asks of memory, in a way that no number found in a file can overflow.</summary>
internal static class ArrayExtent
{
    /// <summary>The most dimensions that every release of NumPy reads; real tensors have five or six.</summary>
    internal const int MaxRank = 32;

    /// <summary>
    /// The bytes that the data of the shape fills, or nothing where the extents, leaving zeros out, multiply to more than 2⁶³ − 1 bytes
    /// or one of them is negative. A dimension of zero makes the array empty but does not excuse the others.
    /// </summary>
    internal static Option<long> ByteCount(Arr<long> shape, int itemBytes)
    {
        var nonZero = (long)itemBytes;
        var empty = false;
        foreach (var extent in shape)
        {
            if (extent < 0 || (extent > 0 && nonZero > long.MaxValue / extent)) return None;
            empty |= extent == 0;
            nonZero *= Math.Max(extent, 1);
        }

        return Some(empty ? 0 : nonZero);
    }

    /// <summary>Every reason why data of <paramref name="byteCount"/> bytes cannot be an array of this shape and type.</summary>
    internal static Seq<Error> Faults(string what, Arr<long> shape, string type, int itemBytes, long byteCount) =>
        ShapeFaults(what, shape, itemBytes)
        + ByteCount(shape, itemBytes)
            .Filter(needed => needed != byteCount)
            .Map(needed => Error.New($"{what}: {type} {Text(shape)} needs {needed} bytes of data, got {byteCount}"))
            .ToSeq();

    /// <summary>Every reason why no array can have this shape.</summary>
    internal static Seq<Error> ShapeFaults(string what, Arr<long> shape, int itemBytes)
    {
        if (shape.Count > MaxRank) return Seq1(Error.New($"{what}: {shape.Count} dimensions, more than the {MaxRank} that are read"));
        if (shape.Exists(extent => extent < 0)) return Seq1(Error.New($"{what}: shape {Text(shape)} has a negative extent"));
        return ByteCount(shape, itemBytes).IsNone ? Seq1(Error.New($"{what}: shape {Text(shape)} is larger than any memory")) : Empty;
    }

    private static string Text(Arr<long> shape) => $"[{string.Join(", ", shape.Take(MaxRank))}]";
}

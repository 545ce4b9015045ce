using LanguageExt;
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

    /// <summary>Why data of <paramref name="byteCount"/> bytes cannot be an array of this shape and type, if so.</summary>
    internal static Option<string> Fault(Arr<long> shape, string type, int itemBytes, long byteCount)
    {
        var shapeFault = ShapeFault(shape, itemBytes);
        if (shapeFault.IsSome) return shapeFault;
        var needed = ByteCount(shape, itemBytes);
        return needed == byteCount ? None : $"{type} {Text(shape)} needs {needed.IfNone(0)} bytes of data, got {byteCount}";
    }

    /// <summary>Why no array can have this shape, if so.</summary>
    internal static Option<string> ShapeFault(Arr<long> shape, int itemBytes)
    {
        if (shape.Count > MaxRank) return $"{shape.Count} dimensions are more than the {MaxRank} that are read";
        if (shape.Exists(extent => extent < 0)) return $"shape {Text(shape)} has a negative extent";
        return ByteCount(shape, itemBytes).IsNone ? $"shape {Text(shape)} is larger than any memory" : None;
    }

    private static string Text(Arr<long> shape) => $"[{string.Join(", ", shape)}]";
}

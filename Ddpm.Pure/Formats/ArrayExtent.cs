using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>The memory size of a shape, computed so that no number in a file can overflow it.</summary>
internal static class ArrayExtent
{
    /// <summary>The most dimensions that every release of NumPy reads. Real tensors have at most five or six.</summary>
    internal const int MaxRank = 32;

    /// <summary>
    /// The number of bytes of a shape's data; none if an extent is negative, or if the nonzero extents multiply to more than 2⁶³ − 1 bytes. An extent of zero
    /// makes the array empty but does not excuse the other extents.
    /// </summary>
    internal static Option<long> ByteCount(Arr<long> shape, int itemBytes)
    {
        var nonZero = (long)itemBytes;
        var empty = false;
        foreach (var extent in shape)
        {
            if (extent < 0 || (extent > 0 && nonZero > long.MaxValue / extent))
            {
                return None;
            }

            empty |= extent == 0;
            nonZero *= Math.Max(extent, 1);
        }

        return Some(empty ? 0 : nonZero);
    }

    /// <summary>The fault of <paramref name="byteCount"/> bytes of data as an array of this shape and type, if any.</summary>
    internal static Option<string> Fault(Arr<long> shape, string type, int itemBytes, long byteCount)
    {
        var shapeFault = ShapeFault(shape, itemBytes);
        if (shapeFault.IsSome)
        {
            return shapeFault;
        }

        var needed = ByteCount(shape, itemBytes);
        return needed == byteCount ? None : $"{type} {Text(shape)} needs {needed.IfNone(0)} bytes of data, got {byteCount}";
    }

    /// <summary>The fault of a shape, if any.</summary>
    internal static Option<string> ShapeFault(Arr<long> shape, int itemBytes)
    {
        if (shape.Count > MaxRank)
        {
            return $"it has {shape.Count} dimensions, but at most {MaxRank} are supported";
        }

        if (shape.Exists(extent => extent < 0))
        {
            return $"shape {Text(shape)} has a negative extent";
        }

        return ByteCount(shape, itemBytes).IsNone ? $"shape {Text(shape)} is larger than any memory" : None;
    }

    private static string Text(Arr<long> shape) => $"[{string.Join(", ", shape)}]";
}

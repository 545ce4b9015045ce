using LanguageExt;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// Images are computed in micro-batches of one fixed size on a fixed grid: image i is always at place i mod size of micro-batch ⌊i/size⌋, whatever
/// other images are generated. Numerical libraries do not promise equal bits for a batch and for its parts, but they do for equal work. So an image
/// depends only on the seed and its number.
/// </summary>
public static class MicroBatches
{
    /// <summary>A micro-batch and which of its images are requested.</summary>
    /// <param name="First">The number of its first image, a multiple of the size.</param>
    /// <param name="From">The place in it of the first requested image.</param>
    /// <param name="Count">The number of requested images, ≥ 1, from there on.</param>
    public sealed record Part(int First, int From, int Count)
    {
        /// <summary>The number of the first requested image.</summary>
        public int FirstAsked => First + From;
    }

    /// <summary>The micro-batches that hold images first to first + count − 1, in order.</summary>
    /// <param name="first">The first image's number, ≥ 0.</param>
    /// <param name="count">How many images, ≥ 1.</param>
    /// <param name="size">Images in a micro-batch, ≥ 1.</param>
    public static Arr<Part> Covering(int first, int count, int size)
    {
        var end = checked(first + count);
        return Enumerable.Range(first / size, (end - 1) / size - first / size + 1).Select(number =>
        {
            var start = number * size;
            var from = Math.Max(first, start) - start;
            return new Part(start, from, (int)Math.Min(end, (long)start + size) - start - from);
        }).ToArr();
    }
}

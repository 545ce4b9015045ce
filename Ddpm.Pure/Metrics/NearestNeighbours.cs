using Ddpm.Pure.Images;
using LanguageExt;

namespace Ddpm.Pure.Metrics;

/// <summary>The training images that are nearest to a generated one, by which memorised images are seen.</summary>
public static class NearestNeighbours
{
    /// <summary>The k nearest images by the sum of squared differences of their levels; of equally near ones the earlier.</summary>
    /// <param name="image">The levels of one image.</param>
    /// <param name="among">Images of that size.</param>
    /// <param name="k">How many, ≥ 1; all where there are fewer.</param>
    /// <returns>Their places in <paramref name="among"/> and distances √Σ(difference²), nearest first.</returns>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static Arr<(int Image, double Distance)> Of(ReadOnlySpan<byte> image, ImageSet among, int k)
    {
        var size = among.Height * among.Width * among.Channels;
        if (image.Length != size)
        {
            throw new ArgumentException($"an image of {image.Length} levels has no distance from one of {size}", nameof(image));
        }

        var distances = new (int Image, long Square)[among.Count];
        for (var i = 0; i < among.Count; i++)
        {
            var other = among.Pixels.Span.Slice(i * size, size);
            var sum = 0L;
            for (var j = 0; j < size; j++)
            {
                var difference = image[j] - other[j];
                sum += difference * difference;
            }

            distances[i] = (i, sum);
        }

        return distances.OrderBy(found => found.Square).ThenBy(found => found.Image).Take(k).Select(found => (found.Image, Math.Sqrt(found.Square))).ToArr();
    }
}

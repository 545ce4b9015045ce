using Ddpm.Pure.Images;
using LanguageExt;

namespace Ddpm.Pure.Metrics;

/// <summary>Finds the training images nearest to a generated image. They reveal memorised images.</summary>
public static class NearestNeighbours
{
    /// <summary>The k nearest images by the sum of squared differences of their levels. Among equally near images, the earlier comes first.</summary>
    /// <param name="image">The levels of one image.</param>
    /// <param name="among">The images to search, of the same size.</param>
    /// <param name="k">The number of neighbours, ≥ 1; all images if there are fewer.</param>
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

        return distances
            .OrderBy(found => found.Square)
            .ThenBy(found => found.Image)
            .Take(k)
            .Select(found => (found.Image, Math.Sqrt(found.Square)))
            .ToArr();
    }
}

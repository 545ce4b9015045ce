using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Metrics;

/// <summary>
/// What an image looks like, without a classifier: the image is divided into 7×7 cells. Each cell gives four numbers: the mean, and the mean absolute values of
/// the discrete Laplacian v − (up + down + left + right)/4 and of the differences down − up and right − left. The last three tell blurred images from sharp and
/// noisy ones. Values are in [−1, 1]; beyond the border the nearest pixel counts. Each channel gives means of its own; the other numbers are of the channels' mean.
/// </summary>
public static class PatchStatistics
{
    /// <summary>Cells along one side.</summary>
    public const int Cells = 7;

    /// <summary>How many numbers an image of C channels gives: 49·(C + 3).</summary>
    public static int Dimension(int channels) => Cells * Cells * (channels + 3);

    /// <summary>The numbers of each image, in double precision: the same bits on every machine.</summary>
    /// <param name="images">At least two images of at least 7×7 pixels.</param>
    /// <returns>The numbers, or the faults of the images.</returns>
    public static Validation<Error, FeatureSet> Of(ImageSet images) =>
        (Check.AtLeast("height", images.Height, Cells), Check.AtLeast("width", images.Width, Cells))
        .Apply((_, _) => FeatureSet.Of(images.Count, Dimension(images.Channels), Values(images)))
        .Bind(features => features);

    private static Arr<double> Values(ImageSet images)
    {
        var (height, width, channels) = (images.Height, images.Width, images.Channels);
        var pixels = images.Pixels.Span;
        var dimension = Dimension(channels);
        var values = new double[images.Count * dimension];
        var grey = new double[height * width];
        for (var n = 0; n < images.Count; n++)
        {
            Fill(pixels.Slice(n * height * width * channels, height * width * channels), grey, values.AsSpan(n * dimension, dimension));
        }

        return new(values);

        void Fill(ReadOnlySpan<byte> image, double[] mean, Span<double> numbers)
        {
            for (var i = 0; i < mean.Length; i++)
            {
                var sum = 0;
                for (var c = 0; c < channels; c++)
                {
                    sum += image[i * channels + c];
                }

                mean[i] = sum / (127.5 * channels) - 1;
            }

            for (var y = 0; y < height; y++)
            {
                var (up, down) = (Math.Max(y - 1, 0) * width, Math.Min(y + 1, height - 1) * width);
                for (var x = 0; x < width; x++)
                {
                    var (left, right, here) = (y * width + Math.Max(x - 1, 0), y * width + Math.Min(x + 1, width - 1), y * width + x);
                    var cell = y * Cells / height * Cells + x * Cells / width;
                    var share = 1.0 / (Size(height, y) * Size(width, x));
                    for (var c = 0; c < channels; c++)
                    {
                        numbers[c * Cells * Cells + cell] += share * (image[here * channels + c] / 127.5 - 1);
                    }

                    var around = mean[up + x] + mean[down + x] + mean[left] + mean[right];
                    numbers[channels * Cells * Cells + cell] += share * Math.Abs(mean[here] - around / 4);
                    numbers[(channels + 1) * Cells * Cells + cell] += share * Math.Abs(mean[down + x] - mean[up + x]);
                    numbers[(channels + 2) * Cells * Cells + cell] += share * Math.Abs(mean[right] - mean[left]);
                }
            }
        }
    }

    /// <summary>How many of a side's pixels are in the cell of one of them.</summary>
    private static int Size(int side, int place)
    {
        var cell = place * Cells / side;
        int First(int number) => (number * side + Cells - 1) / Cells;
        return First(cell + 1) - First(cell);
    }
}

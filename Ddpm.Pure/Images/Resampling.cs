using System.Numerics;
using System.Runtime.InteropServices;
using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Images;

/// <summary>
/// Scales pictures. Every new pixel is a weighted mean of the pixels around its place. Shrinking uses Lanczos's windowed sinc with three lobes; enlarging uses
/// Mitchell and Netravali's cubic (1988, B = C = ⅓). Sums are in double, in a fixed order, so every machine gives the same bytes.
/// </summary>
internal static class Resampling
{
    private const double LanczosLobes = 3, MitchellReach = 2;

    /// <summary>A picture scaled to a size.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="width">The new width, at least 1.</param>
    /// <param name="height">The new height, at least 1.</param>
    public static PixelImage To(PixelImage picture, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if ((width, height) == (picture.Width, picture.Height))
        {
            return picture;
        }

        var enlarges = (long)width * height > (long)picture.Width * picture.Height;
        var (across, down) = (Taps.Of(picture.Width, width, enlarges), Taps.Of(picture.Height, height, enlarges));
        var (stride, channels) = (picture.Width * picture.Channels, picture.Channels);
        var (levels, column, row) = (new byte[width * height * channels], new double[stride], new double[stride]);
        for (var y = 0; y < height; y++)
        {
            column.AsSpan().Clear();
            for (var i = 0; i < down[y].Weights.Length; i++)
            {
                Widen(picture.Pixels.Span.Slice((down[y].First + i) * stride, stride), row);
                Add(column, row, down[y].Weights[i]);
            }
            for (var x = 0; x < width; x++)
            {
                for (var channel = 0; channel < channels; channel++)
                {
                    var sum = 0.0;
                    for (var i = 0; i < across[x].Weights.Length; i++)
                    {
                        sum += across[x].Weights[i] * column[((across[x].First + i) * channels) + channel];
                    }

                    levels[(((y * width) + x) * channels) + channel] = (byte)Math.Clamp(Math.Floor(sum + 0.5), 0, 255);
                }
            }
        }
        return PixelImage.Create(width, height, channels, levels);
    }

    private static void Widen(ReadOnlySpan<byte> levels, Span<double> row)
    {
        for (var i = 0; i < levels.Length; i++)
        {
            row[i] = levels[i];
        }
    }

    /// <summary>sum += weight·row, element by element. Product and sum are each rounded, at every vector width.</summary>
    private static void Add(Span<double> sum, ReadOnlySpan<double> row, double weight)
    {
        var sums = MemoryMarshal.Cast<double, Vector<double>>(sum);
        var rows = MemoryMarshal.Cast<double, Vector<double>>(row);
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] += rows[i] * weight;
        }

        for (var i = sums.Length * Vector<double>.Count; i < sum.Length; i++)
        {
            sum[i] += row[i] * weight;
        }
    }

    /// <summary>The source pixels of a new pixel, and their weights.</summary>
    private readonly record struct Taps(int First, double[] Weights)
    {
        public static Taps[] Of(int from, int to, bool enlarges)
        {
            var scale = Math.Max(1, (double)from / to); // shrinking needs a wider filter
            var reach = scale * (enlarges ? MitchellReach : LanczosLobes);
            var taps = new Taps[to];
            for (var i = 0; i < to; i++)
            {
                var centre = (i + 0.5) * from / to;
                var (first, end) = (Math.Max(0, (int)Math.Floor(centre - reach + 0.5)), Math.Min(from, (int)Math.Floor(centre + reach + 0.5)));
                var weights = new double[Math.Max(1, end - first)];
                for (var k = 0; k < weights.Length; k++)
                {
                    weights[k] = enlarges ? Mitchell((first + k + 0.5 - centre) / scale) : Lanczos((first + k + 0.5 - centre) / scale);
                }

                var sum = weights.Sum();
                for (var k = 0; k < weights.Length; k++)
                {
                    weights[k] /= sum;
                }

                taps[i] = new(first, weights);
            }
            return taps;
        }

        private static double Lanczos(double x) => Math.Abs(x) < LanczosLobes ? Sinc(x) * Sinc(x / LanczosLobes) : 0;

        private static double Sinc(double x) => x == 0 ? 1 : Elementary.Sin(Math.PI * x) / (Math.PI * x);

        private static double Mitchell(double x) => Math.Abs(x) switch
        {
            < 1 and var near => ((7 * near * near * near) - (12 * near * near) + (16 / 3.0)) / 6,
            < 2 and var far => ((-7 / 3.0 * far * far * far) + (12 * far * far) - (20 * far) + (32 / 3.0)) / 6,
            _ => 0,
        };
    }
}

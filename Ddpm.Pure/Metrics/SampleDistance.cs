using Ddpm.Pure.Images;
using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Metrics;

/// <summary>
/// How far images are from other images that were made from the same noise: their root mean square distance d, and what all of them together gain or lose in
/// contrast and in sharpness, d·(1 + 4·|ln(deviation/deviation')| + 4·|ln(sharpness/sharpness')|). The distance alone is least for blurred images, because the
/// mean of all possible images is nearest to each of them. Sharpness is the mean absolute difference of neighbours in a row and in a column.
/// </summary>
public static class SampleDistance
{
    private const double PerLogarithm = 4, Least = 1e-6;

    /// <summary>The distance.</summary>
    /// <param name="made">Images, channel by channel, row by row.</param>
    /// <param name="wanted">As many others.</param>
    /// <param name="size">The height and width of the images.</param>
    /// <returns>A number ≥ 0; 0 for equal images.</returns>
    public static double Between(ReadOnlySpan<float> made, ReadOnlySpan<float> wanted, ImageSize size)
    {
        var squares = 0.0;
        for (var i = 0; i < made.Length; i++)
        {
            var error = (double)made[i] - wanted[i];
            squares += error * error;
        }

        return Math.Sqrt(squares / made.Length) * (1
            + PerLogarithm * LogRatio(Deviation(made), Deviation(wanted))
            + PerLogarithm * LogRatio(Sharpness(made, size), Sharpness(wanted, size)));
    }

    private static double LogRatio(double here, double there) => Math.Abs(Elementary.Log(Math.Max(here, Least)) - Elementary.Log(Math.Max(there, Least)));

    private static double Deviation(ReadOnlySpan<float> values)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var value in values)
        {
            sum += value;
            squares += (double)value * value;
        }

        var mean = sum / values.Length;
        return Math.Sqrt(Math.Max(0, squares / values.Length - mean * mean));
    }

    private static double Sharpness(ReadOnlySpan<float> values, ImageSize size)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var (row, column) = (i / size.Width % size.Height, i % size.Width);
            sum += column + 1 < size.Width ? Math.Abs((double)values[i + 1] - values[i]) : 0;
            sum += row + 1 < size.Height ? Math.Abs((double)values[i + size.Width] - values[i]) : 0;
        }

        return sum / values.Length;
    }
}

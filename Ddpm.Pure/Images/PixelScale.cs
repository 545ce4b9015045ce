using System.Diagnostics;

namespace Ddpm.Pure.Images;

/// <summary>
/// Maps model values to 8-bit levels: it maps an interval of values linearly onto 0…255, clamps, and rounds half to even. The two cases differ in the interval
/// alone. Arithmetic is in double. NaN becomes level 0, −∞ 0 and +∞ 255.
/// </summary>
public abstract record PixelScale
{
    private PixelScale()
    {
    }

    /// <summary>[−1, 1] ↦ [0, 255] for every image and every frame, so their brightness is comparable.</summary>
    public sealed record Fixed : PixelScale;

    /// <summary>
    /// Each image's own minimum…maximum (over its finite values and all of its channels) ↦ 0…255, as in the original tutorial.
    /// It is invariant under x ↦ a·x + b with a &gt; 0, so it hides the brightness of a sample. A constant image becomes zeros.
    /// </summary>
    public sealed record Stretch : PixelScale;

    /// <summary>
    /// The value of an 8-bit level u, u/127.5 − 1 ∈ [−1, 1]: −1 at 0, 1 at 255, and odd about the middle: level 255 − u has the negative value.
    /// </summary>
    public static double Value(int level) => (2 * level - 255) / 255.0;

    /// <summary>The model value of every 8-bit level, from 0 to 255: <see cref="Value"/> rounded to float.</summary>
    public static ReadOnlyMemory<float> ModelValues { get; } = Enumerable.Range(0, 256).Select(level => (float)Value(level)).ToArray();

    /// <summary>The model value of an 8-bit level. <see cref="ToLevel"/> returns the same level.</summary>
    public static float ToModel(byte level) => ModelValues.Span[level];

    /// <summary>
    /// The 8-bit level of a model value on the fixed scale: (x + 1)·127.5, clamped to 0…255, rounded half to even; NaN gives 0.
    /// </summary>
    public static byte ToLevel(float value) => Level(value, low: -1, high: 1);

    /// <summary>Model values of 8-bit images.</summary>
    /// <param name="levels">N×H×W×C levels.</param>
    /// <param name="channels">C, at least 1.</param>
    /// <param name="height">H, at least 1.</param>
    /// <param name="width">W, at least 1.</param>
    /// <param name="values">Receives the N×C×H×W values; as long as <paramref name="levels"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ, or are not a multiple of the image size.</exception>
    public static void ToModel(ReadOnlySpan<byte> levels, int channels, int height, int width, Span<float> values)
    {
        var size = ImageSize(levels.Length, values.Length, channels, height, width);
        var table = ModelValues.Span;
        var area = height * width;
        for (var image = 0; image < levels.Length; image += size)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                for (var pixel = 0; pixel < area; pixel++)
                {
                    values[image + channel * area + pixel] = table[levels[image + pixel * channels + channel]];
                }
            }
        }
    }

    /// <summary>8-bit images of model values, on this scale.</summary>
    /// <param name="values">N×C×H×W values.</param>
    /// <param name="channels">C, at least 1.</param>
    /// <param name="height">H, at least 1.</param>
    /// <param name="width">W, at least 1.</param>
    /// <param name="levels">Receives the N×H×W×C levels; as long as <paramref name="values"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ, or are not a multiple of the image size.</exception>
    public void ToLevels(ReadOnlySpan<float> values, int channels, int height, int width, Span<byte> levels)
    {
        var size = ImageSize(values.Length, levels.Length, channels, height, width);
        var area = height * width;
        for (var image = 0; image < values.Length; image += size)
        {
            var (low, high) = Interval(values.Slice(image, size));
            for (var channel = 0; channel < channels; channel++)
            {
                for (var pixel = 0; pixel < area; pixel++)
                {
                    levels[image + pixel * channels + channel] = Level(values[image + channel * area + pixel], low, high);
                }
            }
        }
    }

    private (double Low, double High) Interval(ReadOnlySpan<float> image) => this switch
    {
        Fixed => (-1, 1),
        Stretch => FiniteRange(image),
        _ => throw new UnreachableException(),
    };

    // Without any finite value the range is (∞, −∞), and every level is NaN.
    private static (double Low, double High) FiniteRange(ReadOnlySpan<float> image)
    {
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var value in image)
        {
            if (!float.IsFinite(value))
            {
                continue;
            }

            low = MathF.Min(low, value);
            high = MathF.Max(high, value);
        }
        return (low, high);
    }

    // Multiplies before it divides: the product is exact, so there is one rounding, and ties stay ties. A constant image gives 0/0.
    private static byte Level(double value, double low, double high)
    {
        var level = (value - low) * 255 / (high - low);
        return double.IsNaN(level) ? (byte)0 : (byte)Math.Round(Math.Clamp(level, 0, 255), MidpointRounding.ToEven);
    }

    private static int ImageSize(int from, int to, int channels, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var size = checked(channels * height * width);
        return from == to && from % size == 0
            ? size
            : throw new ArgumentException($"{from} values to {to} are not a whole number of {channels}×{height}×{width} images.");
    }
}

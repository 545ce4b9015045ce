using Ddpm.Pure.Random;

namespace Ddpm.Pure.Images;

/// <summary>A change of an image that keeps its class: mirrored or not, then moved by whole pixels, with black where nothing was.</summary>
/// <param name="Mirrored">Whether left and right change places.</param>
/// <param name="Right">How many pixels to the right; negative for the left.</param>
/// <param name="Down">How many pixels down; negative for up.</param>
public readonly record struct Augmentation(bool Mirrored, int Right, int Down)
{
    /// <summary>The change that draws decide: mirrored by position 0, if at all, and moved by positions 1 and 2.</summary>
    /// <param name="draws">An image's draws in an epoch.</param>
    /// <param name="mirror">Whether it may be mirrored; half of all are.</param>
    /// <param name="shift">How many pixels at most it is moved each way, ≥ 0; every number of them is equally likely.</param>
    public static Augmentation Of(Draws draws, bool mirror, int shift) =>
        new(mirror && draws.Below(0, 2) == 1, draws.Below(1, 2 * shift + 1) - shift, draws.Below(2, 2 * shift + 1) - shift);

    /// <summary>The changed image in [−1, 1], channels first.</summary>
    /// <param name="levels">H×W×C levels.</param>
    /// <param name="channels">C.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="values">Where the C×H×W values go.</param>
    public void ToModel(ReadOnlySpan<byte> levels, int channels, int height, int width, Span<float> values)
    {
        var table = PixelScale.ModelValues.Span;
        values.Fill(table[0]);
        for (var y = Math.Max(0, Down); y < Math.Min(height, height + Down); y++)
        {
            for (var x = Math.Max(0, Right); x < Math.Min(width, width + Right); x++)
            {
                var from = ((y - Down) * width + (Mirrored ? width - 1 - (x - Right) : x - Right)) * channels;
                for (var channel = 0; channel < channels; channel++)
                    values[(channel * height + y) * width + x] = table[levels[from + channel]];
            }
        }
    }
}

using Ddpm.Pure.Random;

namespace Ddpm.Pure.Images;

/// <summary>A random change of an image that keeps its class: mirrored or not, then shifted by whole pixels, with black pixels shifted in.</summary>
/// <param name="Mirrored">Whether the image is mirrored left to right.</param>
/// <param name="Right">The shift to the right in pixels; negative for the left.</param>
/// <param name="Down">The shift down in pixels; negative for up.</param>
public readonly record struct Augmentation(bool Mirrored, int Right, int Down)
{
    /// <summary>The augmentation from draws: position 0 decides on mirroring, positions 1 and 2 on the shifts.</summary>
    /// <param name="draws">The draws of an image in an epoch.</param>
    /// <param name="mirror">Whether to mirror half of the images.</param>
    /// <param name="shift">The largest shift in each direction in pixels, ≥ 0. All shifts are equally likely.</param>
    public static Augmentation Of(Draws draws, bool mirror, int shift) =>
        new(mirror && draws.Below(0, 2) == 1, draws.Below(1, 2 * shift + 1) - shift, draws.Below(2, 2 * shift + 1) - shift);

    /// <summary>The augmented image in [−1, 1], channels first.</summary>
    /// <param name="levels">H×W×C levels.</param>
    /// <param name="channels">C.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="values">Receives the C×H×W values.</param>
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
                {
                    values[(channel * height + y) * width + x] = table[levels[from + channel]];
                }
            }
        }
    }
}

using Ddpm.Pure.Formats.Pictures;

namespace Ddpm.Host.Pictures;

/// <summary>What the pictures that are read at a time may take together, so that memory does not grow with the number of cores.</summary>
/// <param name="Files">The bytes of their files.</param>
/// <param name="Pixels">Their pixels.</param>
internal sealed record PixelBudget(Budget Files, Budget Pixels)
{
    /// <summary>For one picture alone, which is bounded by itself.</summary>
    public static PixelBudget Unlimited { get; } = new(new(long.MaxValue), new(long.MaxValue));

    /// <summary>For a folder. Whoever waits for pixels holds bytes, and whoever holds pixels waits for nothing.</summary>
    public static PixelBudget OfFolder() => new(new(2 * EncodedPicture.MostBytes), new(EncodedPicture.MostPixels));
}

using Ddpm.Pure.Images;

namespace Ddpm.Host.Pictures;

/// <summary>How pictures of all sizes become images of one.</summary>
/// <param name="Size">Height and width of the images.</param>
/// <param name="Channels">1 for grey, 3 for colour.</param>
internal sealed record PictureShape(ImageSize Size, int Channels)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Size}×{Channels}";
}

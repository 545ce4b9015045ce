using Ddpm.Pure.Images;

namespace Ddpm.Host.Pictures;

/// <summary>A picture that was read.</summary>
/// <param name="Picture">Its upright middle, scaled.</param>
/// <param name="Traits">What is odd about it.</param>
internal sealed record ReadPicture(PixelImage Picture, PictureTraits Traits);

namespace Ddpm.Pure.Images;

/// <summary>A picture and the place of its top left pixel, in pixels from the canvas's top left.</summary>
internal readonly record struct PlacedImage(PixelImage Picture, int Left, int Top);

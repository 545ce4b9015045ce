namespace Ddpm.Pure.Images;

/// <summary>A picture and where its top left pixel goes on a canvas, in pixels from the canvas's own.</summary>
public readonly record struct PlacedImage(PixelImage Picture, int Left, int Top);

namespace Ddpm.Pure.Images;

/// <summary>One of the pictures of a <see cref="Figure"/>, and the text over it.</summary>
public sealed record FigurePanel(string Label, PixelImage Picture);

namespace Ddpm.Pure.Images;

/// <summary>One picture of a <see cref="Figure"/>, and the label over it.</summary>
public sealed record FigurePanel(string Label, PixelImage Picture);

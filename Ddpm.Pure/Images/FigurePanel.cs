namespace Ddpm.Pure.Images;

/// <summary>One picture of a <see cref="Figure"/>, and the label over it.</summary>
internal sealed record FigurePanel(string Label, PixelImage Picture);

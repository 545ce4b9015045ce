using LanguageExt;

namespace Ddpm.Pure.Images;

/// <summary>A panel of the <see cref="ForwardFigure"/>.</summary>
/// <param name="Label">The text over it.</param>
/// <param name="Timestep">The zero-based timestep t of the x_t it shows; none for the original images.</param>
internal sealed record ForwardPanel(string Label, Option<int> Timestep);

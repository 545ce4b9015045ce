using LanguageExt;

namespace Ddpm.Pure.Images;

/// <summary>The figure of the forward process: real images, and the same images after 25, 50, 75 and 100 % of the steps.</summary>
internal static class ForwardFigure
{
    /// <summary>The panels from left to right, for a schedule of <paramref name="steps"/> ≥ 1 steps.</summary>
    public static Arr<ForwardPanel> Panels(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        var noised = Enumerable.Range(1, 4).Select(quarter => Noised(25 * quarter, Math.Max(0, (int)((long)quarter * steps / 4) - 1)));
        return noised.Prepend(new ForwardPanel("Original images", Prelude.None)).ToArr();
    }

    /// <summary>Draws the figure from one picture for each of <see cref="Panels"/>, in their order.</summary>
    /// <exception cref="ArgumentException">The number of pictures is not the number of panels.</exception>
    public static PixelImage Draw(int steps, IReadOnlyList<PixelImage> pictures)
    {
        var panels = Panels(steps);
        return pictures.Count == panels.Count
            ? Figure.Draw($"Forward process, T = {steps}", panels.Zip(pictures, (panel, picture) => new FigurePanel(panel.Label, picture)))
            : throw new ArgumentException($"The figure has {panels.Count} pictures, got {pictures.Count}.", nameof(pictures));
    }

    private static ForwardPanel Noised(int percent, int timestep) => new($"{percent} % (t = {timestep})", timestep);
}

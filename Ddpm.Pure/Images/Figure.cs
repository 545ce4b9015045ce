namespace Ddpm.Pure.Images;

/// <summary>A figure as in a paper: labelled pictures side by side under a title, black on white.</summary>
internal static class Figure
{
    private const byte Paper = 255;
    private const int TitleScale = 3;
    private const int LabelScale = 2;
    private const int Margin = 20;
    private const int BetweenPanels = 20;
    private const int UnderTitle = 18;
    private const int UnderLabel = 6;

    /// <summary>
    /// Draws the figure. Every panel is centred under its label, all panels start at the same height, and the title is centred over all of them.
    /// </summary>
    /// <param name="title">One line, in the characters of <see cref="BitmapFont"/>.</param>
    /// <param name="panels">At least one panel, grey or RGB, of any size. One RGB panel makes the figure RGB.</param>
    /// <exception cref="ArgumentException">There is no panel.</exception>
    public static PixelImage Draw(string title, IEnumerable<FigurePanel> panels)
    {
        var labelled = panels.Select(panel => Stack(UnderLabel, BitmapFont.Draw(panel.Label, LabelScale), panel.Picture)).ToArray();
        if (labelled.Length == 0)
        {
            throw new ArgumentException("A figure has at least one panel.", nameof(panels));
        }

        return Frame(Stack(UnderTitle, BitmapFont.Draw(title, TitleScale), Beside(BetweenPanels, labelled)));
    }

    private static PixelImage Stack(int gap, PixelImage upper, PixelImage lower)
    {
        var width = Math.Max(upper.Width, lower.Width);
        return PixelImage.Compose(width, upper.Height + gap + lower.Height, Math.Max(upper.Channels, lower.Channels), Paper,
        [
            new PlacedImage(upper, (width - upper.Width) / 2, 0),
            new PlacedImage(lower, (width - lower.Width) / 2, upper.Height + gap),
        ]);
    }

    private static PixelImage Beside(int gap, PixelImage[] pictures)
    {
        var lefts = pictures.Select((_, i) => pictures.Take(i).Sum(picture => picture.Width + gap));
        return PixelImage.Compose(
            pictures.Sum(picture => picture.Width + gap) - gap,
            pictures.Max(picture => picture.Height),
            pictures.Max(picture => picture.Channels),
            Paper,
            pictures.Zip(lefts, (picture, left) => new PlacedImage(picture, left, 0)));
    }

    private static PixelImage Frame(PixelImage picture) => PixelImage.Compose(
        picture.Width + 2 * Margin, picture.Height + 2 * Margin, picture.Channels, Paper, [new PlacedImage(picture, Margin, Margin)]);
}

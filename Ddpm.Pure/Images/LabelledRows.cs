using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Images;

/// <summary>Pictures in rows, black on white, each row after its label.</summary>
internal static class LabelledRows
{
    private const int LabelScale = 2, Margin = 10, Gap = 8;

    /// <summary>Draws the figure: labels are right-aligned, pictures are left-aligned after them, and both share a vertical centre.</summary>
    /// <param name="rows">At least one row: its label, in the characters of <see cref="BitmapFont"/>, and its picture, grey or RGB.</param>
    /// <exception cref="ArgumentException">There is no row.</exception>
    public static PixelImage Draw(IEnumerable<(string Label, PixelImage Picture)> rows)
    {
        var drawn = rows.Select(row => (Label: BitmapFont.Draw(row.Label, LabelScale), row.Picture)).ToArray();
        if (drawn.Length == 0)
        {
            throw new ArgumentException("There is at least one row.", nameof(rows));
        }

        var labels = drawn.Max(row => row.Label.Width);
        var (placed, top) = (new List<PlacedImage>(), Margin);
        foreach (var (label, picture) in drawn)
        {
            var height = Math.Max(label.Height, picture.Height);
            placed.Add(new(label, Margin + labels - label.Width, top + (height - label.Height) / 2));
            placed.Add(new(picture, Margin + labels + Gap, top + (height - picture.Height) / 2));
            top += height + Gap;
        }

        return PixelImage.Compose(
            Margin + labels + Gap + drawn.Max(row => row.Picture.Width) + Margin,
            top - Gap + Margin,
            drawn.Max(row => row.Picture.Channels),
            background: 255,
            placed);
    }
}

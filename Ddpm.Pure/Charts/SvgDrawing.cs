using System.Globalization;
using System.Text;
using Ddpm.Pure.Text;
using LanguageExt;

namespace Ddpm.Pure.Charts;

/// <summary>A drawing as SVG, with text as text in a font of the reader.</summary>
internal static class SvgDrawing
{
    // Letters of this size are about as wide as the bitmap font's, so the same places fit both.
    private const int FontSize = 13;

    // The half of the height of capitals, in most fonts.
    private const string HalfCapital = "0.36em";

    public static string Of(Drawing drawing)
    {
        var (width, height) = (drawing.Width, drawing.Height);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" ")
            .Append(CultureInfo.InvariantCulture, $"viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"{FontSize}\">\n")
            .Append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        foreach (var mark in drawing.Marks)
        {
            svg.Append(Element(mark)).Append('\n');
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Element(Mark mark) => mark switch
    {
        Mark.Stroke stroke => Invariant($"<path d=\"{string.Concat(stroke.Lines.Map(Path))}\" fill=\"none\" stroke=\"{stroke.Colour}\" ")
            + Invariant($"stroke-width=\"{stroke.Width:0.##}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"),
        Mark.Words words => Invariant($"<text x=\"{words.X:0.##}\" y=\"{words.Y:0.##}\" dy=\"{HalfCapital}\" text-anchor=\"{Name(words.Anchor)}\" ")
            + Invariant($"fill=\"{words.Colour}\"{Turn(words)}>{Escape(words.Text)}</text>"),
        _ => throw new ArgumentOutOfRangeException(nameof(mark)),
    };

    /// <summary>A line without length and with round ends is a disc.</summary>
    private static string Path(Arr<(double X, double Y)> points)
    {
        var places = points.Map(point => Invariant($"{point.X:0.##} {point.Y:0.##}"));
        return places.Count == 1 ? $"M{places[0]}h0" : $"M{string.Join('L', places)}";
    }

    private static string Name(Anchor anchor) => anchor switch
    {
        Anchor.Start => "start",
        Anchor.Middle => "middle",
        _ => "end",
    };

    private static string Turn(Mark.Words words) => words.IsUpright ? Invariant($" transform=\"rotate(-90 {words.X:0.##} {words.Y:0.##})\"") : "";

    private static string Escape(string text) => string.Concat(Quotation.Printable(text).EnumerateRunes().Select(rune => rune.Value switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        0xFFFE or 0xFFFF => "\uFFFD", // XML has no such characters
        _ => rune.ToString(),
    }));
}

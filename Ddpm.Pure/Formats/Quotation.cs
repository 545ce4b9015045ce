using System.Globalization;
using System.Text;

namespace Ddpm.Pure.Formats;

/// <summary>
/// Text found in a file, made fit for an error message: one line, of bounded length, with nothing that moves a terminal's cursor.
/// </summary>
public static class Quotation
{
    /// <summary>A text on one line: the framework's messages quote control characters of a damaged file as they are.</summary>
    public static string Printable(string text) => string.Concat(text.Select(symbol => char.IsControl(symbol) ? ' ' : symbol));

    private const int MaxLength = 60;

    /// <summary>
    /// The text between single quotes; whatever is not a visible character as its code point, and the end cut off when it is long.
    /// </summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var rune in text.EnumerateRunes())
        {
            if (quoted.Length > MaxLength) return quoted.Append("…'").ToString();
            if (IsVisible(rune)) quoted.Append(rune);
            else quoted.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }

        return quoted.Append('\'').ToString();
    }

    private static bool IsVisible(Rune rune) =>
        rune.Value == ' '
        || Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}

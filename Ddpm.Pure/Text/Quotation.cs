using System.Globalization;
using System.Text;

namespace Ddpm.Pure.Text;

/// <summary>
/// Makes text from a file fit for an error message: one line, of bounded length, with nothing that moves a terminal's cursor.
/// </summary>
internal static class Quotation
{
    // Bidirectional control characters: they reverse the text after them, so that it reads as something else.
    private const string Turning = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";

    /// <summary>
    /// A text on one line that moves no cursor. The framework's messages quote a damaged file verbatim, and file names may hold any character.
    /// </summary>
    public static string Printable(string text) => string.Concat(text.Select(symbol =>
        char.IsControl(symbol) || symbol is '\u2028' or '\u2029' || Turning.Contains(symbol, StringComparison.Ordinal) ? ' ' : symbol));

    private const int MaxLength = 60;

    /// <summary>
    /// The text between single quotes. An invisible character becomes its code point, and a long text is cut off.
    /// </summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var rune in text.EnumerateRunes())
        {
            if (quoted.Length > MaxLength)
            {
                return quoted.Append("…'").ToString();
            }

            if (IsVisible(rune))
            {
                quoted.Append(rune);
            }
            else
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }
        }

        return quoted.Append('\'').ToString();
    }

    private static bool IsVisible(Rune rune) =>
        rune.Value == ' '
        || Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}

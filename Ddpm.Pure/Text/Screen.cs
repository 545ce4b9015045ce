using LanguageExt;

namespace Ddpm.Pure.Text;

/// <summary>Lines for a terminal, whoever wrote their text: they move no cursor, forge no other line, and fit a screen.</summary>
internal static class Screen
{
    /// <summary>The most lines to show.</summary>
    public const int MostLines = 20;

    /// <summary>The most characters of a line to show.</summary>
    public const int LongestLine = 1000;

    /// <summary>A line, made printable and cut to <see cref="LongestLine"/>.</summary>
    public static string Line(string text) =>
        Quotation.Printable(text.Length <= LongestLine ? text : $"{text[..LongestLine]}… ({text.Length - LongestLine} characters more)");

    /// <summary>The first lines, and the number of the others.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="noun">The singular noun for one line, such as "fault".</param>
    public static Seq<string> Of(Seq<string> lines, string noun) => lines.Count <= MostLines
        ? lines.Map(Line).Strict()
        : lines.Take(MostLines - 1).Map(Line).Strict().Add(Invariant($"and {lines.Count - MostLines + 1} more {noun}s"));
}

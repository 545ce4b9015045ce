using LanguageExt;

namespace Ddpm.Pure.Text;

/// <summary>Lines that a person is told, whoever wrote the words in them: they move no cursor, forge no other line, and fit a screen.</summary>
public static class Screen
{
    /// <summary>How many lines are shown.</summary>
    public const int MostLines = 20;

    /// <summary>How many characters of a line are shown.</summary>
    public const int LongestLine = 1000;

    /// <summary>A line as it is shown.</summary>
    public static string Line(string text) =>
        Quotation.Printable(text.Length <= LongestLine ? text : $"{text[..LongestLine]}… ({text.Length - LongestLine} characters more)");

    /// <summary>The first lines, and how many more there are.</summary>
    /// <param name="lines">The lines; those that are not shown are counted.</param>
    /// <param name="noun">What one of them is called.</param>
    public static Seq<string> Of(Seq<string> lines, string noun) => lines.Count <= MostLines
        ? lines.Map(Line).Strict()
        : lines.Take(MostLines - 1).Map(Line).Strict().Add(Invariant($"and {lines.Count - MostLines + 1} more {noun}s"));
}

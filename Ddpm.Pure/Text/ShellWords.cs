using LanguageExt;

namespace Ddpm.Pure.Text;

/// <summary>Words as a Unix shell takes them.</summary>
public static class ShellWords
{
    private const string Plain = "%+,-./:=@_";

    /// <summary>A command line that a shell reads as these words, whatever they hold.</summary>
    public static string Of(Seq<string> words) => string.Join(" ", words.Map(Quoted));

    /// <summary>A word as it is where it means nothing else to a shell, or else in single quotes, in which nothing but their end means anything.</summary>
    private static string Quoted(string word) => word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || Plain.Contains(letter, StringComparison.Ordinal))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

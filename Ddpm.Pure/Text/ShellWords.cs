using LanguageExt;

namespace Ddpm.Pure.Text;

/// <summary>Quotes words for a Unix shell.</summary>
internal static class ShellWords
{
    private const string Plain = "%+,-./:=@_";

    /// <summary>A command line that a shell splits into exactly these words.</summary>
    public static string Of(Seq<string> words) => string.Join(" ", words.Map(Quoted));

    /// <summary>A word of safe characters unchanged; any other word in single quotes, inside which a shell interprets nothing.</summary>
    private static string Quoted(string word) =>
        word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || Plain.Contains(letter, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

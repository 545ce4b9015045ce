
namespace Ddpm.Host.Commands;

/// <summary>~ is the user's home folder. Shells replace it only at the start of a word, so --data=~/x and files need this.</summary>
internal static class HomeFolder
{
    /// <summary>An argument with ~ replaced by the home folder.</summary>
    /// <param name="argument">A word, or an option with its value behind = or a colon.</param>
    /// <param name="home">The home folder; empty if there is none.</param>
    public static string OfArgument(string argument, string home) =>
        argument.StartsWith("--", StringComparison.Ordinal) && argument.IndexOfAny(['=', ':']) is var end and > 0
            ? argument[..(end + 1)] + OfValue(argument[(end + 1)..], home)
            : OfValue(argument, home);

    /// <summary>The value of an option with ~ or ~/ at its start replaced by the home folder.</summary>
    /// <param name="value">The value.</param>
    /// <param name="home">The home folder; empty if there is none.</param>
    public static string OfValue(string value, string home) =>
        home.Length > 0 && value is ['~'] or ['~', '/', ..] ? home + value[1..] : value;
}


namespace Ddpm.Host.Commands;

/// <summary>~ is the user's home folder. Shells say so only where a word begins with it: in --data=~/x and in files they leave it as it is.</summary>
internal static class HomeFolder
{
    /// <summary>An argument of a command line with the home folder in its place.</summary>
    /// <param name="argument">A word, or an option with its value behind = or a colon.</param>
    /// <param name="home">The home folder; empty where there is none.</param>
    public static string OfArgument(string argument, string home) =>
        argument.StartsWith("--", StringComparison.Ordinal) && argument.IndexOfAny(['=', ':']) is var end and > 0
            ? argument[..(end + 1)] + OfValue(argument[(end + 1)..], home)
            : OfValue(argument, home);

    /// <summary>The value of an option with the home folder in its place; as it is unless it is ~ or begins with ~/.</summary>
    /// <param name="value">The value.</param>
    /// <param name="home">The home folder; empty where there is none.</param>
    public static string OfValue(string value, string home) =>
        home.Length > 0 && value is ['~'] or ['~', '/', ..] ? home + value[1..] : value;
}

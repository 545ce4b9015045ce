using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Tells options on the command line from defaults.</summary>
internal static class ParsedOptions
{
    /// <summary>Whether the command line has an option.</summary>
    public static bool IsGiven(this CommandLine.ParseResult parsed, CommandLine.Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>The value of an option on the command line, or another value without it.</summary>
    public static T Or<T>(this CommandLine.ParseResult parsed, CommandLine.Option<T> option, T otherwise) =>
        parsed.IsGiven(option) ? parsed.GetValue(option)! : otherwise;

    /// <summary>The names of the options that the command line has.</summary>
    public static Seq<string> Given(this CommandLine.ParseResult parsed, IEnumerable<CommandLine.Option> options) =>
        toSeq(options.Where(option => parsed.IsGiven(option)).Select(option => option.Name).ToArray());
}

using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Tells what a person said from what is so by default.</summary>
internal static class SaidOptions
{
    /// <summary>The value that was said for an option, or another where nothing was said.</summary>
    public static T Or<T>(this CommandLine.ParseResult said, CommandLine.Option<T> option, T otherwise) =>
        said.GetResult(option) is { Implicit: false } ? said.GetValue(option)! : otherwise;

    /// <summary>The names of those that were said.</summary>
    public static Seq<string> Said(this CommandLine.ParseResult said, IEnumerable<CommandLine.Option> options) =>
        toSeq(options.Where(option => said.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToArray());
}

using System.Runtime.CompilerServices;
using Ddpm.Host.Faults;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>What --help shows of a command: on a screen, its options in groups, each on a line with its default, and an example.</summary>
internal static class HelpPage
{
    /// <summary>How wide a page is at most.</summary>
    public const int Columns = 120;

    private static readonly ConditionalWeakTable<CommandLine.Option, string> Groups = [];
    private static readonly ConditionalWeakTable<CommandLine.Option, object> Brief = [];
    private static readonly ConditionalWeakTable<CommandLine.Command, string> Examples = [];

    /// <summary>Adds options that belong together.</summary>
    public static void AddGroup(this CommandLine.Command command, string title, params CommandLine.Option[] options)
    {
        foreach (var option in options)
        {
            command.Add(option);
            Groups.Add(option, title);
        }
    }

    /// <summary>Adds options of which the page shows the names alone, since another page describes them.</summary>
    public static void AddBriefly(this CommandLine.Command command, string title, params CommandLine.Option[] options)
    {
        command.AddGroup(title, options);
        foreach (var option in options)
        {
            Brief.Add(option, option);
        }
    }

    /// <summary>With an example of its use, arguments only.</summary>
    public static CommandLine.Command WithExample(this CommandLine.Command command, string arguments)
    {
        Examples.Add(command, arguments);
        return command;
    }

    /// <summary>The page.</summary>
    public static Seq<string> Of(CommandLine.Command command)
    {
        var path = string.Join(" ", Ancestors(command).Map(Name));
        var arguments = string.Concat(command.Arguments.Select(argument => $" {argument.Name}"));
        var subcommands = toSeq(command.Subcommands.ToArray());
        var options = toSeq(command.Options.Where(option => !option.Hidden).ToArray());
        var groups = options.GroupBy(option => Groups.TryGetValue(option, out var title) ? title : "Other");
        var head = Seq(command.Description ?? "", "", $"Usage: {path}{arguments}{(subcommands.IsEmpty ? "" : options.IsEmpty ? " COMMAND" : " [COMMAND]")}{(options.IsEmpty ? "" : " [options]")}");
        var told = Rows("Arguments", toSeq(command.Arguments.Select(argument => (argument.Name, argument.Description ?? "")).ToArray()))
            + Rows("Commands", subcommands.Map(sub => (sub.Name, sub.Description ?? "")))
            + toSeq(groups.OrderBy(group => group.Key == "Other").ToArray())
                .Bind(group => Brief.TryGetValue(group.First(), out _)
                    ? Wrapped($"{group.Key}: {string.Join(", ", group.Select(Label))}", Columns)
                    : Rows(group.Key, toSeq(group.Select(option => (Label(option), Description(option))).ToArray())));
        var everywhere = command is CommandLine.RootCommand
            ? Seq<string>()
            : Seq1($"Everywhere: {string.Join(", ", Seq<CommandLine.Option>(Session.Config, Session.Quiet, Session.Verbose).Map(Label))}");
        return head + told + everywhere + (Examples.TryGetValue(command, out var example) ? Seq1($"Example: {path} {example}".TrimEnd()) : Seq<string>());
    }

    /// <summary>System.CommandLine names the root command after the executable file, which differs between a build and an installed tool.</summary>
    private static string Name(CommandLine.Command command) => command is CommandLine.RootCommand ? DdpmCommand.Name : command.Name;

    private static Seq<CommandLine.Command> Ancestors(CommandLine.Command command) =>
        toSeq(command.Parents.OfType<CommandLine.Command>().ToArray()).Bind(Ancestors).Add(command);

    private static Seq<string> Rows(string title, Seq<(string Label, string Text)> rows)
    {
        var width = rows.IsEmpty ? 0 : rows.Max(row => row.Label.Length);
        return rows.IsEmpty ? Seq<string>() : Seq1(title + ":") + rows.Bind(row => toSeq(Wrapped(row.Text, Columns - width - 4).Select((line, i) => $"  {(i == 0 ? row.Label : "").PadRight(width)}  {line}".TrimEnd()).ToArray()));
    }

    /// <summary>A text in lines of at most so many letters, cut between words.</summary>
    private static Seq<string> Wrapped(string text, int most)
    {
        var lines = new List<string> { "" };
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + 1 + word.Length > most)
            {
                lines.Add(word);
            }
            else
            {
                lines[^1] = lines[^1].Length == 0 ? word : $"{lines[^1]} {word}";
            }
        }

        return toSeq(lines.ToArray());
    }

    private static string Label(CommandLine.Option option) =>
        string.Join(", ", option.Aliases.Where(alias => alias.StartsWith('-')).Append(option.Name).Where(name => name != "-?").Order(StringComparer.Ordinal))
        + (option.ValueType == typeof(bool) || option.ValueType == typeof(void) || option is CommandLine.Help.HelpOption or CommandLine.VersionOption ? "" : $" {option.HelpName ?? Kind(option.ValueType)}");

    private static string Kind(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var one when one == typeof(int) || one == typeof(ulong) => "N",
        var one when one == typeof(double) => "X",
        var one when one == typeof(bool) => "true|false",
        _ => "NAME",
    };

    private static string Description(CommandLine.Option option)
    {
        var value = option.HasDefaultValue && option is not (CommandLine.Help.HelpOption or CommandLine.VersionOption) ? option.GetDefaultValue() : null;
        var told = value switch
        {
            null or bool or "" or System.Array => "",
            int.MaxValue => " [default: all]",
            IFormattable number => Invariant($" [default: {number}]"),
            _ => $" [default: {value}]",
        };
        return option.Description + told;
    }

    /// <summary>Shows it where --help was said.</summary>
    public sealed class Action : CommandLine.Invocation.SynchronousCommandLineAction
    {
        /// <inheritdoc/>
        public override int Invoke(CommandLine.ParseResult parseResult)
        {
            Of(parseResult.CommandResult.Command).Iter(Console.Out.WriteLine);
            return ExitCode.Success;
        }
    }
}

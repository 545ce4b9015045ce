using System.Runtime.CompilerServices;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The page that --help shows: the command's options in groups, each with its default, and an example.</summary>
internal static class HelpPage
{
    /// <summary>The greatest width of a page.</summary>
    public const int Columns = 120;

    // A line does not break between these words and the default: the second blank is a no-break space.
    private const string Default = "[default: ", UnbrokenDefault = "[default:\u00A0";

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

    /// <summary>Adds options that another page describes. This page only lists their names.</summary>
    public static void AddBriefly(this CommandLine.Command command, string title, params CommandLine.Option[] options)
    {
        command.AddGroup(title, options);
        foreach (var option in options)
        {
            Brief.Add(option, option);
        }
    }

    /// <summary>Adds an example of the command's use: its arguments.</summary>
    public static CommandLine.Command WithExample(this CommandLine.Command command, string arguments)
    {
        Examples.Add(command, arguments);
        return command;
    }

    /// <summary>The page.</summary>
    public static Seq<string> Of(CommandLine.Command command)
    {
        var path = string.Join(" ", Ancestors(command).Map(Name));
        var options = toSeq(command.Options.Where(option => !option.Hidden).ToArray());
        var arguments = Rows("Arguments", toSeq(command.Arguments.Select(argument => (argument.Name, argument.Description ?? "")).ToArray()));
        var subcommands = Rows("Commands", toSeq(command.Subcommands.Select(sub => (sub.Name, sub.Description ?? "")).ToArray()));
        var groups = toSeq(options
            .GroupBy(option => Groups.TryGetValue(option, out var title) ? title : "Other")
            .OrderBy(group => group.Key == "Other")
            .Select(group => GroupRows(group.Key, [.. group])).ToArray()).Bind(rows => rows);
        return Seq(command.Description ?? "", "", Usage(command, path, !options.IsEmpty)) + arguments + subcommands + groups + Everywhere(command)
            + (Examples.TryGetValue(command, out var example) ? Seq1($"Example: {path} {example}".TrimEnd()) : Seq<string>());
    }

    private static string Usage(CommandLine.Command command, string path, bool hasOptions)
    {
        var arguments = string.Concat(command.Arguments.Select(argument => $" {argument.Name}"));
        var subcommand = !command.Subcommands.Any() ? "" : hasOptions ? " [COMMAND]" : " COMMAND";
        return $"Usage: {path}{arguments}{subcommand}{(hasOptions ? " [options]" : "")}";
    }

    private static Seq<string> GroupRows(string title, CommandLine.Option[] options) => Brief.TryGetValue(options[0], out _)
        ? Wrapped($"{title}: {string.Join(", ", options.Select(Label))}", Columns)
        : Rows(title, toSeq(options.Select(option => (Label(option), Description(option))).ToArray()));

    /// <summary>The options that every command has. The root command lists them in full.</summary>
    private static Seq<string> Everywhere(CommandLine.Command command)
    {
        CommandLine.Option[] options = [Session.Config, Session.Quiet, Session.Verbose];
        return command is CommandLine.RootCommand ? [] : Seq1($"Everywhere: {string.Join(", ", options.Select(Label))}");
    }

    /// <summary>System.CommandLine names the root command after the executable file, which differs between a build and an installed tool.</summary>
    private static string Name(CommandLine.Command command) => command is CommandLine.RootCommand ? DdpmCommand.Name : command.Name;

    private static Seq<CommandLine.Command> Ancestors(CommandLine.Command command) =>
        toSeq(command.Parents.OfType<CommandLine.Command>().ToArray()).Bind(Ancestors).Add(command);

    private static Seq<string> Rows(string title, Seq<(string Label, string Text)> rows)
    {
        if (rows.IsEmpty)
        {
            return [];
        }

        var width = rows.Max(row => row.Label.Length);
        return Seq1(title + ":") + rows.Bind(row => toSeq(Wrapped(row.Text, Columns - width - 4)
            .Select((line, i) => $"  {(i == 0 ? row.Label : "").PadRight(width)}  {line}".TrimEnd()).ToArray()));
    }

    /// <summary>Breaks a text between words into lines of limited length.</summary>
    private static Seq<string> Wrapped(string text, int most)
    {
        var lines = new List<string> { "" };
        foreach (var word in text.Replace(Default, UnbrokenDefault, StringComparison.Ordinal).Split(' '))
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

        return toSeq(lines.Select(line => line.Replace(UnbrokenDefault, Default, StringComparison.Ordinal)).ToArray());
    }

    private static string Label(CommandLine.Option option)
    {
        var names = option.Aliases.Where(alias => alias.StartsWith('-')).Append(option.Name).Where(name => name != "-?").Order(StringComparer.Ordinal);
        return string.Join(", ", names) + (HasValue(option) ? $" {option.HelpName ?? Kind(option.ValueType)}" : "");
    }

    private static bool HasValue(CommandLine.Option option) =>
        option.ValueType != typeof(bool) && option.ValueType != typeof(void) && option is not (CommandLine.Help.HelpOption or CommandLine.VersionOption);

    private static string Kind(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var one when one == typeof(int) || one == typeof(ulong) => "N",
        var one when one == typeof(double) => "X",
        var one when one == typeof(bool) => "true|false",
        _ => "NAME",
    };

    private static string Description(CommandLine.Option option)
    {
        var value = option.HasDefaultValue && HasValue(option) ? option.GetDefaultValue() : null;
        return option.Description + value switch
        {
            null or bool or "" or System.Array => "",
            int.MaxValue => " [default: all]",
            _ => Invariant($" [default: {value}]"),
        };
    }
}

using Ddpm.Pure.Options;
using LanguageExt;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Options of the command line that <see cref="TrainingOption"/> declares.</summary>
internal sealed class DeclaredOptions
{
    private readonly Seq<Entry> _entries;

    /// <param name="declared">The options.</param>
    /// <param name="help">What some of them do in this command, by property; for the others, what they do in `train`.</param>
    public DeclaredOptions(Seq<TrainingOption> declared, params (string Property, string Text)[] help) => _entries = declared
        .Map(option => CreateOf(option, help.FirstOrDefault(other => TrainingOption.Of(other.Property) == option).Text)).Strict();

    /// <summary>An option of the command line.</summary>
    /// <param name="Declared">Its declaration.</param>
    /// <param name="Option">What parses it.</param>
    /// <param name="Value">Its parsed value.</param>
    private sealed record Entry(TrainingOption Declared, CommandLine.Option Option, Func<CommandLine.ParseResult, object?> Value);

    /// <summary>Each option with its declaration.</summary>
    public Seq<(TrainingOption Declared, CommandLine.Option Option)> All => _entries.Map(entry => (entry.Declared, entry.Option));

    /// <summary>Other options, with those on the command line in their place.</summary>
    public TrainingOptions Parsed(CommandLine.ParseResult parsed, TrainingOptions otherwise) => _entries.Filter(entry => parsed.IsGiven(entry.Option))
        .Fold(otherwise, (options, entry) => entry.Declared.With(options, entry.Value(parsed)));

    /// <summary>An option of `train` for another command.</summary>
    /// <param name="declared">Its declaration.</param>
    /// <param name="help">What it does there; null for the same as in `train`.</param>
    /// <typeparam name="T">Its type.</typeparam>
    public static CommandLine.Option<T> Create<T>(TrainingOption declared, string? help = null)
    {
        CommandLine.Option<T> option = new($"--{declared.Name}") { Description = help ?? declared.Help };
        if (declared.Default is T value)
        {
            option.DefaultValueFactory = _ => value;
        }

        return option;
    }

    private static Entry CreateOf(TrainingOption declared, string? help) => declared.Type switch
    {
        var type when type == typeof(string) => EntryOf<string?>(declared, help),
        var type when type == typeof(int) => EntryOf<int>(declared, help),
        var type when type == typeof(int?) => EntryOf<int?>(declared, help),
        var type when type == typeof(double) => EntryOf<double>(declared, help),
        var type when type == typeof(double?) => EntryOf<double?>(declared, help),
        var type when type == typeof(Arr<int>?) => NumbersOf(declared),
        var type when type == typeof(bool) => EntryOf<bool>(declared, help),
        var type when type == typeof(ulong) => EntryOf<ulong>(declared, help),
        var type => throw new NotSupportedException($"{declared.Name} is of type {type.Name}"),
    };

    private static Entry NumbersOf(TrainingOption declared)
    {
        CommandLine.Option<int[]> option = new($"--{declared.Name}")
        {
            Description = declared.Help,
            AllowMultipleArgumentsPerToken = true,
            HelpName = "NUMBERS",
        };
        return new(declared, option, parsed => parsed.GetValue(option)!.ToArr());
    }

    private static Entry EntryOf<T>(TrainingOption declared, string? help)
    {
        var option = Create<T>(declared, help);
        return new(declared, option, parsed => parsed.GetValue(option) is var given && declared.ZeroIsNull && given is 0.0 ? null : given);
    }
}

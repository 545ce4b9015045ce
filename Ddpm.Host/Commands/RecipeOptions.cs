using Ddpm.Host.Faults;
using Ddpm.Pure.Options;
using LanguageExt;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The options of `train` that decide what is computed: --dataset, and one for each <see cref="TrainingOption"/>.</summary>
internal sealed class RecipeOptions
{
    private const string Preset = "preset";

    private readonly DataOptions _data;
    private readonly Seq<Entry> _entries = TrainingOption.All.Map(CreateOf).Strict();

    public RecipeOptions(CommandLine.Command command, DataOptions data)
    {
        _data = data;
        _entries.Iter(entry => command.AddGroup(entry.Declared.Group, entry.Option));
    }

    /// <summary>An option of the command line.</summary>
    /// <param name="Declared">Its declaration.</param>
    /// <param name="Option">What parses it.</param>
    /// <param name="Value">Its parsed value.</param>
    private sealed record Entry(TrainingOption Declared, CommandLine.Option Option, Func<CommandLine.ParseResult, object?> Value);

    /// <summary>The options of a new run: the preset's, and those on the command line in their place.</summary>
    public TrainingOptions Parsed(CommandLine.ParseResult parsed)
    {
        var defaults = new TrainingOptions();
        return Parsed(parsed, TrainingOptions.Of(Parsed(parsed, defaults).Preset, _data.Dataset(parsed).IfNone(defaults.Dataset)));
    }

    /// <summary>Other options, with those on the command line in their place.</summary>
    public TrainingOptions Parsed(CommandLine.ParseResult parsed, TrainingOptions otherwise)
    {
        var options = otherwise with { Dataset = _data.Dataset(parsed).IfNone(otherwise.Dataset) };
        foreach (var entry in _entries.Filter(entry => parsed.IsGiven(entry.Option)))
        {
            options = entry.Declared.With(options, entry.Value(parsed));
        }

        return options;
    }

    /// <summary>Refuses --preset together with a receipt, which already has a recipe.</summary>
    public Fin<Unit> WithoutPreset(CommandLine.ParseResult parsed) => Outcomes.Require(
        !_entries.Exists(entry => entry.Declared.Name == Preset && parsed.IsGiven(entry.Option)),
        "--preset cannot be combined with --from, which repeats the recipe of its run: give only the options that should differ");

    /// <summary>An option of `train` for another command.</summary>
    /// <param name="property">Its property of <see cref="TrainingOptions"/>.</param>
    /// <param name="help">What it does there; null for the same as in `train`.</param>
    /// <typeparam name="T">Its type.</typeparam>
    public static CommandLine.Option<T> Create<T>(string property, string? help = null) => Option<T>(TrainingOption.Of(property), help);

    private static Entry CreateOf(TrainingOption declared) => declared.Type switch
    {
        var type when type == typeof(string) => Create<string?>(declared),
        var type when type == typeof(int) => Create<int>(declared),
        var type when type == typeof(int?) => Create<int?>(declared),
        var type when type == typeof(double) => Create<double>(declared),
        var type when type == typeof(double?) => Create<double?>(declared),
        var type when type == typeof(bool) => Create<bool>(declared),
        var type when type == typeof(ulong) => Create<ulong>(declared),
        var type => throw new NotSupportedException($"{declared.Name} is of type {type.Name}"),
    };

    private static Entry Create<T>(TrainingOption declared)
    {
        var option = Option<T>(declared);
        return new(declared, option, parsed => parsed.GetValue(option) is var given && declared.ZeroIsNull && given is 0.0 ? null : given);
    }

    private static CommandLine.Option<T> Option<T>(TrainingOption declared, string? help = null)
    {
        CommandLine.Option<T> option = new($"--{declared.Name}") { Description = help ?? declared.Help };
        if (declared.Default is T value)
        {
            option.DefaultValueFactory = _ => value;
        }

        return option;
    }
}

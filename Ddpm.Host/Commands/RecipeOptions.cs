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
    private readonly DeclaredOptions _declared = new(TrainingOption.All);

    public RecipeOptions(CommandLine.Command command, DataOptions data)
    {
        _data = data;
        foreach (var (declared, option) in _declared.All)
        {
            if (declared.Group is TrainingOptions.Numbers or TrainingOptions.OfNetworks)
            {
                command.AddBriefly(declared.Group, option);
            }
            else
            {
                command.AddGroup(declared.Group, option);
            }
        }
    }

    /// <summary>The options of a new run: the preset's, and those on the command line in their place.</summary>
    public TrainingOptions Parsed(CommandLine.ParseResult parsed) => Parsed(parsed, OfPreset(parsed, new TrainingOptions()));

    /// <summary>The options of a new run for the model of other options. The preset is theirs, unless the command line names another.</summary>
    public TrainingOptions ParsedFor(CommandLine.ParseResult parsed, TrainingOptions model) => Parsed(parsed, OfPreset(parsed, model).WithModelOf(model));

    /// <summary>Other options, with those on the command line in their place.</summary>
    public TrainingOptions Parsed(CommandLine.ParseResult parsed, TrainingOptions otherwise) =>
        _declared.Parsed(parsed, otherwise with { Dataset = _data.Dataset(parsed).IfNone(otherwise.Dataset) });

    private TrainingOptions OfPreset(CommandLine.ParseResult parsed, TrainingOptions otherwise) =>
        TrainingOptions.Of(Parsed(parsed, otherwise).Preset, _data.Dataset(parsed).IfNone(otherwise.Dataset));

    /// <summary>Refuses --preset together with a receipt, which already has a recipe.</summary>
    public Fin<Unit> WithoutPreset(CommandLine.ParseResult parsed) => Outcomes.Require(
        !_declared.All.Exists(entry => entry.Declared.Name == Preset && parsed.IsGiven(entry.Option)),
        "--preset cannot be combined with --from, which repeats the recipe of its run: give only the options that should differ");

    /// <summary>An option of `train` for another command.</summary>
    /// <param name="property">Its property of <see cref="TrainingOptions"/>.</param>
    /// <param name="help">What it does there; null for the same as in `train`.</param>
    /// <typeparam name="T">Its type.</typeparam>
    public static CommandLine.Option<T> Create<T>(string property, string? help = null) => DeclaredOptions.Create<T>(TrainingOption.Of(property), help);
}

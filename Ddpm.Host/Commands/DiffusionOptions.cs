using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using LanguageExt;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>
/// The options of `train` that describe the diffusion, for commands that have no run to read them from: the noise schedule with all of its numbers, and the
/// prediction with its own. None of these commands trains a network, so whether one learns the variance is not among them.
/// </summary>
internal sealed class DiffusionOptions
{
    private readonly DeclaredOptions _declared;

    private DiffusionOptions(CommandLine.Command command, string group, Seq<string> properties, (string Property, string Text)[] help)
    {
        var named = properties.Map(TrainingOption.Of);
        bool IsOfFamily(TrainingOption option) =>
            option.Name != "learn-variance" && NoiseSchedule.Families.Any(row => row.Value.Options.Contains(option.Name));
        _declared = new(TrainingOption.All.Filter(option => named.Contains(option) || IsOfFamily(option)), help);
        _declared.All.Iter(entry => command.AddGroup(group, entry.Option));
    }

    /// <summary>Adds the options of the noise schedule to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="group">The heading of the help page under which they appear.</param>
    public static DiffusionOptions OfSchedule(CommandLine.Command command, string group) =>
        new(command, group, Prelude.Seq(nameof(TrainingOptions.Steps), nameof(TrainingOptions.Schedule)), []);

    /// <summary>Adds the options of the noise schedule and of the prediction to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="group">The heading of the help page under which they appear.</param>
    /// <param name="help">What some of them do in this command, by property.</param>
    public static DiffusionOptions OfBoth(CommandLine.Command command, string group, params (string Property, string Text)[] help) => new(
        command, group,
        Prelude.Seq(nameof(TrainingOptions.Steps), nameof(TrainingOptions.Schedule), nameof(TrainingOptions.Prediction), nameof(TrainingOptions.SigmaData)),
        help);

    /// <summary>Training options with those on the command line in their place.</summary>
    public TrainingOptions Parsed(CommandLine.ParseResult parsed, TrainingOptions otherwise) => _declared.Parsed(parsed, otherwise);
}

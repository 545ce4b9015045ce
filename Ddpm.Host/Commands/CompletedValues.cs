using Ddpm.Pure.Data;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>What the Tab key offers behind an option, where that is one of a few words. An option of a name takes the same words with every command.</summary>
internal static class CompletedValues
{
    private static readonly ChoiceTable<Func<IEnumerable<string>>> Words = ChoiceTable.Of<Func<IEnumerable<string>>>(
        ("--preset", () => Choices.Presets.Keys),
        ("--network", () => Choices.Networks.Keys),
        ("--schedule", () => Choices.Schedules.Keys),
        ("--prediction", () => Choices.Predictions.Keys),
        ("--loss-weight", () => Choices.LossWeightings.Keys),
        ("--learning-rate-schedule", () => Choices.LearningRates.Keys),
        ("--timestep-sampling", () => Choices.TimestepSamplings.Keys),
        ("--precision", () => Choices.Precisions.Keys),
        ("--sampler", () => Sampler.All.Keys),
        ("--samplers", () => Sampler.All.Keys),
        ("--unipc-variant", () => UniPc.Variants.Keys),
        ("--variance", () => Ancestral.Variances.Keys),
        ("--dataset", () => DataSetDescription.All.Map(set => set.Name)),
        ("--device", () => ["auto", "cpu", "cuda"]),
        ("--format", () => ExportCommand.Formats.Keys),
        ("--run", Runs));

    /// <summary>Adds them to a command and all below it.</summary>
    public static void AddTo(CommandLine.Command command)
    {
        foreach (var option in command.Options)
        {
            Words.Find(option.Name).Iter(words => Offer(option, words));
        }

        foreach (var below in command.Subcommands)
        {
            AddTo(below);
        }
    }

    /// <summary>Has an option offer words.</summary>
    public static void Offer(CommandLine.Option option, Func<IEnumerable<string>> words) =>
        option.CompletionSources.Add(_ => words().Order(StringComparer.Ordinal).Select(word => new CommandLine.Completions.CompletionItem(word)));

    private static IEnumerable<string> Runs() =>
        Directory.Exists(RunOptions.Root) ? Directory.GetDirectories(RunOptions.Root).Select(run => Path.GetFileName(run)) : [];
}

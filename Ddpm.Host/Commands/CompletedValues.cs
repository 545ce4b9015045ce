using Ddpm.Gpu.Pretrained;
using Ddpm.Pure.Data;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The words that the Tab key offers behind an option. An option takes the same words in every command.</summary>
internal static class CompletedValues
{
    private static readonly ChoiceTable<Func<IEnumerable<string>>> Words = ChoiceTable.Of<Func<IEnumerable<string>>>(
    [
        .. TrainingOption.All.Filter(option => !option.Choices.IsEmpty)
            .Map(option => ($"--{option.Name}", (Func<IEnumerable<string>>)(() => option.Choices.AsEnumerable()))),
        ("--sampler", () => [.. Sampler.All.Keys, Learnt.OptionName]),
        ("--samplers", () => [.. Sampler.All.Keys, Learnt.OptionName]),
        ("--unipc-variant", () => UniPc.Variants.Keys),
        ("--variance", () => Ancestral.Variances.Keys),
        ("--dataset", () => DataSetDescription.All.Map(set => set.Name)),
        ("--device", () => ["auto", "cpu", "libtorch", "cuda"]),
        ("--format", () => ExportCommand.Formats.Keys),
        ("--weights", () => ExportCommand.WeightTypes.Keys),
        ("--pretrained", () => PretrainedModel.All.Keys),
        ("--run", Runs),
    ]);

    /// <summary>Adds the words to a command and its subcommands.</summary>
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

    /// <summary>Lets an option offer words.</summary>
    public static void Offer(CommandLine.Option option, Func<IEnumerable<string>> words) =>
        option.CompletionSources.Add(_ => words().Order(StringComparer.Ordinal).Select(word => new CommandLine.Completions.CompletionItem(word)));

    private static IEnumerable<string> Runs() =>
        Directory.Exists(RunOptions.Root) ? Directory.GetDirectories(RunOptions.Root).Select(run => Path.GetFileName(run)) : [];
}

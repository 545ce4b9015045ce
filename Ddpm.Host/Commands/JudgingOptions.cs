using Ddpm.Host.Data;
using Ddpm.Host.Evaluation;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Which samples `evaluate` and its subcommands judge, and by which features.</summary>
internal sealed class JudgingOptions
{
    private const int UsualCount = 10_000;

    private readonly CommandLine.Option<int> _count = new("--count") { Description = "How many samples", DefaultValueFactory = _ => UsualCount };

    private readonly CommandLine.Option<ulong> _seed = new("--seed")
    {
        Description = "The seed of the samples' noise",
        DefaultValueFactory = _ => SamplingRequest.Default.Seed,
    };

    private readonly CommandLine.Option<bool?> _clip = new("--clip")
    {
        Description = "Clip each estimate of the image to [-1, 1] [default: true; false with the original preset]",
    };

    private readonly CommandLine.Option<string?> _classifier = new("--classifier")
    {
        Description = "Compare features from this classifier (see train-classifier) [default: the built-in one]",
        HelpName = "FILE",
    };

    private readonly CommandLine.Option<string?> _script = new("--features")
    {
        Description = "Compare features from this TorchScript module, such as Inception for FID; a module is a program, so it needs --trust",
        HelpName = "PT",
    };

    private readonly CommandLine.Option<string?> _trust = new("--trust")
    {
        Description = "Allow the --features module with this SHA-256 to run, and no other",
        HelpName = "SHA256",
    };

    public JudgingOptions(CommandLine.Command command) =>
        command.AddGroup("Samples and features", _count, _seed, _clip, _classifier, _script, _trust);

    /// <summary>The options that only a run's samples have.</summary>
    public IReadOnlyList<CommandLine.Option> OfSamples => [_count, _seed, _clip];

    /// <summary>How many samples, or what is wrong with their number.</summary>
    public Validation<Error, int> Count(CommandLine.ParseResult parsed) => Check.AtLeast("--count", parsed.GetValue(_count), Comparison.FewestImages);

    /// <summary>The samples, made by a sampler.</summary>
    public SamplingRequest Request(CommandLine.ParseResult parsed, Func<SamplingOptions, SamplingOptions> sampling) => new(
        0, parsed.GetValue(_count), parsed.GetValue(_seed), sampling, parsed.GetValue(_clip), "fixed", SamplesToJudge.AtATime);

    /// <summary>Opens what computes the features.</summary>
    public Fin<FeatureSource> Features(CommandLine.ParseResult parsed, LoadedDataSet train, Device device, CancellationToken stop) => FeatureSource.Open(
        Optional(parsed.GetValue(_script)), Optional(parsed.GetValue(_trust)), Optional(parsed.GetValue(_classifier)), train, device, stop);
}

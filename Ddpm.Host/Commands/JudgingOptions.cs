using Ddpm.Host.Data;
using Ddpm.Host.Evaluation;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>Which samples `evaluate` and what is below it judge, and by which features.</summary>
internal sealed class JudgingOptions
{
    /// <summary>So many images have a covariance, and third neighbours.</summary>
    public const int Fewest = 4;

    private const int UsualCount = 10_000;

    private readonly CommandLine.Option<int> _count = new("--count") { Description = "How many samples", DefaultValueFactory = _ => UsualCount };
    private readonly CommandLine.Option<ulong> _seed = new("--seed") { Description = "The seed of the samples' noise", DefaultValueFactory = _ => SamplingRequest.Default.Seed };
    private readonly CommandLine.Option<bool?> _clip = new("--clip") { Description = "Clip each estimate of the image to [-1, 1] [default: as the run's preset does]" };
    private readonly CommandLine.Option<double?> _guidance = new("--guidance-scale") { Description = "The guidance scale of a run that was trained with --conditional [default: 1]" };
    private readonly CommandLine.Option<string?> _classifier = new("--classifier") { Description = "Use the features of this classifier [default: the one that comes with the program]", HelpName = "FILE" };
    private readonly CommandLine.Option<string?> _script = new("--features") { Description = "Use the features of this TorchScript module, as FID does Inception's; it is a program", HelpName = "PT" };
    private readonly CommandLine.Option<string?> _trust = new("--trust") { Description = "Run the module of --features, the one of this SHA-256 and no other", HelpName = "SHA256" };

    public JudgingOptions(CommandLine.Command command) => command.AddGroup("Samples and features", _count, _seed, _clip, _guidance, _classifier, _script, _trust);

    /// <summary>Those of a run's samples alone.</summary>
    public IReadOnlyList<CommandLine.Option> OfSamples => [_count, _seed, _clip, _guidance];

    /// <summary>How many samples, or what is wrong with their number.</summary>
    public Validation<Error, int> Count(CommandLine.ParseResult said) => Check.AtLeast("--count", said.GetValue(_count), Fewest);

    /// <summary>Whether images can be compared with these: they are of the same size, and enough.</summary>
    /// <param name="parts">The training and the test images.</param>
    /// <param name="size">The images' size and channels.</param>
    /// <param name="whose">What they are called.</param>
    public static Fin<Unit> Comparable(Seq<LoadedDataSet> parts, PictureShape size, string whose) => parts.Map(part =>
        from fits in part.Fits(size, whose)
        from enough in part.Images.Count >= Fewest
            ? FinSucc(unit)
            : Error.New($"there {(part.Images.Count == 1 ? "is" : "are")} {Counted.Of(part.Images.Count, "image")} to compare with in {part.Origin}, and at least {Fewest} are needed")
        select enough).Sequence().Map(_ => unit);

    /// <summary>The samples, by a sampler.</summary>
    public SamplingRequest Request(CommandLine.ParseResult said, Func<SamplingOptions, SamplingOptions> sampling) =>
        new(0, said.GetValue(_count), said.GetValue(_seed), sampling, said.GetValue(_clip), "fixed", SamplesToJudge.AtATime, null, said.GetValue(_guidance));

    /// <summary>What computes the features.</summary>
    public Fin<FeatureSource> Features(CommandLine.ParseResult said, LoadedDataSet train, Device device, CancellationToken stop) =>
        FeatureSource.Open(Optional(said.GetValue(_script)), Optional(said.GetValue(_trust)), Optional(said.GetValue(_classifier)), train, device, stop);
}

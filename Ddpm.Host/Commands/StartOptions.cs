using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Exchange;
using Ddpm.Host.Faults;
using Ddpm.Host.Runs;
using Ddpm.Pure.Options;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>--resume, --from FILE and --from-weights SOURCE: what a run of `train` starts from.</summary>
internal sealed class StartOptions
{
    private readonly CommandLine.Option<bool> _resume = new("--resume")
    {
        Description = "Continue from the run's last checkpoint; --epochs can grow if the learning rate is constant",
    };

    private readonly CommandLine.Option<string?> _from = new("--from")
    {
        Description = "Repeat the run that wrote this run.json, then compare the weights",
        HelpName = "FILE",
    };

    private readonly CommandLine.Option<string?> _weights = new("--from-weights")
    {
        Description = "Start from the weights of a run or a file, and take the model's options from there",
        HelpName = "RUN|FILE",
    };

    public StartOptions(CommandLine.Command command) => command.AddGroup("Run", _resume, _from, _weights);

    /// <summary>Whether the run exists already.</summary>
    public bool Resumes(CommandLine.ParseResult parsed) => parsed.GetValue(_resume);

    /// <summary>What a new run starts from.</summary>
    public Fin<NewStart> Parsed(CommandLine.ParseResult parsed, CancellationToken stop) =>
        (parsed.GetValue(_resume), parsed.GetValue(_from), parsed.GetValue(_weights)) switch
        {
            (_, null, null) => NewStart.Plain,
            (true, not null, _) => Error.New(ExitCode.Usage, "--from begins a new run and --resume continues one: give one of them"),
            (true, _, _) => Error.New(ExitCode.Usage, "--from-weights begins a new run and --resume continues one: give one of them"),
            (_, null, { } source) => Read(source, stop).Map(weights => NewStart.Plain with { Weights = weights }),
            (_, { } path, null) => from repeated in RunStart.Repeatable(path, stop)
                                   from weights in Again(repeated, stop)
                                   select new NewStart(Some(repeated), weights),
            _ => Error.New(ExitCode.Usage, "--from repeats a run with its own weights at the start: leave out --from-weights"),
        };

    /// <summary>The weights that a run started from, read once more; none if it started from random ones.</summary>
    public static Fin<LanguageExt.Option<SourceWeights>> Again(RunReceipt receipt, CancellationToken stop) =>
        receipt.FromWeights is not { } before
            ? LanguageExt.Option<SourceWeights>.None
            : Read(before.Source, stop).Bind(weights => Outcomes.Require(
                weights.Receipt == before,
                $"the run started from other weights than {before.Source} has now: their SHA-256 was {before.Sha256}, now it is {weights.Receipt.Sha256}",
                ExitCode.Failure).Map(_ => Some(weights)));

    private static Fin<SourceWeights> Read(string source, CancellationToken stop) => WeightSource.Read(source, RunOptions.Root, stop)
        .Map(read => new SourceWeights(read.Options, read.Weights, new(source, read.Weights.Sha256)));
}

/// <summary>Weights to start from.</summary>
/// <param name="Options">The options that describe their model.</param>
/// <param name="Weights">The weights.</param>
/// <param name="Receipt">What the new run's receipt says of them.</param>
internal sealed record SourceWeights(TrainingOptions Options, StartingWeights Weights, StartingWeightsReceipt Receipt);

/// <summary>What a new run starts from.</summary>
/// <param name="Repeated">The receipt that it repeats, if any.</param>
/// <param name="Weights">The weights that it starts from; none for random ones.</param>
internal sealed record NewStart(LanguageExt.Option<RunReceipt> Repeated, LanguageExt.Option<SourceWeights> Weights)
{
    /// <summary>Random weights, and nothing to repeat.</summary>
    public static NewStart Plain { get; } = new(None, None);
}

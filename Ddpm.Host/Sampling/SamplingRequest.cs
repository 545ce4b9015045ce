using Ddpm.Host.Runs;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;

namespace Ddpm.Host.Sampling;

/// <summary>A user's choices for sampling; null means the choice of the run's preset.</summary>
internal sealed record SamplingRequest(
    int First, int Count, ulong Seed, Func<SamplingOptions, SamplingOptions> Sampling, bool? Clip, string? Scale, int BatchSize, string? Class = null)
{
    /// <summary>The name of the number format of the network.</summary>
    public string Precision { get; init; } = new TrainingOptions().Precision;

    /// <summary>With other sampling options.</summary>
    public SamplingRequest With(Func<SamplingOptions, SamplingOptions> change) => this with { Sampling = usual => change(Sampling(usual)) };

    /// <summary>The name of the guide, or null, from the default way to sample a run. A learnt plan names its guide itself.</summary>
    /// <param name="folder">The run.</param>
    public Func<SamplingOptions, string?> GuideIn(RunFolder folder) => usual => Sampling(usual) is { Sampler: Learnt.OptionName } learnt
        ? LearntPlanFile.Read(folder, learnt.SamplingSteps).Match(file => file.Guide, _ => null)
        : Sampling(usual).Guide;

    /// <summary>What `train` does at its end.</summary>
    public static SamplingRequest Default { get; } = new(0, 100, 1, usual => usual, null, null, 100);
}

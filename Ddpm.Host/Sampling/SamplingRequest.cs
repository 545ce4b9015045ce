using Ddpm.Pure.Sampling;

namespace Ddpm.Host.Sampling;

/// <summary>A user's choices for sampling; null means the choice of the run's preset.</summary>
internal sealed record SamplingRequest(
    int First, int Count, ulong Seed, Func<SamplingOptions, SamplingOptions> Sampling, bool? Clip, string? Scale, int BatchSize, string? Class = null)
{
    /// <summary>With other sampling options.</summary>
    public SamplingRequest With(Func<SamplingOptions, SamplingOptions> change) => this with { Sampling = usual => change(Sampling(usual)) };

    /// <summary>The name of the guide, or null.</summary>
    /// <param name="usual">The default way to sample.</param>
    public string? Guide(SamplingOptions usual) => Sampling(usual).Guide;

    /// <summary>What `train` does at its end.</summary>
    public static SamplingRequest Default { get; } = new(0, 100, 1, usual => usual, null, null, 100);
}

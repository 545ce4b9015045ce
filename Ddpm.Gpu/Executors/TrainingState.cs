using Ddpm.Gpu.Networks;
using Ddpm.Pure.Optimisation;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>All that training changes: vectors laid out alike, and the number of updates made.</summary>
/// <param name="Weights">θ.</param>
/// <param name="FirstMoment">Adam's m.</param>
/// <param name="SecondMoment">Adam's v.</param>
/// <param name="Updates">n ≥ 0.</param>
/// <param name="Average">The moving average of θ; null where the run keeps none.</param>
/// <param name="History">The losses of each timestep; null without importance sampling, and before its first step.</param>
public sealed record TrainingState(
    Tensor Weights, Tensor FirstMoment, Tensor SecondMoment, int Updates, Tensor? Average = null, TimestepHistory? History = null) : IDisposable
{
    /// <summary>What to sample with.</summary>
    public Tensor Sampled => Average ?? Weights;

    /// <summary>The start of a run.</summary>
    /// <param name="network">The network.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="averaged">Whether the weights are averaged.</param>
    public static TrainingState Initial(UNet network, ulong seed, bool averaged = false)
    {
        using var weights = network.InitialWeights(seed);
        return From(weights, averaged);
    }

    /// <summary>The start of training that continues from weights.</summary>
    /// <param name="theta">The weights. They are copied.</param>
    /// <param name="averaged">Whether the weights are averaged.</param>
    public static TrainingState From(Tensor theta, bool averaged = false)
    {
        using var scope = NewDisposeScope();
        var weights = theta.clone().DetachFromDisposeScope();
        var average = averaged ? weights.clone().DetachFromDisposeScope() : null;
        return new(weights, zeros_like(weights).DetachFromDisposeScope(), zeros_like(weights).DetachFromDisposeScope(), 0, average);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weights.Dispose();
        FirstMoment.Dispose();
        SecondMoment.Dispose();
        Average?.Dispose();
    }
}

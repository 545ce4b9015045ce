using Ddpm.Gpu.Networks;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Training;

/// <summary>All that training changes: three vectors laid out alike, and the number of updates made.</summary>
/// <param name="Weights">θ.</param>
/// <param name="FirstMoment">Adam's m.</param>
/// <param name="SecondMoment">Adam's v.</param>
/// <param name="Updates">n ≥ 0.</param>
public sealed record TrainingState(Tensor Weights, Tensor FirstMoment, Tensor SecondMoment, int Updates) : IDisposable
{
    /// <summary>The start of a run.</summary>
    public static TrainingState Initial(UNet network, ulong seed)
    {
        using var scope = NewDisposeScope();
        var weights = network.InitialWeights(seed).DetachFromDisposeScope();
        return new(weights, zeros_like(weights).DetachFromDisposeScope(), zeros_like(weights).DetachFromDisposeScope(), 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weights.Dispose();
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}

using Ddpm.Pure.Sampling;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Sampling;

/// <summary>A plan's operations on tensors of any one shape, type and device.</summary>
internal sealed class TensorArithmetic : IPlanArithmetic<Tensor>
{
    /// <summary>The one there is.</summary>
    public static TensorArithmetic Instance { get; } = new();

    /// <inheritdoc/>
    public Tensor Combine(Arr<(double Factor, Tensor Value)> terms) => terms
        .Where(term => term.Factor != 0)
        .Select(term => term.Factor == 1 ? term.Value.alias() : term.Factor * term.Value)
        .DefaultIfEmpty()
        .Aggregate((sum, next) => sum! + next!) ?? zeros_like(terms[0].Value);

    /// <inheritdoc/>
    public Tensor Clip(Tensor value) => value.clamp(-1, 1);

    /// <inheritdoc/>
    public Tensor Scale(NoiseRange range, Tensor fraction, Tensor noise) => range.Least * (fraction * range.LogWidth).exp() * noise;
}

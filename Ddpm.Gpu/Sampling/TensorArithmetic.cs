using Ddpm.Gpu.Tensors;
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
        .Select(term => term.Factor == 1 ? term.Value.alias() : term.Value.Times(term.Factor))
        .DefaultIfEmpty()
        .Aggregate((sum, next) => sum!.Plus(next!)) ?? zeros_like(terms[0].Value);

    /// <inheritdoc/>
    public Tensor Clip(Tensor value) => value.Within(-1, 1);

    /// <inheritdoc/>
    public Tensor Rescale(Tensor value, Tensor reference, double share)
    {
        long[] pixels = [.. Enumerable.Range(1, (int)value.dim() - 1).Select(i => (long)i)];
        Tensor Deviation(Tensor images) => images.std(pixels, unbiased: false, keepdim: true);
        var deviation = Deviation(value);
        var ratio = where(deviation.eq(zeros_like(deviation)), ones_like(deviation), Deviation(reference) / deviation);
        return value * ratio.Times(share).Add(1 - share);
    }

    /// <inheritdoc/>
    public Tensor Scale(NoiseRange range, Tensor fraction, Tensor noise) => fraction.Times(range.LogWidth).exp().Times(range.Least) * noise;
}

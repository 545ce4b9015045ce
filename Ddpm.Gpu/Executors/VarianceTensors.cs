using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Diffusion;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Executors;

/// <summary>The loss of a learned variance by libtorch's operations, in float64.</summary>
internal static class VarianceTensors
{
    /// <summary>The terms of the bound in nats: the mean over the pixels of each image, summed over the images. Gradients flow through f alone.</summary>
    /// <param name="variance">How the variance is learned.</param>
    /// <param name="timesteps">t, N integers.</param>
    /// <param name="x">x_t, N×C×H×W.</param>
    /// <param name="target">What o should be.</param>
    /// <param name="output">o, without gradient.</param>
    /// <param name="fraction">f.</param>
    public static Tensor Nats(LearnedVariance variance, ReadOnlyMemory<int> timesteps, Tensor x, Tensor target, Tensor output, Tensor fraction)
    {
        var (steps, first) = Terms(variance, timesteps, x, target, output, fraction);
        return first is { } found ? steps.sum().Plus(found.Nats.sum()) : steps.sum();
    }

    /// <summary>The term of the bound of each image, as in <see cref="Nats"/>.</summary>
    public static Tensor NatsOfImages(LearnedVariance variance, ReadOnlyMemory<int> timesteps, Tensor x, Tensor target, Tensor output, Tensor fraction)
    {
        var (steps, first) = Terms(variance, timesteps, x, target, output, fraction);
        return first is { } found ? steps.Plus(zeros_like(steps).index_copy(0, found.Places, found.Nats)) : steps;
    }

    /// <summary>The terms of all images, 0 for those at the first timestep; and the places and the terms of the latter.</summary>
    private static (Tensor Steps, (Tensor Places, Tensor Nats)? First) Terms(
        LearnedVariance variance, ReadOnlyMemory<int> timesteps, Tensor x, Tensor target, Tensor output, Tensor fraction)
    {
        VarianceTerm[] terms = [.. timesteps.ToArray().Select(t => variance.Terms[t])];
        Tensor Column(Func<VarianceTerm, double> entry) => tensor(terms.Select(entry).ToArray(), [terms.Length, 1, 1, 1], ScalarType.Float64).to(x.device);
        var wide = fraction.to(float64);
        var (isStep, width, weight) = (
            Column(term => term is VarianceTerm.Step ? 1 : 0), Column(term => term.Range.LogWidth),
            Column(term => term is VarianceTerm.Step step ? step.ErrorWeight : 0));
        var exponent = wide * width;
        var error = target.to(float64).Plus(output.to(float64).neg());
        var nats = isStep * exponent.neg().expm1().Plus(exponent).Times(0.5).Plus(weight * error * error * exponent.neg().exp());
        long[] first = [.. Enumerable.Range(0, terms.Length).Where(n => terms[n] is not VarianceTerm.Step).Select(n => (long)n)];
        var steps = nats.mean([1, 2, 3]);
        if (first.Length == 0)
        {
            return (steps, null);
        }

        var places = tensor(first).to(x.device);
        return (steps, (places, OnProcessor(variance.Terms[0], places, x, target, output, wide)));
    }

    /// <summary>The terms of images at the first timestep, few among many. They are computed on the processor, with their slopes.</summary>
    private static Tensor OnProcessor(VarianceTerm term, Tensor places, Tensor x, Tensor target, Tensor output, Tensor fraction)
    {
        double[] Numbers(Tensor of) => of.index_select(0, places).to(float64).contiguous().cpu().data<double>().ToArray();
        var here = fraction.index_select(0, places);
        var (xs, targets, outputs, fractions) = (Numbers(x), Numbers(target), Numbers(output), Numbers(fraction.detach()));
        VarianceLoss[] losses = [.. xs.Select((_, i) => term.Of(xs[i], targets[i], outputs[i], fractions[i]))];
        Tensor Back(Func<VarianceLoss, double> part) => tensor(losses.Select(part).ToArray(), here.shape, ScalarType.Float64).to(x.device);
        var nats = Back(loss => loss.Nats).Plus(Back(loss => loss.Slope) * here.Plus(here.detach().neg()));
        return nats.mean([1, 2, 3]);
    }
}

using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Sampling;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Sampling;

/// <summary>What is known of the images to generate.</summary>
/// <param name="Image">The images that a plan may start from, in [−1, 1], in the shape of x.</param>
/// <param name="Mask">True keeps the known image to the end, false generates anew. It has the shape of x or broadcasts to it. None keeps nothing.</param>
public sealed record KnownImage(Tensor Image, Option<Tensor> Mask);

/// <summary>Runs sampling plans on tensors. What happens is in the plan; how it happens is here, in one loop for all samplers.</summary>
public static class PlanExecutor
{
    /// <summary>Runs a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="network">
    /// The output for (what the network sees, the line). <see cref="PlanState{T}.Output"/> makes it from the answers of the networks that the line asks.
    /// </param>
    /// <param name="initial">The initial noise, any shape.</param>
    /// <param name="noise">Fresh standard normal noise of that shape, for the number of a line that draws noise.</param>
    /// <param name="known">What is known of the images. A plan that starts from an image needs it.</param>
    /// <param name="observe">Receives x after each line. It must not keep the tensor.</param>
    /// <param name="asked">The numbers of the images in x, and which of them are wanted. Null wants all, counted from 0.</param>
    /// <returns>x after the last line. If a number is not finite, an error that names the first such line, and its first such image.</returns>
    /// <exception cref="ArgumentException">The plan starts from an image, and none is known.</exception>
    public static Fin<Tensor> Run(
        SamplingPlan plan, Func<Tensor, SamplingLine, NetworkOutput<Tensor>> network, Tensor initial, Func<int, Tensor> noise,
        Option<KnownImage> known = default, Action<int, Tensor>? observe = null, MicroBatches.Part? asked = null)
    {
        using var still = no_grad();
        using var outer = NewDisposeScope();
        var arithmetic = TensorArithmetic.Instance;
        Tensor Diffuse(LinearPair factors, Tensor image) => arithmetic.Combine(Array((factors.First, image), (factors.Second, initial)));
        if (known.IsNone && plan.Start.First != 0)
        {
            throw new ArgumentException("the plan starts from an image, and none is known", nameof(known));
        }

        var x = Diffuse(plan.Start, known.Match(some => some.Image, () => initial));
        var state = new PlanState<Tensor>(x, x.alias(), Arr<Tensor>.Empty);
        for (var i = 0; i < plan.Lines.Count; i++)
        {
            var line = plan.Lines[i];
            using var scope = NewDisposeScope();
            var output = network(state.Seen(line, arithmetic), line);
            var moved = state.After(plan, line, arithmetic, output, () => noise(i));
            var next = known.Bind(some => some.Mask.Map(mask => where(mask, Diffuse(line.Marginal, some.Image), moved.X))).Match(
                constrained => moved with { X = constrained },
                () => moved);
            if (Fault(asked ?? new(0, 0, (int)initial.shape[0]), output.Value, next.X) is { } fault)
            {
                return Error.New(FormattableString.Invariant(
                    $"{fault.What} after line {i + 1} of {plan.Lines.Count} (timestep {line.Timestep}): {fault.Cause}"));
            }

            foreach (var past in (Tensor[])[state.X, state.Base, .. state.History.Skip(Math.Max(0, plan.HistoryLength - 1))])
            {
                past.Dispose();
            }

            // The older part of the history left its scope when it was made. Moving it again would hand it to the caller.
            foreach (var kept in (Tensor[])[next.X, next.Base, .. next.History.Take(1)])
            {
                kept.MoveToOuterDisposeScope();
            }

            state = next;
            observe?.Invoke(i, state.X);
        }

        return state.X.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The fault after a line, or null. A sum is finite only if all its terms are, so two finite sums show that all is well. A sum can also overflow, so
    /// after a sum that is not finite, each image is checked. The output is checked too, because clipping would hide an infinite one.
    /// </summary>
    private static (string What, string Cause)? Fault(MicroBatches.Part asked, Tensor output, Tensor x)
    {
        var (outputs, points) = (output.narrow(0, asked.From, asked.Count), x.narrow(0, asked.From, asked.Count));
        return double.IsFinite(outputs.sum().Plus(points.sum()).to(float64).item<double>()) ? null
            : NotFinite(outputs) is { } spoilt
                ? ($"the network's output for image {asked.FirstAsked + spoilt} is not finite", "its weights are damaged, or its training diverged")
            : NotFinite(points) is { } point ? ($"image {asked.FirstAsked + point} is not finite", "the sampler's sums overflow")
            : null;
    }

    /// <summary>The first image with a number that is not finite.</summary>
    private static int? NotFinite(Tensor images) =>
        System.Array.IndexOf(images.isfinite().reshape(images.shape[0], -1).all(1).cpu().data<bool>().ToArray(), false) is >= 0 and var place ? place : null;
}

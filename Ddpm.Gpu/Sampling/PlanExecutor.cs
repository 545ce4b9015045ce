using Ddpm.Pure.Sampling;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Sampling;

/// <summary>Runs sampling plans on tensors. What happens is in the plan; how it happens is here, in one loop for all samplers.</summary>
public static class PlanExecutor
{
    /// <summary>Runs a plan from its initial noise.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="network">The network's output for (x, timestep).</param>
    /// <param name="initial">x before the first line, any shape.</param>
    /// <param name="noise">Fresh standard normal noise of that shape for a line that asks for some; called with the line's number.</param>
    /// <param name="observe">Told x after each line; it must not keep the tensor.</param>
    /// <returns>x after the last line.</returns>
    public static Tensor Run(
        SamplingPlan plan, Func<Tensor, int, Tensor> network, Tensor initial, Func<int, Tensor> noise, Action<int, Tensor>? observe = null)
    {
        using var still = no_grad();
        using var outer = NewDisposeScope();
        var (x, @base) = (initial.alias(), initial.alias());
        var history = new List<Tensor>(); // the newest first
        for (var i = 0; i < plan.Lines.Count; i++)
        {
            var line = plan.Lines[i];
            using var scope = NewDisposeScope();
            var estimate = Combine((line.Estimate.First, x), (line.Estimate.Second, network(x, line.Timestep)));
            var x0 = plan.ClipSample ? estimate.clamp(-1, 1) : estimate;
            history.Insert(0, Combine((line.Remember.First, x), (line.Remember.Second, x0)));
            var corrected = Combine([(line.Correct.Base, @base), (line.Correct.X, x), .. Terms(line.Correct.History, history)]);
            var next = Combine([(line.Predict.Base, corrected), .. Terms(line.Predict.History, history)]);
            if (line.Noise > 0)
            {
                next = next + line.Noise * noise(i);
            }

            foreach (var past in (Tensor[])[x, @base, .. history.Skip(plan.HistoryLength)])
            {
                past.Dispose();
            }

            history = [.. history.Take(plan.HistoryLength)];
            (x, @base) = (next, corrected);
            // The older part of the history was moved when it was made: once more would hand it to the caller.
            foreach (var kept in (Tensor[])[x, @base, .. history.Take(1)])
            {
                kept.MoveToOuterDisposeScope();
            }

            observe?.Invoke(i, x);
        }

        return x.MoveToOuterDisposeScope();
    }

    private static IEnumerable<(double Factor, Tensor Value)> Terms(Arr<double> factors, List<Tensor> history) =>
        factors.Select((factor, k) => (factor, history[k]));

    /// <summary>The sum of the terms whose factor is not zero; nothing but zeros where there is none.</summary>
    private static Tensor Combine(params (double Factor, Tensor Value)[] terms) => terms
        .Where(term => term.Factor != 0)
        .Select(term => term.Factor == 1 ? term.Value.alias() : term.Factor * term.Value)
        .DefaultIfEmpty()
        .Aggregate((sum, next) => sum! + next!) ?? zeros_like(terms[0].Value);
}

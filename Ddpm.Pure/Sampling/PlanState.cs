using Ddpm.Pure.Diffusion;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The network's output at x and a timestep.</summary>
/// <param name="Value">o, in x's shape.</param>
/// <param name="VarianceFraction">f in x's shape, mostly in [0, 1], from a network with a learned variance; none from other networks.</param>
public readonly record struct NetworkOutput<T>(T Value, Option<T> VarianceFraction)
{
    /// <summary>The output of a network without a learned variance.</summary>
    public static implicit operator NetworkOutput<T>(T value) => new(value, None);
}

/// <summary>The operations that a plan needs on the type that it runs on: numbers, tensors or affine forms.</summary>
/// <typeparam name="T">The type of x.</typeparam>
public interface IPlanArithmetic<T>
{
    /// <summary>The sum of factor·value from left to right, without the terms whose factor is 0; zero if no term is left.</summary>
    T Combine(Arr<(double Factor, T Value)> terms);

    /// <summary>Each component clipped to [−1, 1].</summary>
    T Clip(T value);

    /// <summary>(1 − share + share·d_r/d)·value, separately for each image, with the standard deviations d of value and d_r of reference.</summary>
    T Rescale(T value, T reference, double share);

    /// <summary>s·z with s = Least·exp(f·LogWidth), separately for each component.</summary>
    T Scale(NoiseRange range, T fraction, T noise);
}

/// <summary>The state of a plan between two lines, and the only definition of what a line does.</summary>
/// <param name="X">x, at which the network is evaluated next.</param>
/// <param name="Base">The point from which the next x is reached.</param>
/// <param name="History">The values stored by the lines so far, the newest first, and no more of them than the plan uses.</param>
public sealed record PlanState<T>(T X, T Base, Arr<T> History)
{
    /// <summary>Before the first line.</summary>
    public static PlanState<T> At(T x) => new(x, x, Arr<T>.Empty);

    /// <summary>What the network sees in a line: x times the line's input factor.</summary>
    public T Seen(SamplingLine line, IPlanArithmetic<T> arithmetic) => line.Input == 1 ? X : arithmetic.Combine(Array((line.Input, X)));

    /// <summary>The output of a line from the answers of networks for (<see cref="Seen"/>, line.Timestep).</summary>
    /// <param name="line">The line.</param>
    /// <param name="arithmetic">How to compute.</param>
    /// <param name="answer">Evaluates a network.</param>
    /// <returns>o; the fraction of a learned variance is the last answer's, because guidance moves the mean of a step and not its spread.</returns>
    public static NetworkOutput<T> Output(SamplingLine line, IPlanArithmetic<T> arithmetic, Func<NetworkSource, NetworkOutput<T>> answer)
    {
        var (terms, rescale) = (line.Output.Terms, line.Output.Rescale);
        var answers = terms.Map(term => answer(term.Source)).ToArr();
        var model = answers[^1];
        if (terms is [{ Factor: 1 }])
        {
            return model;
        }

        var mixed = arithmetic.Combine(terms.Zip(answers, (term, given) => (term.Factor, given.Value)).ToArr());
        return model with { Value = rescale == 0 ? mixed : arithmetic.Rescale(mixed, model.Value, rescale) };
    }

    /// <summary>After one more line of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="line">Its next line.</param>
    /// <param name="arithmetic">How to compute.</param>
    /// <param name="output">The network's output for (<see cref="Seen"/>, line.Timestep).</param>
    /// <param name="noise">Draws the line's fresh noise; called only if the line draws any.</param>
    /// <exception cref="ArgumentException">If the plan's variance is learned and the network gives none.</exception>
    public PlanState<T> After(SamplingPlan plan, SamplingLine line, IPlanArithmetic<T> arithmetic, NetworkOutput<T> output, Func<T> noise)
    {
        var estimate = arithmetic.Combine(Array((line.Estimate.First, X), (line.Estimate.Second, output.Value)));
        var x0 = plan.ClipSample ? arithmetic.Clip(estimate) : estimate;
        var remembered = arithmetic.Combine(Array((line.Remember.X, X), (line.Remember.Output, output.Value), (line.Remember.X0, x0)));
        var history = remembered.Cons(History).ToArr();
        Arr<(double, T)> Past(Arr<double> factors) => factors.Map((k, factor) => (factor, history[k])).ToArr();
        var corrected = arithmetic.Combine(Array((line.Correct.Base, Base), (line.Correct.X, X)).AddRange(Past(line.Correct.History)));
        var terms = Array((line.Predict.Base, corrected)).AddRange(Past(line.Predict.History));
        var next = !line.Noise.Draws ? arithmetic.Combine(terms)
            : !line.Noise.IsLearned ? arithmetic.Combine(terms.Add((line.Noise.Least, noise())))
            : arithmetic.Combine(terms.Add((1, arithmetic.Scale(line.Noise, Fraction(output), noise()))));
        return new(next, corrected, history.Take(plan.HistoryLength).ToArr());
    }

    private static T Fraction(NetworkOutput<T> output) => output.VarianceFraction.IfNone(
        () => throw new ArgumentException("the plan's variance is learned, and the network gives none", nameof(output)));
}

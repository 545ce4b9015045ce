using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// Constant + Σₖ Factors[k]·zₖ, with independent standard normal zₖ. A plan without clipping turns noise into this form when the network is affine in
/// x. So the form is the exact distribution of the samples, and nothing is drawn.
/// </summary>
/// <param name="Constant">The mean.</param>
/// <param name="Factors">The factors of the noises; a missing one is 0.</param>
public sealed record AffineForm(double Constant, Arr<double> Factors)
{
    /// <summary>A number without noise.</summary>
    public static AffineForm Of(double constant) => new(constant, Arr<double>.Empty);

    /// <summary>The k-th noise itself.</summary>
    public static AffineForm Noise(int k) => new(0, new Arr<double>(new double[k]).Add(1));

    /// <summary>The variance, Σ Factors².</summary>
    public double Variance => Factors.Fold(0.0, (sum, factor) => sum + factor * factor);

    /// <summary>Σ factor·form.</summary>
    public static AffineForm Sum(Arr<(double Factor, AffineForm Form)> terms)
    {
        var constant = 0.0;
        var factors = new double[terms.IsEmpty ? 0 : terms.Max(term => term.Form.Factors.Count)];
        foreach (var (factor, form) in terms)
        {
            constant += factor * form.Constant;
            var k = 0;
            foreach (var other in form.Factors)
            {
                factors[k++] += factor * other;
            }
        }

        return new(constant, new(factors));
    }
}

/// <summary>Runs plans on Gaussian data with their exact network, in closed form.</summary>
public static class GaussianPush
{
    private sealed class Arithmetic : IPlanArithmetic<AffineForm>
    {
        public static readonly Arithmetic Instance = new();

        public AffineForm Combine(Arr<(double Factor, AffineForm Value)> terms) => AffineForm.Sum(terms.Filter(term => term.Factor != 0));

        public AffineForm Clip(AffineForm value) => throw new NotSupportedException("clipping is not affine");

        public AffineForm Rescale(AffineForm value, AffineForm reference, double share) => throw new NotSupportedException("rescaling is not affine");

        public AffineForm Scale(NoiseRange range, AffineForm fraction, AffineForm noise) => throw new NotSupportedException("a learned variance is not affine");
    }

    /// <summary>x after each line, as a form in the initial noise (number 0) and the fresh noise of line i (number i + 1).</summary>
    /// <param name="plan">A plan that neither clips nor learns its variance.</param>
    /// <param name="data">The data. The plan uses their exact network.</param>
    /// <param name="schedule">The schedule that the plan was compiled from.</param>
    /// <param name="prediction">What its network predicts.</param>
    /// <param name="start">x before the first line, a form in the initial noise.</param>
    /// <exception cref="NotSupportedException">A plan that clips or learns its variance: neither is affine.</exception>
    public static Arr<AffineForm> Run(SamplingPlan plan, GaussianData data, NoiseSchedule schedule, Prediction prediction, AffineForm start) =>
        Run(plan, data, schedule, prediction, PlanState<AffineForm>.At(start), 0);

    /// <summary>
    /// Runs from a given state, before line number <paramref name="from"/> of the plan. So a multistep method can start with an exact history.
    /// </summary>
    public static Arr<AffineForm> Run(
        SamplingPlan plan, GaussianData data, NoiseSchedule schedule, Prediction prediction, PlanState<AffineForm> state, int from)
    {
        var reached = new List<AffineForm>();
        for (var i = from; i < plan.Lines.Count; i++)
        {
            var line = plan.Lines[i];
            var exact = data.ExactOutput(prediction, schedule[line.Timestep]);
            var seen = state.Seen(line, Arithmetic.Instance);
            var output = AffineForm.Sum(Array((exact.First / prediction.InputScale(schedule[line.Timestep]), seen), (exact.Second, AffineForm.Of(1))));
            state = state.After(plan, line, Arithmetic.Instance, output, () => AffineForm.Noise(i + 1));
            reached.Add(state.X);
        }

        return reached.ToArr();
    }
}

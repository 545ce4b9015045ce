using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

/// <summary>
/// The identities below hold for the exact coefficients; the computed β is off by one <see cref="TwoTimesteps.Roundoff"/> in absolute terms, and each
/// identity, divided by its right-hand side, sums terms in which that error is divided by 1 − ᾱ_t ≥ β, hence the factor.
/// </summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class PosteriorLaws
{
    /// <summary>q(x_s | x_t, x_0)·q(x_t | x_0) = q(x_t | x_s)·q(x_s | x_0), in logarithms, at points anywhere within six standard deviations.</summary>
    [Law]
    public bool Bayes_density_by_density(TwoTimesteps t, Pixel x0, Pixel first, Pixel second)
    {
        var posterior = Posterior.Between(t.T, t.S);
        var step = ForwardProcess.Transition(t.S, t.T);
        if (posterior.Variance == 0)
        {
            return t.Earlier < 0;
        }

        var xs = ForwardProcess.Diffuse(t.S, x0.Value, first.Value);
        var xt = step.Scale * xs + Math.Sqrt(step.Variance) * second.Value;
        var left = LogDensity(xs, posterior.Mean(x0.Value, xt), posterior.Variance) + LogDensity(xt, t.T.A * x0.Value, t.T.NoiseVariance);
        var right = LogDensity(xt, step.Scale * xs, step.Variance) + LogDensity(xs, t.S.A * x0.Value, t.S.NoiseVariance);
        // A variance v is off by a part roundoff/v, a deviation of 6√v by roundoff; each quadratic form is at most some 72.
        var least = Math.Min(posterior.Variance, Math.Min(step.Variance, t.S.NoiseVariance));
        return Near(right, left, 512 * t.Roundoff / least);
    }

    [Law]
    public bool The_mean_of_the_noised_image_is_the_less_noised_image(TwoTimesteps t) =>
        Posterior.Between(t.T, t.S) is var q && Near(1, (q.X0Coefficient + q.XtCoefficient * t.T.A) / t.S.A, 16 * Scaled(t));

    [Law]
    public bool The_variance_is_what_the_noised_image_leaves_unexplained(TwoTimesteps t) =>
        Posterior.Between(t.T, t.S) is var q && Near(
            t.S.NoiseVariance, q.XtCoefficient * q.XtCoefficient * t.T.NoiseVariance + q.Variance, 16 * Scaled(t) * t.S.NoiseVariance);

    [Law]
    public bool Precisions_add(TwoTimesteps t) => t.Earlier < 0 || Near(
        1, Posterior.Between(t.T, t.S).Variance * (t.T.AlphaSince(t.S) / t.T.BetaSince(t.S) + 1 / t.S.NoiseVariance), 16 * Scaled(t));

    /// <summary>β̃/β = (1 − ᾱ_s)/(1 − ᾱ_t), which is below 1 by ᾱ_s·β/(1 − ᾱ_t).</summary>
    [Law]
    public bool Its_variance_is_below_beta(TwoTimesteps t)
    {
        double beta = t.T.BetaSince(t.S), gap = t.S.AlphaBar * beta / t.T.NoiseVariance, variance = Posterior.Between(t.T, t.S).Variance;
        return variance >= 0 && (gap < 8 * Epsilon ? variance <= beta : variance < beta);
    }

    [Law]
    public bool To_the_clean_image_the_mean_is_the_image_and_nothing_is_uncertain(AnySchedule s, Pixel x0, Pixel xt) =>
        Posterior.Between(s.Value[0], VariancePreservingLevel.Clean) is { X0Coefficient: 1, XtCoefficient: 0, Variance: 0 } q
        && q.Mean(x0.Value, xt.Value) == x0.Value;

    [Law]
    public bool From_a_level_to_itself_nothing_happens(AnySchedule s) =>
        s.Value.WithZeroTerminalSnr() is var chain && Enumerable.Range(0, chain.Steps).Select(t => chain[t]).All(level =>
            Posterior.Between(level, level) is { X0Coefficient: 0, XtCoefficient: 1, Variance: 0 }
            && level.AlphaSince(level) == 1 && level.BetaSince(level) == 0 && level.NoiseVarianceSince(level) == 0);

    /// <summary>Values of the linear schedule of 1000 steps, to the digits given.</summary>
    [Theory]
    [InlineData(487, 486, 0.009791572, 5.2e-8)]
    [InlineData(999, 998, 0.019999984, 2.6e-8)]
    [InlineData(420, 400, 0.147719513, 3.4e-9)]
    [InlineData(980, 960, 0.324605236, 1.6e-9)]
    public void Known_variances(int t, int s, double variance, double part) =>
        Known(variance, Posterior.Between(Generators.Original[t], Generators.Original[s]).Variance, part);

    /// <summary>
    /// |ln ᾱ_t|·ε over 1 − ᾱ_t: where ᾱ_t is near 1 both are small together, elsewhere the denominator is near 1.
    /// </summary>
    private static double Scaled(TwoTimesteps t) => 2 * t.Roundoff;

    private static double LogDensity(double x, double mean, double variance) => -((x - mean) * (x - mean) / variance + Math.Log(variance)) / 2;
}

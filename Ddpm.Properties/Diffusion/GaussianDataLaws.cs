using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

/// <summary>x_0 ~ N(μ, s²), x = a·x_0 + σ·ε. Points are generated within six standard deviations of their mean.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class GaussianDataLaws
{
    /// <summary>The mean of the product of two Gaussians' densities, (μ·σ² + a·s²·x)/(σ² + a²·s²).</summary>
    [Law]
    public bool The_exact_output_is_the_posterior_s_mean(Pixel mu, Fraction s2, TwoTimesteps t, Pixel deviations, Prediction prediction)
    {
        var (data, level) = (new GaussianData(mu.Value, s2.Value), t.T);
        var x = At(data, level, deviations);
        var marginal = level.NoiseVariance + level.AlphaBar * s2.Value;
        var x0 = (mu.Value * level.NoiseVariance + level.A * s2.Value * x) / marginal;
        var epsilon = level.Sigma * (x - level.A * mu.Value) / marginal;
        var size = Size(data, level, x);
        return Near(prediction.Target(level).Of(x0, epsilon), data.ExactOutput(prediction, level).Of(x, 1), 32 * Epsilon * size * (1 + level.Sigma / marginal));
    }

    /// <summary>Where x has an image and noise, all three tell the same x_0 and ε; through 1/a or 1/σ at most.</summary>
    [Law]
    public bool The_exact_outputs_of_all_predictions_are_one(Pixel mu, Fraction s2, TwoTimesteps t, Pixel deviations, Prediction one, Prediction other)
    {
        var (data, level) = (new GaussianData(mu.Value, s2.Value), t.T);
        if (level.AlphaBar < 1e-200)
        {
            return true; // an ε tells no image
        }

        var x = At(data, level, deviations);
        double X0(Prediction prediction) => prediction.CleanImage(level).Of(x, data.ExactOutput(prediction, level).Of(x, 1));
        double Noise(Prediction prediction) => prediction.Noise(level).Of(x, data.ExactOutput(prediction, level).Of(x, 1));
        var tolerance = 64 * Epsilon * Size(data, level, x) * (1 + level.Sigma / data.VarianceAt(level));
        return Near(X0(one), X0(other), tolerance / level.A) && Near(Noise(one), Noise(other), tolerance / level.Sigma);
    }

    /// <summary>
    /// Bayes, density by density: ln p(x_0) + ln q(x|x_0) = ln p(x) + ln p(x_0|x), with posterior variance s²σ²/v. A point's rounding δ counts d·δ/variance in
    /// a term d²/(2·variance).
    /// </summary>
    [Law]
    public bool Prior_times_likelihood_is_evidence_times_posterior(Pixel mu, Fraction s2, TwoTimesteps t, Pixel deviations, Pixel ofImage)
    {
        var (data, level) = (new GaussianData(mu.Value, s2.Value), t.T);
        var x = At(data, level, deviations);
        var mean = data.ExactOutput(new Prediction.Sample(), level).Of(x, 1);
        var (evidence, posterior) = (data.VarianceAt(level), s2.Value * level.NoiseVariance / data.VarianceAt(level));
        var x0 = mean + Math.Sqrt(posterior) * ofImage.Value;
        (double Distance, double Variance)[] joint = [(x0 - mu.Value, s2.Value), (x - level.A * x0, level.NoiseVariance)];
        (double Distance, double Variance)[] turned = [(x - data.MeanAt(level), evidence), (x0 - mean, posterior)];
        static double Log((double Distance, double Variance) density) =>
            -(density.Distance * density.Distance / density.Variance + Math.Log(density.Variance)) / 2;
        var point = 16 * Epsilon * (Math.Abs(mu.Value) + Math.Abs(x) + Math.Abs(x0));
        var tolerance = joint.Concat(turned).Sum(density =>
            (Math.Abs(density.Distance) + point) * point / density.Variance
            + 32 * Epsilon * (1 + Math.Abs(Log(density)) + Math.Abs(Math.Log(density.Variance))));
        return Near(joint.Sum(Log), turned.Sum(Log), tolerance);
    }

    /// <summary>∇ ln p(x) = −(x − aμ)/v: the expected score is the marginal's.</summary>
    [Law]
    public bool The_exact_output_s_score_is_the_gradient_of_the_log_density(Pixel mu, Fraction s2, TwoTimesteps t, Pixel deviations, Prediction prediction)
    {
        var (data, level) = (new GaussianData(mu.Value, s2.Value), t.T);
        var x = At(data, level, deviations);
        var score = Score.OfOutput(prediction, level).Of(x, data.ExactOutput(prediction, level).Of(x, 1));
        var tolerance = 64 * Epsilon * Size(data, level, x) * (1 + level.Sigma / data.VarianceAt(level)) / level.NoiseVariance;
        return Near(-(x - data.MeanAt(level)) / data.VarianceAt(level), score, tolerance);
    }

    /// <summary>Twice the square root of the quotient of two variances, whose roundings are a few parts ε.</summary>
    [Law]
    public bool The_flow_keeps_the_number_of_deviations_from_the_mean(Pixel mu, Fraction s2, TwoTimesteps t, Pixel deviations)
    {
        var data = new GaussianData(mu.Value, s2.Value);
        return Near(At(data, t.S, deviations), data.Flow(At(data, t.T, deviations), t.T, t.S), Bound(data, t.S, t.T))
            && Near(At(data, t.T, deviations), data.Flow(At(data, t.T, deviations), t.T, t.T), Bound(data, t.T, t.T));
    }

    [Law]
    public bool The_flow_composes_and_turns_back(Pixel mu, Fraction s2, TwoTimesteps t, Pixel deviations, Place third)
    {
        var (data, level) = (new GaussianData(mu.Value, s2.Value), t.Schedule[third.In(t.Schedule.Steps)]);
        var x = At(data, t.T, deviations);
        return Near(data.Flow(x, t.T, t.S), data.Flow(data.Flow(x, t.T, level), level, t.S), 2 * (Bound(data, t.S, t.T) + Bound(data, t.S, level)))
            && Near(x, data.Flow(data.Flow(x, t.T, t.S), t.S, t.T), 2 * (Bound(data, t.T, t.T) + Bound(data, t.T, t.S)));
    }

    /// <summary>Mean and variance of a·x_0 + σ·ε. A point stays one without noise, and unit variance stays unit variance.</summary>
    [Law]
    public bool The_moments_are_the_forward_process_s(Pixel mu, Fraction s2, TwoTimesteps t) =>
        NearRelative(t.T.A * mu.Value, new GaussianData(mu.Value, s2.Value).MeanAt(t.T), 2 * Epsilon)
        && NearRelative(t.T.A * t.T.A * s2.Value + t.T.Sigma * t.T.Sigma, new GaussianData(mu.Value, s2.Value).VarianceAt(t.T), 16 * t.Roundoff)
        && Near(1, new GaussianData(mu.Value, 1).VarianceAt(t.T), 4 * Epsilon)
        && new GaussianData(mu.Value, s2.Value).MeanAt(VariancePreservingLevel.Clean).Equals(mu.Value)
        && new GaussianData(mu.Value, s2.Value).VarianceAt(VariancePreservingLevel.Clean).Equals(s2.Value);

    private static double At(GaussianData data, NoiseLevel level, Pixel deviations) =>
        data.MeanAt(level) + Math.Sqrt(data.VarianceAt(level)) * deviations.Value;

    private static double Size(GaussianData data, NoiseLevel level, double x) =>
        1 + Math.Abs(data.Mean) + Math.Abs(x) + Math.Abs(x - data.MeanAt(level)) / Math.Sqrt(data.VarianceAt(level));

    /// <summary>Rounding of x and its mean at the first level, carried to the second, and what is rounded there.</summary>
    private static double Bound(GaussianData data, NoiseLevel to, NoiseLevel from)
    {
        var (near, far) = (Math.Sqrt(data.VarianceAt(to)), Math.Sqrt(data.VarianceAt(from)));
        return 16 * Epsilon * (Math.Abs(data.Mean) + 6 * near + near / far * (Math.Abs(data.MeanAt(from)) + 6 * far));
    }
}

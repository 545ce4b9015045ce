using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using FsCheck.Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Sampling;

[Properties(Arbitrary = [typeof(Generators), typeof(SamplerGenerators)])]
public sealed class AncestralSamplerLaws
{
    /// <summary>
    /// x' = (x − β_t/√(1 − ᾱ_t)·o)/√α_t + s_t·z. Between x_0 and back nothing cancels (the coefficients of x are positive and sum to 1/√α_t), so the
    /// error is the roundoff of β over 1 − ᾱ_t, times what stands there.
    /// </summary>
    [Law]
    public bool Each_line_is_the_reverse_step_of_the_original(AnySchedule s, Pixel x, Pixel o, bool posterior)
    {
        var variance = posterior ? ReverseVariance.Posterior : ReverseVariance.Beta;
        var plan = new Ancestral(variance).PlanOn(new(s.Value, new Prediction.Epsilon(), Timesteps.All(s.Value.Steps), ClipSample: false));
        return plan.Lines.All(line =>
        {
            var t = line.Timestep;
            var (beta, level, before) = (s.Value.Betas[t], s.Value[t], s.Value[t - 1]);
            if (beta == 1)
            {
                return true; // no noise prediction tells the image when there is none
            }

            var roundoff = 32 * new TwoTimesteps(s.Value, t - 1, t).Roundoff;
            var size = (Math.Abs(x.Value) + Math.Abs(o.Value)) / Math.Sqrt(1 - beta);
            var expected = (x.Value - beta / Math.Sqrt(level.NoiseVariance) * o.Value) / Math.Sqrt(1 - beta);
            var spread = t == 0 ? 0 : posterior ? beta * before.NoiseVariance / level.NoiseVariance : beta;
            var estimate = line.Estimate.Of(x.Value, o.Value);
            return line.Remember == Memory.CleanImage && line.Correct == Correction.None && line.Predict.History.Count == 1
                && Near(expected, line.Predict.Base * x.Value + line.Predict.History[0] * estimate, roundoff * size)
                && Near(spread, line.Noise.Most * line.Noise.Most, roundoff);
        });
    }

    [Law]
    public bool A_plan_has_a_line_for_each_timestep_and_no_noise_on_the_last(VisitedSchedule v, Prediction prediction, bool posterior, bool clip)
    {
        var plan = Compile(v, prediction, posterior, clip);
        return plan.Lines.Select(line => line.Timestep).SequenceEqual(v.Timesteps.Values)
            && plan.Lines.Last().Noise == NoiseRange.None
            && plan.Lines.SkipLast(1).All(line => line.Noise.Draws && !line.Noise.IsLearned)
            && plan.HistoryLength == 1 && plan.ClipSample == clip;
    }

    /// <summary>Every kind of prediction of one denoiser gives one plan: the same x_0, so the same next x.</summary>
    [Law]
    public bool Only_the_estimate_depends_on_what_is_predicted(VisitedSchedule v, Prediction prediction, bool posterior) =>
        Compile(v, prediction, posterior, false).Lines.Zip(Compile(v, new Prediction.Sample(), posterior, false).Lines)
            .All(pair => pair.Item1 with { Input = pair.Item2.Input, Estimate = pair.Item2.Estimate } == pair.Item2);

    /// <summary>
    /// The last line's mean is its estimate of x_0 itself. An ε tells the point to within a rounding of x over a; the clipped estimates before
    /// it keep x small whatever an earlier division by a tiny a did.
    /// </summary>
    [Law]
    public bool An_exact_denoiser_of_one_point_lands_on_the_point(VisitedSchedule v, Prediction prediction, Pixel start, bool posterior)
    {
        const double point = 0.375;
        var last = v.Schedule[v.Timesteps.Values[^1]];
        if (v.Noisiest.A == 0 && prediction is Prediction.Epsilon)
        {
            return true; // without image an ε tells none
        }

        var end = ScalarInterpreter.Run(
            Compile(v, prediction, posterior, clip: true),
            (seen, t) => prediction.Target(v.Schedule[t])
                .Of(point, (seen / prediction.InputScale(v.Schedule[t]) - v.Schedule[t].A * point) / v.Schedule[t].Sigma),
            start.Value,
            line => Math.Sin(line));
        return Near(point, end, 64 * Epsilon * (prediction is Prediction.Epsilon ? 8 / last.A : 8));
    }

    /// <summary>
    /// With the exact denoiser of x_0 ~ N(μ, s²), E[x_0 | x] = μ + a·s²/(a²s² + σ²)·(x − aμ), each line is affine. It keeps the mean a_t·μ for all
    /// variances, because c₁ + c₂·a_t = a_p. The last line gives μ.
    /// </summary>
    [Law]
    public bool Gaussian_data_keep_their_mean(VisitedSchedule v, Pixel mu, Fraction s2, bool posterior)
    {
        var moments = Push(v, mu.Value, s2.Value, posterior).ToArray();
        return moments.Zip(v.Timesteps.Pairs).All(pair => Near(
            v.Schedule[pair.Item2.Next].A * mu.Value, pair.Item1.Mean, 64 * Total(v) * Math.Abs(mu.Value)));
    }

    /// <summary>
    /// For s² = 1 the mean of x_p given x_t is √α·x_t, so with s_t² = β every line but the last keeps variance α + β = 1; the last, without noise,
    /// leaves ᾱ of the last timestep.
    /// </summary>
    [Law]
    public bool Unit_variance_data_keep_unit_variance_with_variance_beta(VisitedSchedule v, Pixel mu)
    {
        var moments = Push(v, mu.Value, 1, posterior: false).ToArray();
        return moments.SkipLast(1).All(moment => Near(1, moment.Variance, 64 * Total(v)))
            && Near(v.Schedule[v.Timesteps.Values[^1]].SquaredA, moments[^1].Variance, 64 * Total(v));
    }

    /// <summary>For s² = 0 the posterior is the exact reverse step: every line leaves the forward process's variance of the point.</summary>
    [Law]
    public bool A_point_keeps_the_forward_variance_with_the_posterior_s(VisitedSchedule v, Pixel mu) =>
        Push(v, mu.Value, 0, posterior: true).Zip(v.Timesteps.Pairs).All(pair =>
            Near(v.Schedule[pair.Item2.Next].NoiseVariance, pair.Item1.Variance, 64 * Total(v)));

    /// <summary>
    /// The exact reverse variance is β̃ + c₁²·Var(x_0 | x_t), between β̃ (s² = 0) and β (s² = 1). So before the last line β̃ gives too little and β too much.
    /// </summary>
    [Law]
    public bool Between_a_point_and_unit_variance_the_two_variances_bound_the_truth(VisitedSchedule v, Fraction s2)
    {
        var exact = v.Timesteps.Pairs.Select(pair => v.Schedule[pair.Next]).Select(level => level.SquaredA * s2.Value + level.NoiseVariance);
        var bounds = Push(v, 0, s2.Value, posterior: true).Zip(Push(v, 0, s2.Value, posterior: false));
        return bounds.Zip(exact).SkipLast(1).All(three =>
            three.Item1.Item1.Variance <= three.Item2 + 64 * Total(v) && three.Item2 <= three.Item1.Item2.Variance + 64 * Total(v));
    }

    /// <summary>Mean and variance of x after each line, from the exact distribution at the first timestep; the errors of the lines add.</summary>
    private static IEnumerable<(double Mean, double Variance)> Push(VisitedSchedule v, double mu, double s2, bool posterior)
    {
        var (mean, variance) = (v.Noisiest.A * mu, v.Noisiest.SquaredA * s2 + v.Noisiest.NoiseVariance);
        foreach (var line in Compile(v, new Prediction.Sample(), posterior, clip: false).Lines)
        {
            var level = v.Schedule[line.Timestep];
            var gain = level.A * s2 / (level.SquaredA * s2 + level.NoiseVariance);
            var slope = line.Predict.Base + line.Predict.History[0] * gain;
            mean = slope * mean + line.Predict.History[0] * (mu - gain * level.A * mu);
            variance = slope * slope * variance + line.Noise.Most * line.Noise.Most;
            yield return (mean, variance);
        }
    }

    private static double Total(VisitedSchedule v) => v.Timesteps.Pairs.Sum(pair => new TwoTimesteps(v.Schedule, pair.Next, pair.Current).Roundoff);

    private static SamplingPlan Compile(VisitedSchedule v, Prediction prediction, bool posterior, bool clip) =>
        new Ancestral(posterior ? ReverseVariance.Posterior : ReverseVariance.Beta).PlanOn(new(v.Schedule, prediction, v.Timesteps, clip));
}

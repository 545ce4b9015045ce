using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

/// <summary>A ratio of noise variances or β is off by the <see cref="TwoTimesteps.Roundoff"/> of its levels over 1 − ᾱ_t.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class VariationalBoundLaws
{
    /// <summary>∫q·ln(q/p), the trapezoidal rule over 24 standard deviations of q in steps of an eighth: exact for a Gaussian times a polynomial.</summary>
    [Law]
    public bool A_step_is_the_divergence_of_the_posterior_from_the_model(TwoTimesteps t, Pixel x0, Pixel estimate, bool posterior)
    {
        if (t.Earlier < 0)
        {
            return true; // L_0 stands there
        }

        var q = Posterior.Between(t.T, t.S);
        var (variance, model) = (Fraction(posterior), posterior ? q.Variance : t.T.BetaSince(t.S));
        const double step = 1 / 8.0;
        var error = q.X0Coefficient * (x0.Value - estimate.Value);
        var integral = Enumerable.Range(-96, 193).Sum(i =>
        {
            double u = i * step, distance = u * Math.Sqrt(q.Variance) + error;
            return step * Math.Exp(-u * u / 2) / Math.Sqrt(2 * Math.PI) * (distance * distance / model - u * u - Math.Log(q.Variance / model)) / 2;
        });
        return Near(integral, VariationalBound.StepNats(t.T, t.S, variance, Square(x0.Value - estimate.Value)),
            64 * t.Roundoff * (1 + Math.Abs(Math.Log(q.Variance / model)) + error * error / model) / Math.Min(1, q.Variance / model));
    }

    [Law]
    public bool No_divergence_is_negative_and_the_right_posterior_has_none(TwoTimesteps t, Pixel error, bool posterior) =>
        VariationalBound.PriorNats(t.T, Square(error.Value)) >= 0
        && (t.Earlier < 0 || (VariationalBound.StepNats(t.T, t.S, Fraction(posterior), Square(error.Value)) >= 0
            && VariationalBound.StepNats(t.T, t.S, VariationalBound.OfPosterior, 0) == 0
            && VariationalBound.VarianceNats(t.T, t.S, VariationalBound.OfBeta) >= 0));

    /// <summary>An error Δ of x_0 is one of −a/σ·Δ of ε and of −Δ/σ of v: the same divergence.</summary>
    [Law]
    public bool The_divergence_is_the_same_in_every_prediction_s_error(TwoTimesteps t, Pixel error, bool posterior)
    {
        if (t.Earlier < 0 || t.T.A == 0)
        {
            return true;
        }

        double Weighted(Prediction prediction, double outputError) => VariationalBound.Weight(prediction, t.T, t.S, Fraction(posterior)) * Square(outputError);
        var sample = Weighted(new Prediction.Sample(), error.Value);
        return NearRelative(sample, Weighted(new Prediction.Epsilon(), t.T.A / t.T.Sigma * error.Value), 64 * Epsilon)
            && NearRelative(sample, Weighted(new Prediction.Velocity(), error.Value / t.T.Sigma), 64 * Epsilon);
    }

    /// <summary>β²/(2·s²·α·(1 − ᾱ_t)) (Ho et al. 2020, eq. 12), in which α = 1 − β.</summary>
    [Law]
    public bool The_weight_of_an_epsilon_is_the_paper_s(TwoTimesteps t, bool posterior)
    {
        double beta = t.T.BetaSince(t.S), variance = posterior ? Posterior.Between(t.T, t.S).Variance : beta;
        return t.Earlier < 0 || t.T.A == 0 || NearRelative(
            beta * beta / (2 * variance * t.T.AlphaSince(t.S) * t.T.NoiseVariance),
            VariationalBound.Weight(new Prediction.Epsilon(), t.T, t.S, Fraction(posterior)), 64 * t.Roundoff);
    }

    /// <summary>
    /// c₁²/(2β̃), the divergence of two posteriors whose x_0 differ by 1, is ½(SNR_s − SNR_t) (Kingma et al. 2021): SNR_s bounds what is subtracted.
    /// </summary>
    [Law]
    public bool With_the_posterior_s_variance_the_weight_of_an_image_is_half_the_loss_of_signal_to_noise_ratio(TwoTimesteps t) => t.Earlier < 0 || Near(
        (t.S.Snr - t.T.Snr) / 2, VariationalBound.Weight(new Prediction.Sample(), t.T, t.S, VariationalBound.OfPosterior), 32 * t.Roundoff * t.S.Snr);

    /// <summary>The weights of all steps telescope: an equal error costs what one single step from the last level to the first would.</summary>
    [Law]
    public bool An_equal_error_costs_the_same_in_any_number_of_steps(TwoTimesteps t, Pixel error)
    {
        var square = Square(error.Value);
        return t.Earlier < 0 || Near(
            VariationalBound.StepNats(t.T, t.S, VariationalBound.OfPosterior, square),
            Enumerable.Range(t.Earlier + 1, t.Later - t.Earlier)
                .Sum(i => VariationalBound.StepNats(t.Schedule[i], t.Schedule[i - 1], VariationalBound.OfPosterior, square)),
            64 * (t.Later - t.Earlier) * t.Roundoff * t.S.Snr * square);
    }

    /// <summary>
    /// Data of N(0, 1) with its exact denoiser a·x_t, whose squared error is 1 − ᾱ_t: then β is the true reverse variance, the divergence is the
    /// information I(x_0; x_s | x_t) = ½ln(β/β̃), and all terms but L_0 sum to −½ln β_0 whatever the schedule.
    /// </summary>
    [Law]
    public bool Of_standard_normal_data_each_step_is_its_information(TwoTimesteps t) => t.Earlier < 0 || Near(
        Math.Log(t.T.NoiseVariance / t.S.NoiseVariance) / 2, VariationalBound.StepNats(t.T, t.S, VariationalBound.OfBeta, t.T.NoiseVariance), 32 * t.Roundoff);

    [Law]
    public bool Of_standard_normal_data_the_bound_before_the_decoder_is_that_of_the_first_step(AnySchedule s)
    {
        var steps = Enumerable.Range(1, s.Value.Steps - 1)
            .Select(t => VariationalBound.StepNats(s.Value[t], s.Value[t - 1], VariationalBound.OfBeta, s.Value[t].NoiseVariance));
        var bound = VariationalBound.Of(s.Value, 1, steps.ToArr(), 0).Valid();
        var largest = new TwoTimesteps(s.Value, Math.Max(0, s.Value.Steps - 2), s.Value.Steps - 1).Roundoff;
        return Near(BitsPerDimension.FromNats(-Math.Log(s.Value.Betas[0]) / 2), bound.Total, 64 * s.Value.Steps * largest);
    }

    [Law]
    public bool The_prior_s_term_is_the_divergence_from_the_standard_normal(TwoTimesteps t, Pixel x0) => Near(
        (t.T.NoiseVariance + Square(t.T.A * x0.Value) - 1 - Math.Log(t.T.NoiseVariance)) / 2, VariationalBound.PriorNats(t.T, Square(x0.Value)),
        8 * t.Roundoff * (1 + Square(x0.Value) + Math.Abs(Math.Log(t.T.NoiseVariance))));

    [Law]
    public bool More_noise_leaves_less_in_the_prior_s_term(TwoTimesteps t, Pixel x0) => t.Earlier < 0
        || VariationalBound.PriorNats(t.T, Square(x0.Value)) <= VariationalBound.PriorNats(t.S, Square(x0.Value)) * (1 + 64 * Epsilon);

    [Law]
    public bool Under_zero_terminal_signal_to_noise_ratio_the_prior_s_term_is_zero(AnySchedule s, Pixel x0) => VariationalBound.PriorNats(
        VariancePreservingSchedule.FromBetas(s.Value.Betas.SkipLast(1).Append(1).ToArr()).Valid()[s.Value.Steps - 1], Square(x0.Value)) == 0;

    /// <summary>Where β̃/β differs little from 1 by u, ½(−ln(1 − u) − u) is u²/4 + u³/6 + …, which no subtraction gives.</summary>
    [Law]
    public bool The_part_of_the_variances_is_that_of_their_ratio(TwoTimesteps t)
    {
        double ratio = t.S.NoiseVariance / t.T.NoiseVariance, u = t.S.AlphaBar * t.T.BetaSince(t.S) / t.T.NoiseVariance;
        var part = VariationalBound.VarianceNats(t.T, t.S, VariationalBound.OfBeta);
        return VariationalBound.VarianceNats(t.T, t.S, VariationalBound.OfPosterior) == 0
            && (u < 1e-4
                ? NearRelative(u * u / 4 * (1 + u * (2 / 3.0 + u / 2)), part, 1e-12)
                : t.Earlier < 0 ? double.IsPositiveInfinity(part) : Near((ratio - 1 - Math.Log(ratio)) / 2, part, 32 * t.Roundoff));
    }

    [Law]
    public bool The_bound_is_the_sum_of_its_terms_in_bits(AnySchedule s, Pixel size, Pixel error, Fraction decoder, bool posterior)
    {
        var steps = Enumerable.Range(1, s.Value.Steps - 1)
            .Select(t => VariationalBound.StepNats(s.Value[t], s.Value[t - 1], Fraction(posterior), Square(error.Value))).ToArr();
        var bound = VariationalBound.Of(s.Value, Square(size.Value), steps, decoder.Value).Valid();
        return bound.Steps.Count == s.Value.Steps - 1
            && NearRelative(bound.Prior + bound.Steps.Sum() + bound.Decoder, bound.Total, 4 * s.Value.Steps * Epsilon)
            && NearRelative(VariationalBound.PriorNats(s.Value[s.Value.Steps - 1], Square(size.Value)) / Math.Log(2), bound.Prior, 4 * Epsilon)
            && NearRelative(decoder.Value / Math.Log(2), bound.Decoder, 4 * Epsilon)
            && Enumerable.Range(1, s.Value.Steps - 1).All(t =>
                NearRelative(steps[t - 1] / Math.Log(2), bound.Steps[t - 1], 4 * Epsilon));
    }

    [Law]
    public bool The_decoder_s_variance_is_the_first_beta_or_the_next_posterior_s(AnySchedule s, Pixel mean)
    {
        var next = s.Value.Steps == 1 ? s.Value.Betas[0] : Posterior.Between(s.Value[1], s.Value[0]).Variance;
        return VariationalBound.DecoderAt(s.Value, VariationalBound.OfBeta, mean.Value) == new DiscretisedGaussian(mean.Value, Math.Sqrt(s.Value.Betas[0]))
            && VariationalBound.DecoderAt(s.Value, VariationalBound.OfPosterior, mean.Value) == new DiscretisedGaussian(mean.Value, Math.Sqrt(next));
    }

    /// <summary>Weights on the linear schedule of 1000 steps with s² = β̃, to the digits given.</summary>
    [Theory]
    [InlineData(1, 0.599671512, 1e-9)]
    [InlineData(499, 0.005508196511, 2e-10)]
    [InlineData(999, 0.010204501874, 1e-10)]
    public void Known_weights_of_an_epsilon(int t, double weight, double part) =>
        Known(
            weight, VariationalBound.Weight(new Prediction.Epsilon(), Generators.Original[t], Generators.Original[t - 1], VariationalBound.OfPosterior), part);

    [Fact]
    public void Wrong_measurements_are_refused_with_every_fault() => Assert.Equal(
        ["mean-square must be finite and at least 0, got -1", "step-nats must have length 999, one for each step but the first, got 2",
            "step-nats[2] must be finite and at least 0, got NaN", "decoder-nats must be finite and at least 0, got -0.5"],
        VariationalBound.Of(Generators.Original, -1, Prelude.Array(0, double.NaN), -0.5).Faults());

    /// <summary>A learned variance has no fraction of its own: only the network knows it.</summary>
    [Fact]
    public void Fixed_variances_are_the_ends_of_the_range_and_a_learned_one_is_none() => Assert.Equal(
        [VariationalBound.OfBeta, VariationalBound.OfPosterior, Prelude.None],
        new[] { ReverseVariance.Beta, ReverseVariance.Posterior, ReverseVariance.LearnedRange }.Select(variance => variance.Fraction()));

    private static double Fraction(bool posterior) => posterior ? VariationalBound.OfPosterior : VariationalBound.OfBeta;

    private static double Square(double x) => x * x;
}

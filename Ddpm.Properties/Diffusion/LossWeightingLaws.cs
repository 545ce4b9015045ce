using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

[Properties(Arbitrary = [typeof(Generators), typeof(Weightings)])]
public sealed class LossWeightingLaws
{
    private static readonly Prediction EpsilonPrediction = new Prediction.Epsilon();
    private static readonly Prediction SamplePrediction = new Prediction.Sample();
    private static readonly Prediction VelocityPrediction = new Prediction.Velocity();

    [Law]
    public bool Uniform_is_1(Prediction prediction, TwoTimesteps t) => new LossWeighting.Uniform().Weight(prediction, t.T) == 1;

    /// <summary>An error of x_0 is SNR times as large in ε, squared, and SNR + 1 times in v. Where no image is left, the three are no longer one.</summary>
    [Law]
    public bool The_three_forms_of_a_weighting_are_one_loss(LossWeighting weighting, TwoTimesteps t)
    {
        var image = weighting.Weight(SamplePrediction, t.T);
        return double.IsNegativeInfinity(t.T.LogAlphaBar) || NearRelative(image, t.T.Snr * weighting.Weight(EpsilonPrediction, t.T), 16 * Epsilon)
            && NearRelative(image, (t.T.Snr + 1) * weighting.Weight(VelocityPrediction, t.T), 16 * Epsilon);
    }

    [Law]
    public bool Weights_are_finite_and_not_negative_at_every_level_of_a_schedule(LossWeighting weighting, Prediction prediction, AnySchedule s) =>
        s.Value.WithZeroTerminalSnr().Levels.All(level => weighting.Weight(prediction, level) is >= 0 and < double.PositiveInfinity);

    [Law]
    public bool Min_snr_is_continuous_at_gamma(Prediction prediction, TwoTimesteps t)
    {
        if (t.T.Snr is not (> 1e-100 and < 1e100))
        {
            return true;
        }

        double Weight(double part) => LossWeighting.MinSnr.Of(t.T.Snr * part).Valid().Weight(prediction, t.T);
        return NearRelative(Weight(1), Weight(1 - 1e-9), 2e-9) && NearRelative(Weight(1), Weight(1 + 1e-9), 2e-9);
    }

    [Law]
    public bool Min_snr_of_a_large_gamma_is_uniform_in_epsilon_and_of_a_small_one_uniform_in_the_image(TwoTimesteps t, Fraction gamma) =>
        t.T.Snr == 0
        || (LossWeighting.MinSnr.Of(t.T.Snr / gamma.Value).Valid().Weight(EpsilonPrediction, t.T) == 1
            && Math.Max(double.Epsilon, t.T.Snr * gamma.Value) is var small
            && LossWeighting.MinSnr.Of(small).Valid().Weight(SamplePrediction, t.T) == small);

    /// <summary>1/(1 + SNR) = 1 − ᾱ.</summary>
    [Law]
    public bool The_published_p2_weighs_an_epsilon_by_its_share_of_noise(TwoTimesteps t) =>
        NearRelative(t.T.NoiseVariance, LossWeighting.P2.Published.Weight(EpsilonPrediction, t.T), 4 * Epsilon * (4 + Math.Log(1 + t.T.Snr)));

    /// <summary>Sampling begins at the last level, so its output has to be trained: as in Hang et al.'s code, it counts 1 where its formula gives 0.</summary>
    [Law]
    public bool Every_output_counts_where_no_image_is_left(LossWeighting weighting, Prediction prediction)
    {
        var (noise, formula) = (new VariancePreservingLevel(double.NegativeInfinity), new LossWeighting.Vanishing(weighting));
        var weight = weighting.Weight(prediction, noise);
        return prediction is Prediction.Epsilon
            ? weight == formula.Weight(prediction, noise) && weight > 0
            : weight == 1 && formula.Weight(prediction, noise) == 0;
    }

    [Law]
    public bool Wherever_an_image_is_left_a_weight_is_that_of_its_formula(LossWeighting weighting, Prediction prediction, TwoTimesteps t) =>
        double.IsNegativeInfinity(t.T.LogAlphaBar) || weighting.Weight(prediction, t.T).Equals(new LossWeighting.Vanishing(weighting).Weight(prediction, t.T));

    [Fact]
    public void Without_any_image_the_formulas_are_their_limits()
    {
        var noise = new VariancePreservingLevel(double.NegativeInfinity);
        var (minSnr, p2) = (new LossWeighting.Vanishing(LossWeighting.MinSnr.Of(5).Valid()), new LossWeighting.Vanishing(LossWeighting.P2.Of(4, 0.5).Valid()));
        Assert.Equal((1, 0, 0), (minSnr.Weight(EpsilonPrediction, noise), minSnr.Weight(SamplePrediction, noise), minSnr.Weight(VelocityPrediction, noise)));
        Known(0.5, p2.Weight(EpsilonPrediction, noise), 4 * Epsilon);
        Assert.Equal((0, 0), (p2.Weight(SamplePrediction, noise), p2.Weight(VelocityPrediction, noise)));
    }

    /// <summary>By hand, at SNR = 9: ᾱ = 0.9.</summary>
    [Fact]
    public void Weights_at_a_signal_to_noise_ratio_of_9()
    {
        var level = VariancePreservingSchedule.FromBetas(LanguageExt.Prelude.Array(0.1)).Valid()[0];
        Known(5.0 / 9, LossWeighting.MinSnr.Published.Weight(EpsilonPrediction, level), 8 * Epsilon);
        Known(5, LossWeighting.MinSnr.Published.Weight(SamplePrediction, level), 8 * Epsilon);
        Known(0.5, LossWeighting.MinSnr.Published.Weight(VelocityPrediction, level), 8 * Epsilon);
        Known(0.1, LossWeighting.P2.Published.Weight(EpsilonPrediction, level), 8 * Epsilon);
        Known(0.01, LossWeighting.P2.Of(1, 2).Valid().Weight(EpsilonPrediction, level), 16 * Epsilon);
        Known(0.9 / 25, LossWeighting.P2.Of(16, 1).Valid().Weight(VelocityPrediction, level), 16 * Epsilon);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Numbers_that_are_not_positive_and_finite_are_refused(double value)
    {
        string Fault(string name) => FormattableString.Invariant($"{name} must be positive and finite, got {value}");
        Assert.Equal([Fault("min-snr-gamma")], LossWeighting.MinSnr.Of(value).Faults());
        Assert.Equal([Fault("k"), Fault("gamma")], LossWeighting.P2.Of(value, value).Faults());
    }

    public static class Weightings
    {
        private static Gen<double> Number { get; } = Gen.Frequency((1, Gen.Elements(1.0, 5, 0.5)), (3, Generators.PowersOfTen(-3, 1)));

        public static Arbitrary<LossWeighting> All() => Gen.OneOf(
            Number.Select(gamma => LossWeighting.MinSnr.Of(gamma).Valid()),
            from k in Number
            from gamma in Number
            select LossWeighting.P2.Of(k, gamma).Valid()).ToArbitrary();
    }
}

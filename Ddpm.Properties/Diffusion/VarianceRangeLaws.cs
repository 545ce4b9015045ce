using Ddpm.Pure.Diffusion;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

/// <summary>The variances between β̃ and β, among which a network learns to choose.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class VarianceRangeLaws
{
    [Law]
    public bool Fraction_0_is_the_posterior_s_variance_and_1_is_beta(TwoTimesteps t) => t.Earlier < 0
        || (VarianceRange.Between(t.T, t.S) is var range
            && range.At(0) == Posterior.Between(t.T, t.S).Variance && range.At(1) == t.T.BetaSince(t.S) && range.Least <= range.Most);

    /// <summary>ln(β/β̃) = ln((1 − ᾱ_t)/(1 − ᾱ_s)). The two sides round 1 − ᾱ apart.</summary>
    [Law]
    public bool The_width_is_the_logarithm_of_the_ratio_of_the_ends(TwoTimesteps t) => t.Earlier < 0
        || (VarianceRange.Between(t.T, t.S) is var range
            && range.LogWidth >= 0 && Near(Math.Log(range.Most / range.Least), range.LogWidth, 32 * t.Roundoff * (1 + range.LogWidth)));

    /// <summary>s² = β̃^(1 − f)·β^f: a logarithm's rounding, multiplied by itself; beyond the ends too.</summary>
    [Law]
    public bool A_fraction_moves_the_logarithm_of_the_variance_evenly(TwoTimesteps t, Pixel fraction) => t.Earlier < 0
        || (VarianceRange.Between(t.T, t.S) is var range
            && Near(
                (1 - fraction.Value) * Math.Log(range.Least) + fraction.Value * Math.Log(range.Most), Math.Log(range.At(fraction.Value)),
                64 * t.Roundoff * (1 + Math.Abs(Math.Log(range.Least)) + Math.Abs(fraction.Value) * (1 + range.LogWidth))));

    /// <summary>The first step's own β̃ is 0, so its range begins at the next one's.</summary>
    [Law]
    public bool The_first_step_s_range_begins_at_the_next_step_s_posterior(AnySchedule s)
    {
        var range = VarianceRange.OfFirstStep(s.Value);
        return range.Most == s.Value.Betas[0]
            && (s.Value.Steps == 1
                ? range is { LogWidth: 0 } && range.Least == range.Most
                : range.Least == Posterior.Between(s.Value[1], s.Value[0]).Variance);
    }

    /// <summary>β_1 = 0.0001 + 0.0199/999 and ᾱ_1 = 0.9997800920720721, so β̃_1 = β_1·0.0001/(1 − ᾱ_1); the geometric mean at ½.</summary>
    [Fact]
    public void Of_the_original_schedule_the_first_range_is_known()
    {
        var range = VarianceRange.OfFirstStep(Generators.Original);
        Known((1e-4 + 0.0199 / 999) * 1e-4 / (1 - 0.9997800920720721), range.Least, 1e-11);
        Known(Math.Sqrt(1e-4 * range.Least), range.At(0.5), 1e-14);
    }
}

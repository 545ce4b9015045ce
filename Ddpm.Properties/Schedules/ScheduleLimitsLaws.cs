using Ddpm.Pure.Schedules;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Schedules;

/// <summary>The ends of what schedules allow, each fault told once, and digits that a simpler formula would lose.</summary>
public sealed class ScheduleLimitsLaws
{
    /// <summary>
    /// √ᾱ'_1 = √ᾱ_0·(√ᾱ_1 − √ᾱ_2)/(√ᾱ_0 − √ᾱ_2) in sixty digits: 1 − ᾱ'_1 of a schedule that hardly noises before its last step, and ᾱ'_1 of one whose last
    /// step is the smallest. The first is ln ᾱ ≈ −2·10⁻¹¹ from two logarithms near −0.01, whose roundings are 2·10⁻¹⁸ each.
    /// </summary>
    [Fact]
    public void Zero_terminal_snr_loses_no_digits_at_either_end()
    {
        VariancePreservingLevel Second(params double[] betas) => VariancePreservingSchedule.FromBetas(new Arr<double>(betas)).Valid().WithZeroTerminalSnr()[1];
        Known(2.0101010100908319e-11, Second(1e-11, 1e-11, 0.9999).NoiseVariance, 5e-7);
        Known(0.008264462790757888, Second(1e-9, 1e-9, 1e-10).AlphaBar, 1e-12);
    }

    [Fact]
    public void A_beta_out_of_range_is_not_compared_with_the_other()
    {
        Func<int, double?, double?, Validation<LanguageExt.Common.Error, VariancePreservingSchedule>>[] builders =
            [NoiseSchedule.Linear, NoiseSchedule.ScaledLinear, NoiseSchedule.SigmoidBeta];
        foreach (var build in builders)
        {
            Assert.Equal(["max-beta must lie in (0, 1), got 0"], build(10, 0.5, 0).Faults());
            Assert.Equal(["max-beta must lie in (0, 1), got -1"], build(10, 0.5, -1).Faults());
            Assert.Equal(["min-beta must lie in (0, 1), got 1"], build(10, 1, 0.5).Faults());
            Assert.Equal(["min-beta must lie in (0, 1), got 2"], build(10, 2, 0.5).Faults());
            Assert.Equal(["max-beta must be at least min-beta, 0.5, got 0.25"], build(10, 0.5, 0.25).Faults());
            Assert.Empty(build(10, 0.5, 0.5).Faults());
        }
    }

    [Fact]
    public void A_cosine_may_have_no_offset_or_one()
    {
        Assert.Empty(NoiseSchedule.Cosine(10, 0).Faults());
        Assert.Empty(NoiseSchedule.Cosine(10, 1).Faults());
        Assert.Equal(["cosine-offset must lie in [0, 1], got -0.001"], NoiseSchedule.Cosine(10, -0.001).Faults());
        Assert.Equal(["cosine-offset must lie in [0, 1], got 1.5"], NoiseSchedule.Cosine(10, 1.5).Faults());
    }

    /// <summary>1 − cos²δ is sin²δ, where the difference of two cosines would be 10⁻¹² of them, and what is left of a right angle 1.6·10⁻⁶.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void A_cosine_without_offset_begins_and_ends_with_small_angles(int steps)
    {
        var (betas, delta) = (NoiseSchedule.Cosine(steps, 0).Valid().Betas, Math.PI / 2 / steps);
        Known(Math.Sin(delta) * Math.Sin(delta), betas[0], 1e-14);
        Known(1 - 1 / (4 * Math.Cos(delta) * Math.Cos(delta)), betas[steps - 2], 1e-14);
    }

    [Fact]
    public void The_ends_of_a_sigmoid_are_refused_by_the_range_that_tau_leaves()
    {
        string[] Faults(double start, double end, double tau) => NoiseSchedule.SigmoidAlphaBar(10, start, end, tau).Faults();
        Assert.Equal(["start must lie within 20 tau, 40, of 0, got -41"], Faults(-41, 3, 2));
        Assert.Equal(["end must lie within 20 tau, 10, of 0, got 11"], Faults(-3, 11, 0.5));
        Assert.Equal(["start must be finite, got -Infinity", "tau must be positive and finite, got 0"], Faults(double.NegativeInfinity, 3, 0));
        Assert.Equal(["start must lie within 20 tau, 20, of 0, got NaN"], Faults(double.NaN, 3, 1));
        Assert.Equal(["end must lie within 20 tau, 20, of 0, got NaN"], Faults(-3, double.NaN, 1));
        Assert.Equal(["end must be greater than start, 3, got 3"], Faults(3, 3, 1));
        Assert.Empty(Faults(-20, 20, 1));
    }

    /// <summary>
    /// Beside ln ½, whose last digit is 1.1·10⁻¹⁶, a step of 1.55·10⁻¹⁶ counts one digit, but two of them nearly three: what a step loses beside a larger one
    /// must be kept, whichever is first.
    /// </summary>
    [Fact]
    public void What_two_steps_lose_beside_a_large_one_counts_together_in_any_order()
    {
        const double small = 1.55e-16;
        double Last(params double[] betas) => VariancePreservingSchedule.FromBetas(new Arr<double>(betas)).Valid()[betas.Length - 1].LogAlphaBar;
        var together = Math.BitDecrement(Math.BitDecrement(Math.BitDecrement(Last(0.5))));
        Assert.Equal((together, together, together), (Last(small, small, 0.5), Last(small, 0.5, small), Last(0.5, small, small)));
    }
}

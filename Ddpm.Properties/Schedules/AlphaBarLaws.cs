using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Schedules;

/// <summary>Schedules defined by ᾱ: given ones, and schedules with zero terminal SNR.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class AlphaBarLaws
{
    /// <summary>ᾱ = exp(ln ᾱ) is off by |ln ᾱ| ε of itself, and so is the logarithm taken of it.</summary>
    [Law]
    public bool Given_alpha_bars_are_kept_and_are_the_schedule_s_they_came_from(AnySchedule s)
    {
        var made = VariancePreservingSchedule.FromAlphaBars(s.Value.AlphaBars).Valid();
        return made.Steps == s.Value.Steps && Enumerable.Range(0, made.Steps).All(t =>
            Near(s.Value[t].LogAlphaBar, made[t].LogAlphaBar, 4 * Epsilon * (1 + Math.Abs(made[t].LogAlphaBar)))
            && NearRelative(s.Value.AlphaBars[t], made[t].AlphaBar, 2 * Epsilon * (2 + Math.Abs(made[t].LogAlphaBar)))) && IsSchedule(made);
    }

    [Law]
    public bool Zero_terminal_snr_ends_in_noise_alone_and_keeps_the_first_alpha_bar_and_the_order(AnySchedule s)
    {
        var zero = s.Value.WithZeroTerminalSnr();
        return zero.Steps == s.Value.Steps && IsSchedule(zero)
            && zero[zero.Steps - 1] is { AlphaBar: 0, NoiseVariance: 1, A: 0, Sigma: 1, Snr: 0, Lambda: double.NegativeInfinity }
            && (zero.Steps == 1 || zero[0] == s.Value[0]);
    }

    [Law]
    public bool Zero_terminal_snr_twice_is_once(AnySchedule s) =>
        s.Value.WithZeroTerminalSnr() is var zero && zero.WithZeroTerminalSnr() == zero
        && (s.Value.Betas[s.Value.Steps - 1] < 1 || zero == s.Value);

    /// <summary>Both sides are at most 1; each root and difference is off by a few ε, since x·|ln x| is below 1.</summary>
    [Law]
    public bool Under_zero_terminal_snr_the_root_of_alpha_bar_is_affine_in_what_it_was(AnySchedule s)
    {
        var zero = s.Value.WithZeroTerminalSnr();
        double first = s.Value[0].A, last = s.Value[s.Value.Steps - 1].A;
        return Enumerable.Range(0, s.Value.Steps).All(t => Near(first * (s.Value[t].A - last), zero[t].A * (first - last), 32 * Epsilon));
    }

    [Fact]
    public void Every_wrong_alpha_bar_is_named_with_its_place()
    {
        Assert.Equal(
            [
                "alpha-bar[1] must be less than the one before it, got 0.6", "alpha-bar[2] must lie in (0, 1), got NaN",
                "alpha-bar[3] must lie in (0, 1), got 0",
                "alpha-bar[4] must lie in (0, 1), got 1", "alpha-bar[6] must be less than the one before it, got 0.3",
                "alpha-bar[7] must lie in [0, 1), got -1",
            ],
            VariancePreservingSchedule.FromAlphaBars(new Arr<double>((double[])[0.5, 0.6, double.NaN, 0, 1, 0.3, 0.3, -1])).Faults());
        Assert.Equal("alpha-bars must hold at least one step, got none", Assert.Single(VariancePreservingSchedule.FromAlphaBars(Arr<double>.Empty).Faults()));
    }

    [Fact]
    public void Little_left_is_told_from_nothing_left()
    {
        Assert.Equal([0.5, 1 - Epsilon / 2], VariancePreservingSchedule.FromAlphaBars(Prelude.Array(0.5, 1e-300)).Valid().Betas.AsEnumerable());
        Assert.Equal([0.5, 1], VariancePreservingSchedule.FromAlphaBars(Prelude.Array(0.5, 0)).Valid().Betas.AsEnumerable());
        Assert.Equal([1.0], NoiseSchedule.Linear(1).Valid().WithZeroTerminalSnr().Betas.AsEnumerable());
    }

    /// <summary>Computed independently in high precision; each to as many digits as are given.</summary>
    [Fact]
    public void The_linear_schedule_of_a_thousand_steps_with_zero_terminal_snr()
    {
        var s = NoiseSchedule.Linear(1000).Valid().WithZeroTerminalSnr();
        Known(0.0760287505, s[499].AlphaBar, 1e-9);
        Known(4.21326e-9, s[998].AlphaBar, 2e-6);
        Assert.Equal(0, s[999].AlphaBar);
        Known(0.9999, s[0].AlphaBar, 1e-15);
    }

    /// <summary>Strictly decreasing from 1, with β in (0, 1), and 1 where nothing is left.</summary>
    private static bool IsSchedule(VariancePreservingSchedule s) => Enumerable.Range(0, s.Steps).All(t =>
        s[t].LogAlphaBar < s[t - 1].LogAlphaBar && s[t].Lambda < s[t - 1].Lambda
        && s.Betas[t] > 0 && (s[t].LogAlphaBar == double.NegativeInfinity ? s.Betas[t] == 1 && t == s.Steps - 1 : s.Betas[t] < 1)
        && Near(s.Betas[t], s[t].BetaSince(s[t - 1]), 4 * new TwoTimesteps(s, t - 1, t).Roundoff));
}

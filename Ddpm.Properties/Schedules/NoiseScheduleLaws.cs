using Ddpm.Pure.Schedules;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Schedules;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class NoiseScheduleLaws
{
    [Law]
    public bool Every_beta_lies_in_0_1_and_is_1_only_at_the_last_step(AnySchedule s) =>
        s.Value.Betas.Select((beta, t) => beta > 0 && (beta < 1 || (beta == 1 && t == s.Value.Steps - 1))).All(holds => holds);

    [Law]
    public bool Alpha_bar_strictly_decreases_and_stays_in_0_1(AnySchedule s) =>
        s.Value.AlphaBars.Count == s.Value.Steps && Falls(s.Value, level => level.AlphaBar)
        && s.Value.AlphaBars.All(alphaBar => alphaBar is >= 0 and < 1);

    [Law]
    public bool Signal_to_noise_ratio_and_lambda_strictly_decrease_from_infinity(AnySchedule s) =>
        Falls(s.Value, level => level.Snr) && Falls(s.Value, level => level.Lambda)
        && s.Value[-1].Snr == double.PositiveInfinity && s.Value[-1].Lambda == double.PositiveInfinity;

    /// <summary>The product gathers a rounding at each step; the sum of logarithms is compensated, and its exponential is off by its size in ulps.</summary>
    [Law]
    public bool Alpha_bar_is_the_product_of_1_less_beta(AnySchedule s)
    {
        var product = 1.0;
        return s.Value.Betas.Select((beta, t) =>
        {
            product *= 1 - beta;
            return NearRelative(product, s.Value[t].AlphaBar, product == 0 ? 0 : 2 * Epsilon * (t + 4 + Math.Abs(s.Value[t].LogAlphaBar)));
        }).All(holds => holds);
    }

    [Law]
    public bool The_forms_of_a_noise_level_agree(TwoTimesteps t)
    {
        var level = t.T;
        var roundoff = 8 * t.Roundoff;
        return NearRelative(level.AlphaBar, level.A * level.A, roundoff)
            && NearRelative(level.NoiseVariance, level.Sigma * level.Sigma, 4 * Epsilon)
            && Near(1, level.AlphaBar + level.NoiseVariance, 4 * Epsilon)
            && NearRelative(level.AlphaBar / level.NoiseVariance, level.Snr, 4 * Epsilon)
            && Near(Math.Log(level.A / level.Sigma), level.Lambda, roundoff + 4 * Epsilon * Math.Abs(level.Lambda))
            && Near(1, level.AlphaSince(t.S) + level.BetaSince(t.S), 4 * Epsilon);
    }

    [Law]
    public bool Neighbouring_levels_give_beta_back(AnySchedule s) => s.Value.Betas.Select((beta, t) =>
        Near(beta, s.Value[t].BetaSince(s.Value[t - 1]), 4 * new TwoTimesteps(s.Value, t - 1, t).Roundoff)).All(holds => holds);

    /// <summary>Each β carries three roundings of numbers up to β_max.</summary>
    [Law]
    public bool A_linear_beta_has_zero_second_difference_and_the_ends_asked_for(LinearSchedule s) =>
        Enumerable.Range(1, Math.Max(0, s.Steps - 2)).All(t =>
            Near(0, s.Value.Betas[t + 1] - 2 * s.Value.Betas[t] + s.Value.Betas[t - 1], 8 * Epsilon * s.MaxBeta))
        && s.Value.Betas[0] == s.MinBeta
        && NearRelative(s.Steps == 1 ? s.MinBeta : s.MaxBeta, s.Value.Betas[s.Steps - 1], 2 * Epsilon)
        && s.Value.Steps == s.Steps;

    /// <summary>
    /// A cosine is off by 2ε in its angle, which is 2ε/cos of itself and twice that in its square; step s contributes as much as stands at its end.
    /// </summary>
    [Law]
    public bool A_cosine_s_alpha_bar_is_f_of_t_over_f_of_0_until_a_beta_is_clipped(CosineSchedule s)
    {
        double Cosine(int t) => Math.Cos(((double)t / s.Steps + s.Offset) / (1 + s.Offset) * (Math.PI / 2));
        var roundoff = 8 * Epsilon / Cosine(0);
        var clipped = false;
        return Enumerable.Range(0, s.Steps).All(t =>
        {
            clipped |= s.Value.Betas[t] >= s.MaxBeta;
            roundoff += 32 * Epsilon / Math.Max(Epsilon, Cosine(t + 1));
            var f = Cosine(t + 1) / Cosine(0);
            return clipped || NearRelative(f * f, s.Value[t].AlphaBar, roundoff);
        }) && clipped && s.Value.Betas.All(beta => beta <= s.MaxBeta) && s.Value.Betas[s.Steps - 1] == s.MaxBeta;
    }

    [Law]
    public bool A_last_beta_of_1_ends_in_noise_alone(AnySchedule s)
    {
        var betas = s.Value.Betas;
        var last = VariancePreservingSchedule.FromBetas(new Arr<double>(betas.SkipLast(1).Append(1))).Valid();
        var end = last[last.Steps - 1];
        return end is { AlphaBar: 0, NoiseVariance: 1, A: 0, Sigma: 1, Snr: 0, Lambda: double.NegativeInfinity }
            && end.BetaSince(last[last.Steps - 2]) == 1 && end.AlphaSince(last[last.Steps - 2]) == 0
            && Enumerable.Range(-1, last.Steps).All(t => last[t] == s.Value[t]);
    }

    [Law]
    public bool Given_betas_are_kept_and_make_the_schedule_they_came_from(AnySchedule s) =>
        VariancePreservingSchedule.FromBetas(s.Value.Betas).Valid() == s.Value;

    [Theory]
    [InlineData(0, double.NaN, double.PositiveInfinity, 3)]
    [InlineData(-5, 0, 1, 3)]
    [InlineData(1, double.NegativeInfinity, 1.5, 2)]
    [InlineData(10, 1, 0.5, 1)]
    [InlineData(10, 0.02, 1e-4, 1)]
    [InlineData(0, 0.02, 1e-4, 2)]
    [InlineData(0, 1e-4, 0.02, 1)]
    public void Every_fault_of_a_linear_schedule_is_named_with_its_value_and_range(int steps, double minBeta, double maxBeta, int faults)
    {
        var messages = NoiseSchedule.Linear(steps, minBeta, maxBeta).Faults();
        Assert.Equal(faults, messages.Length);
        Reports(messages, steps < 1, "steps must be at least 1, got " + Text(steps));
        Reports(messages, !(minBeta is > 0 and < 1), "min-beta must lie in (0, 1), got " + Text(minBeta));
        Reports(messages, !(maxBeta is > 0 and < 1), "max-beta must lie in (0, 1), got " + Text(maxBeta));
        Reports(
            messages, minBeta is > 0 and < 1 && maxBeta is > 0 and < 1 && maxBeta < minBeta,
            $"max-beta must be at least min-beta, {Text(minBeta)}, got {Text(maxBeta)}");
    }

    [Theory]
    [InlineData(0, double.NaN, 0, 3)]
    [InlineData(0, -1, 1, 3)]
    [InlineData(3, 2, double.NaN, 2)]
    [InlineData(3, 0.008, double.PositiveInfinity, 1)]
    public void Every_fault_of_a_cosine_schedule_is_named_with_its_value_and_range(int steps, double offset, double maxBeta, int faults)
    {
        var messages = NoiseSchedule.Cosine(steps, offset, maxBeta).Faults();
        Assert.Equal(faults, messages.Length);
        Reports(messages, steps < 1, "steps must be at least 1, got " + Text(steps));
        Reports(messages, !(offset is >= 0 and <= 1), "cosine-offset must lie in [0, 1], got " + Text(offset));
        Reports(messages, !(maxBeta is > 0 and < 1), "max-beta must lie in (0, 1), got " + Text(maxBeta));
    }

    [Fact]
    public void Every_wrong_beta_is_named_with_its_place()
    {
        var messages = VariancePreservingSchedule.FromBetas(new Arr<double>((double[])[0.5, 1, 0, double.NaN, -1, 0.3, double.PositiveInfinity])).Faults();
        Assert.Equal(
            [
                "beta[1] must lie in (0, 1), got 1", "beta[2] must lie in (0, 1), got 0", "beta[3] must lie in (0, 1), got NaN",
                "beta[4] must lie in (0, 1), got -1", "beta[6] must lie in (0, 1], got Infinity",
            ],
            messages);
        Assert.Equal("betas must hold at least one step, got none", Assert.Single(VariancePreservingSchedule.FromBetas(Arr<double>.Empty).Faults()));
    }

    /// <summary>Each is in range, but beside ln 0.9 no double holds what 10⁻²⁰ and 10⁻¹⁸ change.</summary>
    [Fact]
    public void A_beta_that_would_leave_alpha_bar_as_it_was_is_refused() => Assert.Equal(
        ["beta[1] must be large enough to lower ᾱ after rounding, got 1E-20", "beta[3] must be large enough to lower ᾱ after rounding, got 1E-18"],
        VariancePreservingSchedule.FromBetas(new Arr<double>((double[])[0.1, 1e-20, 0.1, 1e-18])).Faults());

    /// <summary>Whatever the betas are, a schedule that is made of them has its invariant.</summary>
    [Law]
    public bool Of_any_betas_alpha_bar_strictly_decreases_or_one_is_refused(Fraction first, Fraction second, Fraction third, byte power) =>
        VariancePreservingSchedule.FromBetas(new Arr<double>((double[])[first.Value, second.Value * Math.Pow(10, -power % 20), third.Value])).Match(
            made => Enumerable.Range(0, 3).All(t => made[t].LogAlphaBar < made[t - 1].LogAlphaBar), faults => second.Value * Math.Pow(10, -power % 20) < 1e-14);

    /// <summary>Computed independently in high precision; each to as many digits as are given.</summary>
    [Fact]
    public void The_linear_schedule_of_a_thousand_steps()
    {
        var s = Generators.Original;
        Known(0.9999, s[0].AlphaBar, 1e-12);
        Known(0.9997800920720721, s[1].AlphaBar, 1e-12);
        Known(0.997806572507846, s[10].AlphaBar, 1e-12);
        Known(0.8951415908975365, s[100].AlphaBar, 1e-12);
        Known(0.07858724288177824, s[499].AlphaBar, 1e-12);
        Known(4.035829765375676e-05, s[999].AlphaBar, 1e-12);
        Known(157.40728, s[999].Sigma / s[999].A, 5e-8);
        Assert.Equal(259, s.AlphaBars.TakeWhile(alphaBar => alphaBar >= 0.5).Count());
    }

    [Fact]
    public void The_cosine_schedule_of_a_thousand_steps()
    {
        var s = NoiseSchedule.Cosine(1000).Valid();
        Known(4.1284224821777803e-5, s.Betas[0], 1e-14);
        Known(0.0031458862304781964, s.Betas[499], 1e-14);
        Known(0.74999939290116203, s.Betas[998], 1e-14);
        Known(0.49384359, s[499].AlphaBar, 2e-8);
        Known(2.42876691e-6, s[998].AlphaBar, 3e-9);
        Known(2.42876691e-9, s[999].AlphaBar, 3e-9);
        Assert.Equal(1, s.Betas.Count(beta => beta >= 0.999));
    }

    private static bool Falls(VariancePreservingSchedule schedule, Func<VariancePreservingLevel, double> of) =>
        Enumerable.Range(0, schedule.Steps).All(t => of(schedule[t - 1]) > of(schedule[t]));

    private static void Reports(Arr<string> messages, bool wrong, string fault) => Assert.Equal(wrong, messages.AsEnumerable().Contains(fault));

    private static string Text(double value) => FormattableString.Invariant($"{value}");
}

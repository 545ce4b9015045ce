using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Schedules;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class ScheduleFamilyLaws
{
    /// <summary>
    /// A root carries some four roundings of numbers up to √β_max, the last one five, which its square doubles, and one of the square's own: eleven of ½ε.
    /// </summary>
    [Law]
    public bool The_root_of_a_scaled_linear_beta_has_zero_second_difference_and_its_ends_are_those_asked_for(BetaRange range)
    {
        var s = range.ScaledLinear;
        var roots = s.Betas.Map(Math.Sqrt);
        return Enumerable.Range(1, Math.Max(0, s.Steps - 2)).All(t =>
            Near(0, roots[t + 1] - 2 * roots[t] + roots[t - 1], 16 * Epsilon * Math.Sqrt(range.MaxBeta)))
            && NearRelative(range.MinBeta, s.Betas[0], 4 * Epsilon)
            && NearRelative(s.Steps == 1 ? range.MinBeta : range.MaxBeta, s.Betas[s.Steps - 1], 6 * Epsilon)
            && s.Steps == range.Steps;
    }

    /// <summary>σ(−y) = 1 − σ(y).</summary>
    [Law]
    public bool A_sigmoid_beta_turns_about_its_middle_and_begins_near_its_least(BetaRange range)
    {
        var s = range.SigmoidBeta;
        var rise = range.MaxBeta - range.MinBeta;
        return NearRelative(range.MinBeta + rise / (1 + Math.Exp(6)), s.Betas[0], 8 * Epsilon)
            && s.Steps == range.Steps
            && (s.Steps == 1 || Enumerable.Range(0, s.Steps).All(t =>
                Near(range.MinBeta + range.MaxBeta, s.Betas[t] + s.Betas[s.Steps - 1 - t], 16 * Epsilon * range.MaxBeta)
                && (t == 0 || s.Betas[t] >= s.Betas[t - 1])));
    }

    /// <summary>Every operation from β_max to ᾱ is monotone with its rounding; the logarithm is so within a few units.</summary>
    [Law]
    public bool A_larger_last_beta_never_raises_alpha_bar(BetaRange range, Fraction more)
    {
        var larger = range with { MaxBeta = range.MaxBeta + more.Value * (1 - range.MaxBeta) * 0.999 };
        return NoneRises(range.Linear, larger.Linear) && NoneRises(range.ScaledLinear, larger.ScaledLinear) && NoneRises(range.SigmoidBeta, larger.SigmoidBeta);
    }

    /// <summary>
    /// σ(y) − σ(x) = sinh((y − x)/2)/(2·cosh(x/2)·cosh(y/2)). A sigmoid's argument, up to 20, is off by some ulps, so β by 128 ε of itself at most,
    /// and ᾱ gathers β/(1 − β) of that at each step.
    /// </summary>
    [Law]
    public bool A_sigmoid_s_alpha_bar_is_f_until_a_beta_is_clipped(SigmoidSchedule s)
    {
        double start = s.Start / s.Tau, end = s.End / s.Tau, width = (s.End - s.Start) / s.Tau, roundoff = 128 * Epsilon;
        var clipped = false;
        return Enumerable.Range(0, s.Steps).All(t =>
        {
            var left = width * (s.Steps - t - 1) / s.Steps;
            var f = Math.Sinh(left / 2) * Math.Cosh(start / 2) / (Math.Cosh((end - left) / 2) * Math.Sinh(width / 2));
            clipped |= s.Value.Betas[t] >= s.MaxBeta;
            roundoff += 128 * Epsilon * s.Value.Betas[t] / (1 - s.Value.Betas[t]);
            return clipped || NearRelative(f, s.Value[t].AlphaBar, roundoff);
        }) && clipped && s.Value.Betas.All(beta => beta <= s.MaxBeta) && s.Value.Betas[s.Steps - 1] == s.MaxBeta && s.Value.Steps == s.Steps;
    }

    [Theory]
    [InlineData(0, double.NaN, double.NaN, double.NaN, double.NaN, 5)]
    [InlineData(0, -3, 3, 0, 1, 3)]
    [InlineData(1, 3, -3, 1, 0.5, 1)]
    [InlineData(1, 3, 3, 1, 0.5, 1)]
    [InlineData(1, -21, 20.5, 1, 0.5, 2)]
    [InlineData(1, double.NegativeInfinity, double.PositiveInfinity, double.PositiveInfinity, 0, 4)]
    [InlineData(1, -3, 3, -1, 0.5, 1)]
    public void Every_fault_of_a_sigmoid_schedule_is_named(int steps, double start, double end, double tau, double maxBeta, int faults)
    {
        var messages = NoiseSchedule.SigmoidAlphaBar(steps, start, end, tau, maxBeta).Faults();
        Assert.Equal(faults, messages.Length);
        Assert.Equal(steps < 1, messages.Contains(FormattableString.Invariant($"steps must be at least 1, got {steps}")));
        Assert.Equal(end <= start, messages.Contains(FormattableString.Invariant($"end must be greater than start, {start}, got {end}")));
        Assert.Equal(
            !(tau > 0 && tau < double.PositiveInfinity),
            messages.Contains(FormattableString.Invariant($"tau must be positive and finite, got {tau}")));
        Assert.Equal(!(maxBeta is > 0 and < 1), messages.Contains(FormattableString.Invariant($"max-beta must lie in (0, 1), got {maxBeta}")));
        Assert.Equal(tau == 1 && start < -20, messages.Contains(FormattableString.Invariant($"start must lie within 20 tau, 20, of 0, got {start}")));
        Assert.Equal(tau == 1 && end > 20, messages.Contains(FormattableString.Invariant($"end must lie within 20 tau, 20, of 0, got {end}")));
    }

    [Fact]
    public void Every_schedule_between_betas_names_all_its_faults()
    {
        string[] faults = ["steps must be at least 1, got 0", "min-beta must lie in (0, 1), got 0", "max-beta must lie in (0, 1), got NaN"];
        Assert.Equal(faults, NoiseSchedule.ScaledLinear(0, 0, double.NaN).Faults());
        Assert.Equal(faults, NoiseSchedule.SigmoidBeta(0, 0, double.NaN).Faults());
        Assert.Equal("max-beta must be at least min-beta, 0.5, got 0.4", Assert.Single(NoiseSchedule.ScaledLinear(9, 0.5, 0.4).Faults()));
        Assert.Equal("max-beta must be at least min-beta, 0.5, got 0.12", Assert.Single(NoiseSchedule.ScaledLinear(100, minBeta: 0.5).Faults()));
    }

    /// <summary>A β that is not given is the published β times 1000/T, at most 0.999 (Nichol and Dhariwal's code). A given β stays.</summary>
    [Law]
    public bool Usual_betas_grow_as_steps_get_fewer(BetaRange range, bool least, bool greatest)
    {
        var steps = range.Steps;
        double Scaled(double published) => Math.Min(1000.0 / steps * published, 0.999);
        bool Same(double min, double max, Func<int, double?, double?, Validation<LanguageExt.Common.Error, VariancePreservingSchedule>> build) =>
            build(steps, least ? range.MinBeta : null, greatest ? range.MaxBeta : null)
            == build(steps, least ? range.MinBeta : Scaled(min), greatest ? range.MaxBeta : Scaled(max));
        return Same(1e-4, 0.02, NoiseSchedule.Linear) && Same(0.00085, 0.012, NoiseSchedule.ScaledLinear) && Same(1e-4, 0.02, NoiseSchedule.SigmoidBeta);
    }

    /// <summary>
    /// Σ β_t, T times the mean of a line's ends, is the same for every T; ln ᾱ_T = Σ ln(1 − β_t) is −Σ β_t less the sums of higher powers of β, which grow as
    /// T falls. So fewer steps end at least as noisy. Below T = 20 β is cut at 0.999.
    /// </summary>
    [Law]
    public bool A_linear_schedule_of_any_length_ends_as_noisy_as_one_of_a_thousand_steps(Place place)
    {
        var steps = 20 + place.In(980);
        return NoiseSchedule.Linear(steps).Valid()[steps - 1].LogAlphaBar <= Generators.Original[999].LogAlphaBar * (1 - 4 * Epsilon)
            && NoiseSchedule.Linear(steps).Valid().Remark.IsNone;
    }

    [Fact]
    public void A_thousand_steps_have_the_published_bits_and_ten_are_cut_at_the_most()
    {
        Assert.Equal(Generators.Original, NoiseSchedule.Linear(1000).Valid());
        Assert.Equal(NoiseSchedule.ScaledLinear(1000, 0.00085, 0.012), NoiseSchedule.ScaledLinear(1000));
        Assert.Equal(NoiseSchedule.SigmoidBeta(1000, 1e-4, 0.02), NoiseSchedule.SigmoidBeta(1000));
        Assert.Equal(NoiseSchedule.Linear(10, 0.01, 0.999), NoiseSchedule.Linear(10));
        Assert.Equal(0.1, NoiseSchedule.Linear(1).Valid().Betas[0]);
        Assert.Equal(NoiseSchedule.SigmoidAlphaBar(50, -3, 3, 1, 0.999), NoiseSchedule.SigmoidAlphaBar(50));
    }

    /// <summary>√ᾱ of last levels in Lin et al. 2024, table 1: 0.068265 for Stable Diffusion, 0.006353 for linear, 4.928220e-05 for cosine.</summary>
    [Theory]
    [InlineData("scaled-linear", 1000, null, "6.8 % of the image's standard deviation (√ᾱ = 0.068)")]
    [InlineData("linear", 1000, null, null)]
    [InlineData("cosine", 1000, null, null)]
    [InlineData("linear", 100, 0.02, "60.3 % of the image's standard deviation (√ᾱ = 0.603)")]
    [InlineData("linear", 10, 0.02, "95.1 % of the image's standard deviation (√ᾱ = 0.951)")]
    [InlineData("linear", 1, null, "94.9 % of the image's standard deviation (√ᾱ = 0.949)")]
    public void What_a_last_level_keeps_is_told_from_one_percent_on(string schedule, int steps, double? maxBeta, string? says)
    {
        var options = new TrainingOptions { Schedule = schedule, Steps = steps, MaxBeta = maxBeta, MinBeta = maxBeta is null ? null : 1e-4 };
        var remark = TrainingConfig.ScheduleOf(options).Valid().Remark;
        Assert.Equal(says is null ? None : Some($"the last level keeps {says}, but sampling starts from pure noise: "
            + "train with --zero-terminal-snr and --prediction velocity, more steps or a larger --max-beta"), remark);
        Assert.True(TrainingConfig.ScheduleOf(options with { ZeroTerminalSnr = true }).Valid().Remark.IsNone);
    }

    [Law]
    public bool A_schedule_has_a_remark_where_its_last_level_keeps_over_one_percent(AnySchedule s) =>
        s.Value.Remark.IsSome == s.Value[s.Value.Steps - 1].A > 0.01;

    /// <summary>EDM's usual σ_max leaves 1.25 %; rectified flow ends in pure noise.</summary>
    [Fact]
    public void An_edm_schedule_that_ends_in_too_little_noise_has_a_remark_and_rectified_flow_never_has()
    {
        Assert.True(NoiseSchedule.Edm(20).Valid().Remark.IsNone);
        Assert.True(NoiseSchedule.Edm(20, sigmaMax: 50.1).Valid().Remark.IsNone);
        Assert.Equal(
            Some("19.6 % of the last level's standard deviation is the image's (σ/a = 5), but sampling starts from pure noise: "
                + "train with a larger --sigma-max"),
            NoiseSchedule.Edm(20, sigmaMax: 5).Valid().Remark);
        Assert.All((double[])[0.001, 1, 1000], shift => Assert.True(NoiseSchedule.RectifiedFlow(20, shift).Valid().Remark.IsNone));
    }

    /// <summary>Computed independently in high precision, here and below; each to as many digits as are given.</summary>
    [Fact]
    public void The_scaled_linear_schedule_of_a_thousand_steps()
    {
        var s = NoiseSchedule.ScaledLinear(1000).Valid();
        Known(0.00466009851308, s[999].AlphaBar, 2e-12);
        Known(0.02916716, s[0].Sigma / s[0].A, 2e-7);
        Known(14.61464123, s[999].Sigma / s[999].A, 4e-10);
    }

    [Fact]
    public void The_sigmoid_schedules_of_a_thousand_steps()
    {
        var s = NoiseSchedule.SigmoidAlphaBar(1000).Valid();
        Known(0.000300279199749186, s.Betas[0], 1e-12);
        Known(0.850853547929667, s[249].AlphaBar, 1e-12);
        Known(0.5, s[499].AlphaBar, 1e-12);
        Known(0.000300279199749186, s[998].AlphaBar, 1e-12);
        Assert.Equal(1, s.Betas.Count(beta => beta >= 0.999));

        var b = NoiseSchedule.SigmoidBeta(1000).Valid();
        Known(0.000149205200817, b.Betas[0], 1e-12);
        Known(0.0100201202099389, b.Betas[499], 1e-12);
        Known(0.301931056602195, b[499].AlphaBar, 1e-12);
        Known(0.0000396818199053, b[999].AlphaBar, 2e-12);
    }

    private static bool NoneRises(VariancePreservingSchedule s, VariancePreservingSchedule noisier) =>
        Enumerable.Range(0, s.Steps).All(t => noisier[t].LogAlphaBar <= s[t].LogAlphaBar * (1 - 4 * Epsilon));
}

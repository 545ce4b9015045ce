using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Schedules;

/// <summary>
/// A variance-preserving noise schedule, a Markov chain over T steps: x_t = √ᾱ_t·x_0 + √(1 − ᾱ_t)·ε (Ho et al. 2020, eq. 4), with
/// ᾱ_t = ∏_{s≤t}(1 − β_s) strictly decreasing and ᾱ = 1 before the first step. The network receives t itself.
/// </summary>
public sealed record VariancePreservingSchedule : NoiseSchedule
{
    /// <summary>The largest number below 1.</summary>
    private const double BelowOne = 1 - 1.1102230246251565e-16;

    private readonly Arr<VariancePreservingLevel> _levels;

    internal VariancePreservingSchedule(Arr<double> betas, Arr<VariancePreservingLevel> levels)
        : base(levels.Map(NoiseLevel (level) => level), Indices(levels.Count).Map(t => (double)t)) => (Betas, _levels) = (betas, levels);

    /// <summary>β_t ∈ (0, 1], the variance that step t adds; 1 only at the last step. Length T.</summary>
    public Arr<double> Betas { get; }

    /// <summary>
    /// What a user should know before sampling from pure noise: the last level keeps more than 1 % of the image's standard deviation, √ᾱ > 0.01. A
    /// sample that starts from pure noise cannot have this part (Lin et al. 2024, 2305.08891, section 3.1). None if the level keeps less.
    /// </summary>
    public override Option<string> Remark => this[Steps - 1].A is > 0.01 and var kept
        ? Invariant($"the last level keeps {100 * kept:0.#} % of the image's standard deviation (√ᾱ = {kept:0.###}), but sampling starts from pure noise: ")
            + "train with --zero-terminal-snr and --prediction velocity, more steps or a larger --max-beta"
        : Option<string>.None;

    /// <summary>The noise level after step t ∈ [−1, T); t = −1 is the clean image.</summary>
    public override VariancePreservingLevel this[int t] => t < 0 ? VariancePreservingLevel.Clean : _levels[t];

    /// <summary>ᾱ_t. Length T.</summary>
    public Arr<double> AlphaBars => _levels.Map(level => level.AlphaBar);

    /// <summary>The schedule of given variances.</summary>
    /// <param name="betas">β_t ∈ (0, 1), at least one, each lowering ln ᾱ in double precision; the last may be 1 (zero terminal signal-to-noise ratio).</param>
    /// <returns>The schedule, or every β that is out of range; if all are in range, every β that is lost in rounding.</returns>
    public static Validation<Error, VariancePreservingSchedule> FromBetas(Arr<double> betas) => betas.IsEmpty
        ? Check.Fail<VariancePreservingSchedule>("betas", "none", "must hold at least one step")
        : betas
            .Map((t, beta) => Check.That(Invariant($"beta[{t}]"), beta, beta > 0 && (beta < 1 || (beta == 1 && t == betas.Count - 1)),
                t == betas.Count - 1 ? "must lie in (0, 1]" : "must lie in (0, 1)"))
            .Sequence()
            .Map(valid => FromValidBetas(valid.ToArr()))
            .Bind(schedule => betas
                .Map((t, beta) => Check.That(Invariant($"beta[{t}]"), beta,
                    schedule[t].LogAlphaBar < schedule[t - 1].LogAlphaBar,
                    "must be large enough to lower ᾱ after rounding"))
                .Sequence()
                .Map(_ => schedule));

    /// <summary>The schedule of given ᾱ.</summary>
    /// <param name="alphaBars">ᾱ_t ∈ (0, 1), at least one, strictly decreasing, and their logarithms too in double precision; the last may be 0.</param>
    /// <returns>The schedule, or every ᾱ that is out of range or place.</returns>
    public static Validation<Error, VariancePreservingSchedule> FromAlphaBars(Arr<double> alphaBars)
    {
        if (alphaBars.IsEmpty)
        {
            return Check.Fail<VariancePreservingSchedule>("alpha-bars", "none", "must hold at least one step");
        }

        var last = alphaBars.Count - 1;
        bool InRange(int t) => alphaBars[t] is > 0 and < 1 || (alphaBars[t] == 0 && t == last);
        var logarithms = alphaBars.Map(Elementary.Log);
        return alphaBars
            .Map((t, alphaBar) => InRange(t)
                // Only for two values that are each valid: a fault in one must not count as a fault of the other.
                ? Check.That(Invariant($"alpha-bar[{t}]"), alphaBar, t == 0 || !InRange(t - 1) || logarithms[t] < logarithms[t - 1],
                    "must be less than the one before it")
                : Check.Fail<double>(Invariant($"alpha-bar[{t}]"), Invariant($"{alphaBar}"), t == last ? "must lie in [0, 1)" : "must lie in (0, 1)"))
            .Sequence()
            .Map(_ => FromValidLevels(logarithms.Map(logarithm => new VariancePreservingLevel(logarithm))));
    }

    /// <summary>
    /// This schedule with √ᾱ shifted and scaled so that the last is 0 and the first stays (Lin et al. 2024, algorithm 1). A schedule whose last ᾱ is
    /// 0 is returned unchanged. In a schedule of one step the first step is also the last, so its ᾱ becomes 0.
    /// </summary>
    public VariancePreservingSchedule WithZeroTerminalSnr()
    {
        double first = this[0].LogAlphaBar, last = this[Steps - 1].LogAlphaBar;
        // √ᾱ_0·(√ᾱ_t − √ᾱ_last)/(√ᾱ_0 − √ᾱ_last), with √ᾱ_t and √ᾱ_0 factored out of the differences.
        VariancePreservingLevel Shifted(int t) => new(t == Steps - 1
            ? double.NegativeInfinity
            : this[t].LogAlphaBar + 2 * (LogOfOneLessExp((last - this[t].LogAlphaBar) / 2) - LogOfOneLessExp((last - first) / 2)));
        return double.IsNegativeInfinity(last) ? this : FromValidLevels(Indices(Steps).Map(Shifted));
    }

    /// <summary>The schedule with these levels in order, the least noisy first.</summary>
    internal static VariancePreservingSchedule FromValidLevels(Arr<VariancePreservingLevel> levels) =>
        new(levels.Map((t, level) => Beta(t == 0 ? VariancePreservingLevel.Clean : levels[t - 1], level)).ToArr(), levels);

    /// <summary>1 − ᾱ/ᾱ_earlier, but below 1 while any image is left, even if it rounds to 1: exactly 1 means that no image is left.</summary>
    internal static double Beta(VariancePreservingLevel earlier, VariancePreservingLevel later) =>
        double.IsNegativeInfinity(later.LogAlphaBar) ? 1 : Math.Min(later.BetaSince(earlier), BelowOne);

    /// <summary>ln(1 − eˣ) for x &lt; 0, without cancellation at either end.</summary>
    private static double LogOfOneLessExp(double x) => x > -0.6931471805599453 ? Elementary.Log(-Elementary.ExpM1(x)) : Elementary.Log1P(-Elementary.Exp(x));

    internal static VariancePreservingSchedule FromValidBetas(Arr<double> betas)
    {
        // Neumaier's compensated sum of ln(1 − β): ᾱ stays exact to the last digits over thousands of steps.
        double sum = 0, lost = 0;
        var levels = new VariancePreservingLevel[betas.Count];
        for (var t = 0; t < levels.Length; t++)
        {
            var term = Elementary.Log1P(-betas[t]);
            var next = sum + term;
            lost += double.IsInfinity(next) ? 0 : Math.Abs(sum) >= Math.Abs(term) ? sum - next + term : term - next + sum;
            sum = next;
            levels[t] = new(sum + lost);
        }

        return new(betas, new Arr<VariancePreservingLevel>(levels));
    }
}

using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Schedules;

/// <summary>
/// A discrete variance-preserving noise schedule over T steps, t ∈ [0, T): x_t = √ᾱ_t·x_0 + √(1 − ᾱ_t)·ε (Ho et al. 2020, eq. 4), with
/// ᾱ_t = ∏_{s≤t}(1 − β_s) strictly decreasing and ᾱ = 1 before the first step.
/// </summary>
public sealed record NoiseSchedule
{
    private NoiseSchedule(Arr<double> betas, Arr<NoiseLevel> levels) => (Betas, Levels) = (betas, levels);

    /// <summary>β_t ∈ (0, 1], the variance that step t adds; 1 only at the last step. Length T.</summary>
    public Arr<double> Betas { get; }

    /// <summary>The noise level after each step. Length T.</summary>
    public Arr<NoiseLevel> Levels { get; }

    /// <summary>T ≥ 1.</summary>
    public int Steps => Betas.Count;

    /// <summary>The noise level after step t ∈ [−1, T); t = −1 is the clean image.</summary>
    public NoiseLevel this[int t] => t < 0 ? NoiseLevel.Clean : Levels[t];

    /// <summary>ᾱ_t. Length T.</summary>
    public Arr<double> AlphaBars => Levels.Map(level => level.AlphaBar);

    /// <summary>
    /// Linear (Ho et al. 2020, section 4): β_t = β_min + (β_max − β_min)·t/(T − 1); T = 1 gives β_min.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="minBeta">β_min ∈ (0, 1).</param>
    /// <param name="maxBeta">β_max ∈ [β_min, 1).</param>
    /// <returns>The schedule, or every fault of the three values.</returns>
    public static Validation<Error, NoiseSchedule> Linear(int steps, double minBeta, double maxBeta) =>
        (Check.AtLeast("steps", steps, 1), Check.Inside("min-beta", minBeta, 0, 1), Check.Inside("max-beta", maxBeta, 0, 1),
                // Said of two values that are right by themselves: a fault of one is none of the other.
                Check.That("max-beta", maxBeta, !(minBeta is > 0 and < 1 && maxBeta is > 0 and < 1) || maxBeta >= minBeta,
                    Invariant($"must be at least min-beta, {minBeta}")))
            .Apply((count, first, last, _) => FromValidBetas(Indices(count).Map(t => count == 1 ? first : first + (last - first) * t / (count - 1))));

    /// <summary>
    /// Cosine (Nichol and Dhariwal 2021, eq. 17): β_t = min(1 − f((t + 1)/T)/f(t/T), β_max), f(u) = cos²((u + s)/(1 + s)·π/2).
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    /// <param name="offset">s ≥ 0, small; theirs is 0.008.</param>
    /// <param name="maxBeta">β_max ∈ (0, 1), where β is clipped; theirs is 0.999.</param>
    /// <returns>The schedule, or every fault of the three values.</returns>
    public static Validation<Error, NoiseSchedule> Cosine(int steps, double offset = 0.008, double maxBeta = 0.999) =>
        (Check.AtLeast("steps", steps, 1), Check.That("offset", offset, offset is >= 0 and <= 1, "must lie in [0, 1]"),
                Check.Inside("max-beta", maxBeta, 0, 1))
            .Apply((count, s, largest) =>
            {
                double CosineAt(int t) => Elementary.Cos(((double)t / count + s) / (1 + s) * (Math.PI / 2));
                // 1 − (c'/c)² = (c − c')(c + c')/c², free of the cancellation between two squares near 1.
                double Beta(int t)
                {
                    double before = CosineAt(t), after = t + 1 == count ? 0 : CosineAt(t + 1);
                    return (before - after) * (before + after) / (before * before);
                }

                return FromValidBetas(Indices(count).Map(t => Math.Min(Beta(t), largest)));
            });

    /// <summary>The schedule of given variances.</summary>
    /// <param name="betas">β_t ∈ (0, 1), at least one; the last may be 1 (zero terminal signal-to-noise ratio).</param>
    /// <returns>The schedule, or every β that is out of range.</returns>
    public static Validation<Error, NoiseSchedule> FromBetas(Arr<double> betas) => betas.IsEmpty
        ? Check.Fail<NoiseSchedule>("betas", "none", "must hold at least one step")
        : betas
            .Map((t, beta) => Check.That(Invariant($"beta[{t}]"), beta, beta > 0 && (beta < 1 || (beta == 1 && t == betas.Count - 1)),
                t == betas.Count - 1 ? "must lie in (0, 1]" : "must lie in (0, 1)"))
            .Sequence()
            .Map(valid => FromValidBetas(valid.ToArr()));

    private static NoiseSchedule FromValidBetas(Arr<double> betas)
    {
        // Neumaier's compensated sum of ln(1 − β): ᾱ stays exact to the last digits over thousands of steps.
        double sum = 0, lost = 0;
        var levels = new NoiseLevel[betas.Count];
        for (var t = 0; t < levels.Length; t++)
        {
            var term = Elementary.Log1P(-betas[t]);
            var next = sum + term;
            lost += double.IsInfinity(next) ? 0 : Math.Abs(sum) >= Math.Abs(term) ? sum - next + term : term - next + sum;
            sum = next;
            levels[t] = new(sum + lost);
        }

        return new(betas, new Arr<NoiseLevel>(levels));
    }

    private static Arr<int> Indices(int count) => Enumerable.Range(0, count).ToArr();
}

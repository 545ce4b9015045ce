using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Schedules;

/// <summary>
/// A noise schedule: T noise levels, t ∈ [0, T), the least noisy first, and the number that the network receives at each. λ strictly decreases. Chains that
/// have β and ᾱ are a <see cref="VariancePreservingSchedule"/>.
/// </summary>
public partial record NoiseSchedule
{
    private protected NoiseSchedule(Arr<NoiseLevel> levels, Arr<double> networkTimes) => (Levels, NetworkTimes) = (levels, networkTimes);

    /// <summary>The schedule of given levels.</summary>
    /// <param name="levels">At least one, finite, each with noise, λ strictly decreasing; at the last one a may be 0.</param>
    /// <param name="networkTimes">The number that the network receives at each level, finite.</param>
    /// <returns>The schedule, or every level and number that is out of range or place.</returns>
    public static Validation<Error, NoiseSchedule> FromLevels(Arr<NoiseLevel> levels, Arr<double> networkTimes)
    {
        bool HasNoise(NoiseLevel level) => level.NoiseVariance > 0 && double.IsFinite(level.NoiseVariance) && level.LogSquaredA < double.PositiveInfinity;
        var size = Check.That("levels", levels.Count, levels.Count >= 1, "must be at least 1");
        var each = levels.Map((t, level) => Check.That(Invariant($"levels[{t}]"), level, HasNoise(level) && (level.HasImage || t == levels.Count - 1),
            "must have finite a > 0 and σ > 0; only at the last level may a be 0")).Sequence();
        var order = levels.Map((t, level) => Check.That(Invariant($"levels[{t}]"), level,
            t == 0 || !HasNoise(level) || !HasNoise(levels[t - 1]) || level.Lambda < levels[t - 1].Lambda,
            "must be noisier than the one before it")).Sequence();
        var length = Check.That("network-times", networkTimes.Count, networkTimes.Count == levels.Count, Invariant($"must have length {levels.Count}"));
        var finite = networkTimes.Map((t, time) => Check.That(Invariant($"network-times[{t}]"), time, double.IsFinite(time), "must be finite")).Sequence();
        return (size, each, order, length, finite).Apply((_, _, _, _, _) => new NoiseSchedule(levels, networkTimes));
    }

    /// <summary>The noise level after each step. Length T.</summary>
    public Arr<NoiseLevel> Levels { get; }

    /// <summary>The number that the network's timestep embedding is made from, for each level. Length T.</summary>
    public Arr<double> NetworkTimes { get; }

    /// <summary>T ≥ 1.</summary>
    public int Steps => Levels.Count;

    /// <summary>The noise level after step t ∈ [−1, T); t = −1 is the clean image, a = 1 and σ = 0.</summary>
    public virtual NoiseLevel this[int t] => t < 0 ? VariancePreservingLevel.Clean : Levels[t];

    /// <summary>
    /// What a user should know before sampling from pure noise: the image is more than 2 % of the last level's standard deviation, a/√(a² + σ²) > 0.02. A
    /// sample that starts from noise alone cannot have this part. EDM's published σ_max of 80 leaves 1.25 %. None if the level keeps less.
    /// </summary>
    public virtual Option<string> Remark
    {
        get
        {
            var last = Levels[Steps - 1];
            var kept = last.A / Math.Sqrt(last.Power);
            return kept > 0.02
                ? Invariant($"{100 * kept:0.#} % of the last level's standard deviation is the image's (σ/a = {last.Sigma / last.A:0.###}), ")
                    + "but sampling starts from pure noise: train with a larger --sigma-max"
                : Option<string>.None;
        }
    }

    private protected static Arr<int> Indices(int count) => Enumerable.Range(0, count).ToArr();
}

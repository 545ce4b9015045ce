using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The timesteps that a sampler visits: strictly decreasing, inside [0, T). They also hold the level that the last one leads to.</summary>
public sealed record Timesteps
{
    private Timesteps(Arr<int> values) => Values = values;

    /// <summary>From noise to image.</summary>
    public Arr<int> Values { get; private init; }

    /// <summary>The level that the last timestep leads to: −1, the clean image, or 0, the level after the first step.</summary>
    public int End { get; private init; } = -1;

    /// <summary>
    /// Each timestep with its successor. <see cref="End"/> follows the last. If both the last timestep and <see cref="End"/> are 0, the step between
    /// them is empty.
    /// </summary>
    public Arr<(int Current, int Next)> Pairs => Values.Map((i, t) => (t, i + 1 < Values.Count ? Values[i + 1] : End)).ToArr();

    /// <summary>Every timestep: T−1, …, 0.</summary>
    /// <param name="steps">T ≥ 1.</param>
    public static Timesteps All(int steps) => new(Enumerable.Range(0, steps).Select(i => steps - 1 - i).ToArr());

    /// <summary>Given timesteps.</summary>
    /// <param name="values">Strictly decreasing, in [0, T), at least one.</param>
    /// <param name="steps">T ≥ 1.</param>
    /// <returns>The timesteps, or the first place that breaks each rule.</returns>
    public static Validation<Error, Timesteps> Of(Arr<int> values, int steps) => values.IsEmpty
        ? Check.Fail<Timesteps>("timesteps", "none", "must hold at least one timestep")
        : (values.Map((i, t) => Check.That(Invariant($"timesteps[{i}]"), t, t >= 0 && t < steps, Invariant($"must lie in [0, {steps})"))).Sequence(),
            values.Map((i, t) => Check.That(Invariant($"timesteps[{i}]"), t, i == 0 || t < values[i - 1], "must be less than the one before it")).Sequence())
        .Apply((_, _) => new Timesteps(values));

    /// <summary>
    /// Spreads a given number of timesteps over the levels of a schedule. If rounding repeats a timestep, the repetitions move to the next free
    /// timesteps towards noise, and back down once the noisiest is reached. Nothing else moves.
    /// </summary>
    /// <param name="spacing">The rule that spreads them.</param>
    /// <param name="schedule">The schedule of T steps.</param>
    /// <param name="count">How many, in [1, T], and no more than the spacing's range contains.</param>
    /// <param name="cleanest">N in [0, T): no timestep below N is visited, because the spacing applies to the levels N … T − 1.</param>
    /// <returns>The timesteps, or every fault of the count, the spacing and N.</returns>
    public static Validation<Error, Timesteps> Spaced(Spacing spacing, NoiseSchedule schedule, int count, int cleanest = 0)
    {
        var inside = cleanest >= 0 && cleanest < schedule.Steps;
        var levels = inside ? schedule.Levels.Skip(cleanest).ToArr() : schedule.Levels;
        var most = Available(spacing, levels);
        return (Check.That("last-timestep", cleanest, inside, Invariant($"must lie in [0, {schedule.Steps})")),
                Check.That("sampling-steps", count, count >= 1 && count <= most,
                    Invariant($"must lie in [1, {most}]{(most < schedule.Steps ? ", the number of timesteps between the given ends" : "")}")),
                spacing.Checked(levels, count))
            .Apply((from, _, _) => new Timesteps(Parted(spacing.Places(levels, count), spacing.Ends(levels).Noisiest).Map(t => t + from)));
    }

    /// <summary>How many levels of a schedule a spacing can visit.</summary>
    internal static int Available(Spacing spacing, Arr<NoiseLevel> levels) => spacing.Ends(levels) is var (noisiest, last) ? noisiest - last + 1 : 0;

    /// <summary>These timesteps, but with the level after the first step as their end, as in diffusers' samplers whose final ᾱ is ᾱ_0.</summary>
    public Timesteps EndingAtFirstLevel() => this with { End = 0 };

    /// <summary>The last part of these timesteps, for a start from an image noised to the first of their levels.</summary>
    /// <param name="strength">The fraction in (0, 1]: of n timesteps the last round(strength·n) are kept, rounded half to even, but at least one.</param>
    /// <returns>The timesteps, or the fault of the strength.</returns>
    public Validation<Error, Timesteps> OfStrength(double strength) =>
        Check.That("strength", strength, strength is > 0 and <= 1, "must lie in (0, 1]")
            .Map(part => this with { Values = Values.Skip(Values.Count - Math.Max(1, (int)Math.Round(part * Values.Count, MidpointRounding.ToEven))).ToArr() });

    /// <summary>The timesteps at some of the places, in the same order.</summary>
    /// <param name="places">Strictly increasing, in [0, Values.Count).</param>
    internal Timesteps Keep(Arr<int> places) => this with { Values = places.Map(place => Values[place]) };

    /// <summary>Makes non-increasing places strictly decreasing. They lie at or below a top, and no more of them are given than fit below it.</summary>
    private static Arr<int> Parted(int[] places, int top)
    {
        var parted = places.ToArray();
        for (var i = parted.Length - 2; i >= 0; i--)
        {
            parted[i] = Math.Max(parted[i], parted[i + 1] + 1);
        }

        return parted.Select((t, i) => Math.Min(t, top - i)).ToArr();
    }
}

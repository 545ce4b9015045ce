using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The timesteps that a sampler visits: strictly decreasing, inside [0, T), and where the last of them leads.</summary>
public sealed record Timesteps
{
    private Timesteps(Arr<int> values) => Values = values;

    /// <summary>From noise to image.</summary>
    public Arr<int> Values { get; private init; }

    /// <summary>The level that the last timestep leads to: −1, the clean image, or 0, the level after the first step.</summary>
    public int End { get; private init; } = -1;

    /// <summary>Each timestep with its successor; <see cref="End"/> follows the last. Where that is 0 and so is the last timestep, nothing is left to do between them.</summary>
    public Arr<(int Current, int Next)> Pairs => Values.Map((i, t) => (t, i + 1 < Values.Count ? Values[i + 1] : End)).ToArr();

    /// <summary>Every timestep: T−1, …, 0.</summary>
    /// <param name="steps">T ≥ 1.</param>
    public static Timesteps All(int steps) => new(Enumerable.Range(0, steps).Select(i => steps - 1 - i).ToArr());

    /// <summary>Given timesteps.</summary>
    /// <param name="values">Strictly decreasing, in [0, T), at least one.</param>
    /// <param name="steps">T ≥ 1.</param>
    /// <returns>The timesteps, or the first place where each rule is broken.</returns>
    public static Validation<Error, Timesteps> Of(Arr<int> values, int steps) => values.IsEmpty
        ? Check.Fail<Timesteps>("timesteps", "none", "must hold at least one timestep")
        : (values.Map((i, t) => Check.That(Invariant($"timesteps[{i}]"), t, t >= 0 && t < steps, Invariant($"must lie in [0, {steps})"))).Sequence(),
            values.Map((i, t) => Check.That(Invariant($"timesteps[{i}]"), t, i == 0 || t < values[i - 1], "must be less than the one before it")).Sequence())
        .Apply((_, _) => new Timesteps(values));

    /// <summary>
    /// As many timesteps as asked, spread over the levels of a schedule. Where a spacing's rounding repeats a timestep, the repetitions move to the next
    /// free timesteps towards noise, and down again where the noisiest is reached; nothing else moves.
    /// </summary>
    /// <param name="spacing">How they are spread.</param>
    /// <param name="schedule">The schedule of T steps.</param>
    /// <param name="count">How many, in [1, T], and no more than the spacing's range has.</param>
    /// <param name="cleanest">N in [0, T): no timestep below it is visited, since the spacing is applied to the levels N … T − 1.</param>
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

    /// <summary>How many timesteps a spacing can visit of a schedule's levels.</summary>
    internal static int Available(Spacing spacing, Arr<NoiseLevel> levels) => spacing.Ends(levels) is var (noisiest, last) ? noisiest - last + 1 : 0;

    /// <summary>These timesteps, but ending at the level after the first step: diffusers' samplers whose final ᾱ is ᾱ_0.</summary>
    public Timesteps EndingAtFirstLevel() => this with { End = 0 };

    /// <summary>The last part of these timesteps, for a start at an image that was noised to its first level.</summary>
    /// <param name="strength">The part in (0, 1]: of n timesteps the last round(strength·n) are kept, half to even, but at least one.</param>
    /// <returns>The timesteps, or what is wrong with the strength.</returns>
    public Validation<Error, Timesteps> OfStrength(double strength) =>
        Check.That("strength", strength, strength is > 0 and <= 1, "must lie in (0, 1]")
            .Map(part => this with { Values = Values.Skip(Values.Count - Math.Max(1, (int)Math.Round(part * Values.Count, MidpointRounding.ToEven))).ToArr() });

    /// <summary>The timesteps at some places of these, in their order.</summary>
    /// <param name="places">Strictly increasing, in [0, Values.Count).</param>
    internal Timesteps Keep(Arr<int> places) => this with { Values = places.Map(place => Values[place]) };

    /// <summary>Non-increasing places up to a top, no more than fit below it, made strictly decreasing.</summary>
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

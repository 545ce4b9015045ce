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
    /// As many timesteps as asked, spread over a schedule. Where a spacing's rounding repeats a timestep, the repetitions move to the next
    /// free timesteps towards noise, and down again where T is reached; nothing else moves.
    /// </summary>
    /// <param name="spacing">How they are spread.</param>
    /// <param name="schedule">The schedule of T steps.</param>
    /// <param name="count">How many, in [1, T].</param>
    /// <returns>The timesteps, or every fault of the count and the spacing.</returns>
    public static Validation<Error, Timesteps> Spaced(Spacing spacing, NoiseSchedule schedule, int count) =>
        (Check.That("sampling-steps", count, count >= 1 && count <= schedule.Steps, Invariant($"must lie in [1, {schedule.Steps}]")),
            spacing.Checked(schedule.Steps, count))
        .Apply((_, _) => new Timesteps(Parted(spacing.Places(schedule, count), schedule.Steps)));

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

    /// <summary>Non-increasing places in [0, T), no more than T, made strictly decreasing.</summary>
    private static Arr<int> Parted(int[] places, int steps)
    {
        var parted = places.ToArray();
        for (var i = parted.Length - 2; i >= 0; i--)
        {
            parted[i] = Math.Max(parted[i], parted[i + 1] + 1);
        }

        return parted.Select((t, i) => Math.Min(t, steps - 1 - i)).ToArr();
    }
}

using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The timesteps that a sampler visits: strictly decreasing, inside [0, T), ending before the clean image.</summary>
public sealed record Timesteps
{
    private Timesteps(Arr<int> values) => Values = values;

    /// <summary>From noise to image.</summary>
    public Arr<int> Values { get; }

    /// <summary>Each timestep with its successor; −1, the clean image, follows the last.</summary>
    public Arr<(int Current, int Next)> Pairs => Values.Map((i, t) => (t, i + 1 < Values.Count ? Values[i + 1] : -1)).ToArr();

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
}

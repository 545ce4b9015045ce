using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// Restart sampling (Xu et al. 2023, 2306.14878, algorithm 1) with Heun's method. The way through an interval of noise levels is taken once more for each
/// restart. A restart jumps from the cleanest visited level of the interval back to the noisiest, x ← (a_max/a_min)·x + s·z with
/// s² = σ_max² − (a_max/a_min)²·σ_min². The fresh noise contracts earlier errors. The jump is a part of the line that leads to the interval's end. The way down
/// visits the same timesteps each time. An interval with fewer than two visited timesteps has no restarts.
/// </summary>
/// <param name="Times">K ∈ [0, 100], how many restarts.</param>
/// <param name="Least">The σ/a where the interval ends, ≥ 0.</param>
/// <param name="Most">The σ/a where the interval begins, > Least; ∞ is allowed.</param>
public sealed record Restart(int Times = 1, double Least = 0.1, double Most = 2) : Sampler
{
    /// <inheritdoc/>
    public override string Name => "restart";

    /// <inheritdoc/>
    public override string Source => "Xu et al. 2023 (2306.14878), algorithm 1";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => null;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("restarts", "restart-range");

    internal override bool StepsAlongNoiseRatio => true;

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) => new Restart(
        options.Restarts ?? Times, options.RestartRange?.Least ?? Least, options.RestartRange?.Most ?? Most);

    internal override Validation<Error, Unit> Checked() =>
        (Check.That("restarts", Times, Times is >= 0 and <= 100, "must lie in [0, 100]"),
            Check.NoiseRange("restart-range", Least, Most))
        .Apply((_, _) => unit);

    internal override SamplingPlan PlanOn(SamplingSetting setting)
    {
        var steps = setting.Steps;
        var (begin, end) = Interval(steps);
        if (begin >= end)
        {
            return new Heun().PlanOn(setting);
        }

        var way = steps.Take(end).Skip(begin).Bind(step => Heun.Lines(setting, step)).ToArr();
        var last = steps[end - 1];
        var withJump = way.SetItem(way.Count - 1, Jumping(way[^1], last with { From = steps[begin].From }));
        return setting.Plan(steps.Take(begin).Bind(step => Heun.Lines(setting, step)).ToArr()
            .AddRange(Range(0, Times).Bind(_ => withJump.AsEnumerable()))
            .AddRange(way)
            .AddRange(steps.Skip(end).Bind(step => Heun.Lines(setting, step))));
    }

    /// <summary>The first and the last visited level inside the interval; the first is not below the last if no two are.</summary>
    private (int Begin, int End) Interval(Arr<SamplingStep> steps) => (
        steps.Filter(step => step.From.Lambda < -Elementary.Log(Most)).Count,
        steps.Filter(step => step.From.Lambda <= -Elementary.Log(Least)).Count - 1);

    /// <summary>The line, and then the jump from the end of a step to its beginning.</summary>
    private static SamplingLine Jumping(SamplingLine line, SamplingStep back) => line with
    {
        Predict = new(line.Predict.Base / back.ImageRatio, MultistepSampler.Scaled(1 / back.ImageRatio, line.Predict.History)),
        Noise = NoiseRange.Of(back.From.Sigma * Math.Sqrt(-Elementary.ExpM1(-2 * back.H))),
        Marginal = new(back.From.A, back.From.Sigma),
    };
}

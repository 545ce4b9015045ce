using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// Heun's method of second order (Karras et al. 2022, 2206.00364, algorithm 1) on ε along σ/a: a first line takes Euler's step. A second line evaluates the
/// network where that step led, and takes the step again with the mean of both ε. A step to the clean image has the first line alone, because the network
/// cannot be evaluated there.
/// </summary>
public sealed record Heun : Sampler
{
    /// <inheritdoc/>
    public override string Name => "heun";

    /// <inheritdoc/>
    public override string Source => "Karras et al. 2022 (2206.00364), algorithm 1";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => 2;

    internal override bool StepsAlongNoiseRatio => true;

    internal override SamplingPlan PlanOn(SamplingSetting setting) => setting.Plan(setting.Steps.Bind(step => Lines(setting, step)));

    /// <summary>The lines of one step.</summary>
    internal static Arr<SamplingLine> Lines(SamplingSetting setting, SamplingStep step)
    {
        var euler = setting.Line(step, setting.NoiseAt(step.From), Correction.None, new(step.ImageRatio, Array(step.NoiseStep)), NoiseRange.None);
        return step.NextTimestep < 0
            ? Array(euler)
            : Array(euler, setting.Evaluating(euler, step.NextTimestep, setting.NoiseAt(step.To)) with
            {
                Correct = Correction.Stay,
                Predict = new(step.ImageRatio, Array(step.NoiseStep / 2, step.NoiseStep / 2)),
            });
    }
}

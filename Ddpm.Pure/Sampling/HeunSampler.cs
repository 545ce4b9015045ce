using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// Heun's method of second order (Karras et al. 2022, 2206.00364, algorithm 1) on ε along σ/a: a first line takes Euler's step, a second evaluates where
/// it led and takes the step again with the mean of both ε.
/// </summary>
public static class HeunSampler
{
    /// <summary>Compiles the method.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping; the first level must have some image (ᾱ > 0).</param>
    /// <returns>A plan of two lines a timestep, but for a step to the clean image, where no network can be evaluated: it has the first line alone.</returns>
    internal static SamplingPlan Compile(SamplingSetting setting) => setting.Plan(setting.Steps.Bind(step =>
    {
        var euler = setting.Line(step, setting.NoiseAt(step.From), Correction.None, new(step.ImageRatio, Array(step.NoiseStep)), NoiseRange.None);
        return step.NextTimestep < 0
            ? Array(euler)
            : Array(euler, euler with
            {
                Timestep = step.NextTimestep,
                Estimate = setting.Prediction.CleanImage(step.To),
                Remember = setting.NoiseAt(step.To),
                Correct = Correction.Stay,
                Predict = new(step.ImageRatio, Array(step.NoiseStep / 2, step.NoiseStep / 2)),
            });
    }));
}

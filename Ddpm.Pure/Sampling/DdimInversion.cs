using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// DDIM run backwards (Song et al. 2021, section 4.3; Dhariwal and Nichol 2021): from an image to the noise that DDIM with η = 0 makes it of.
/// The line that undoes the step from t to p evaluates the network at t, as that step did, but at x_p; so it is exact where ε is the same at both.
/// </summary>
public static class DdimInversion
{
    /// <summary>Compiles the inversion of a plan's timesteps. It starts from the image, draws no noise and never clips.</summary>
    /// <param name="setting">Schedule, prediction and timesteps. An x_0-prediction tells no noise of a clean image: then its timesteps must end at a level with noise.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    public static SamplingPlan Compile(SamplingSetting setting)
    {
        var unclipped = setting with { ClipSample = false };
        var steps = setting.Steps.Rev().ToArr();
        return new(
            new(steps[0].To.A, steps[0].To.Sigma),
            steps.Map(step => new SamplingLine(
                step.Timestep,
                setting.Prediction.CleanImage(step.To),
                unclipped.NoiseAt(step.To),
                Correction.None,
                new(1 / step.ImageRatio, Array(-step.NoiseStep / step.ImageRatio)),
                NoiseRange.None,
                new(step.From.A, step.From.Sigma))),
            ClipSample: false);
    }
}

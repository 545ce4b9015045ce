using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// DDIM run backwards (Song et al. 2021, section 4.3; Dhariwal and Nichol 2021): from an image to the noise from which DDIM with η = 0 makes it.
/// The line that undoes the step from t to p evaluates the network at t, as that step did, but at x_p. So it is exact if ε is the same at both:
/// x_t = (a_t/a_p)·x_p + σ_t·(1 − e^(−h))·ε. At a_t = 0, x_t is σ_t·ε alone.
/// </summary>
public static class DdimInversion
{
    /// <summary>Compiles the inversion of a plan's timesteps. It starts from the image, draws no noise and never clips.</summary>
    /// <param name="setting">Schedule, prediction and timesteps.</param>
    /// <returns>
    /// A plan with one line per timestep; or an error for an x_0-prediction, which implies no noise at a clean image and so cannot start there.
    /// </returns>
    public static Validation<Error, SamplingPlan> Compile(SamplingSetting setting)
    {
        var image = setting.Schedule[setting.Timesteps.End];
        if (!setting.Prediction.HasNoiseAt(image))
        {
            var others = Prediction.NamesWhere(prediction => prediction.HasNoiseAt(image));
            return Check.Fail<SamplingPlan>(
                "prediction", setting.Prediction.Name,
                $"must be {others} to find the noise in a clean image (use --end-at-first-level or --encode noise)");
        }

        var unclipped = setting with { ClipSample = false };
        var steps = setting.Steps.Rev().ToArr();
        return new SamplingPlan(
            new(steps[0].To.A, steps[0].To.Sigma),
            steps.Map(step => new SamplingLine(
                step.Timestep,
                setting.Prediction.InputScale(step.To),
                setting.Prediction.CleanImage(step.To),
                unclipped.NoiseAt(step.To),
                Correction.None,
                new(1 / step.ImageRatio, Array(-step.From.Sigma * Elementary.ExpM1(-step.H))),
                NoiseRange.None,
                new(step.From.A, step.From.Sigma))
            {
                Output = setting.Guidance.At(step.From),
            }),
            ClipSample: false);
    }
}

using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// iPNDM (Zhang and Chen 2023, 2204.13902, after Liu et al. 2022): Adams and Bashforth's coefficients for equal steps, on ε along σ/a: x_p = (a_p/a_t)·x +
/// a_p·(σ_p/a_p − σ_t/a_t)·Σ c_k·ε of line i − k. The coefficients are right for equal steps in σ/a alone, so on others the published method is of second order
/// at most. The variable-step form has the coefficients of the polynomial through the values where they are (Hairer, Nørsett and Wanner 1993, section III.5),
/// which for equal steps are the same.
/// </summary>
public static class IpndmSampler
{
    private static readonly Arr<Arr<double>> Coefficients = Array(
        Array(1.0), Array(3.0 / 2, -1.0 / 2), Array(23.0 / 12, -16.0 / 12, 5.0 / 12), Array(55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24));

    /// <summary>Compiles the published form. The first lines have as much order as they have values.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping; the first level must have some image (ᾱ > 0).</param>
    /// <param name="order">1, 2, 3 or 4; 1 is DDIM.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    internal static SamplingPlan Compile(SamplingSetting setting, int order) => setting.Plan(setting.Steps.Map((i, step) => setting.Line(
        step,
        setting.NoiseAt(step.From),
        Correction.None,
        new(step.ImageRatio, MultistepSampler.Scaled(step.NoiseStep, Coefficients[Math.Min(order, i + 1) - 1])),
        NoiseRange.None)).ToArr());

    /// <summary>Compiles the variable-step form. The first lines have as much order as they have values.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping; the first level must have some image (ᾱ > 0).</param>
    /// <param name="order">1, 2, 3 or 4; 1 is DDIM.</param>
    /// <param name="fullOrderStart">Whether the order holds from one exact point: see <see cref="Sampler.VariableIpndm"/>.</param>
    /// <returns>A plan of as many lines as timesteps, or one more for a start of fourth order.</returns>
    internal static SamplingPlan CompileVariable(SamplingSetting setting, int order, bool fullOrderStart) =>
        new MultistepSampler(order, FullOrderStart: fullOrderStart).Compile(setting, StepIntegration.OfNoise(setting));
}

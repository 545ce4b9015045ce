using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// DDIM (Song et al. 2021, eqs. 12 and 16): from t to p, x_p = a_p·x_0 + √(σ_p² − s²)·ε + s·z with s² = η²·(σ_p²/σ_t²)·β. η = 0 is
/// deterministic, η = 1 is ancestral sampling with β̃.
/// </summary>
public static class DdimSampler
{
    /// <summary>Compiles the sampler.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="eta">η ∈ [0, 1].</param>
    /// <param name="noise">Which ε a clipped step goes on with; without clipping both are one.</param>
    /// <param name="strides">n ∈ [1, T] of diffusers' DDIMScheduler, whose steps lead ⌊T/n⌋ timesteps down; none for steps to the next timestep.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    internal static SamplingPlan Compile(SamplingSetting setting, double eta, ClippedNoise noise = ClippedNoise.Implied, int? strides = null) =>
        setting.Plan((strides is { } n ? setting.StepsOf(setting.Schedule.Steps / n) : setting.Steps).Map(step => Line(setting, step, eta, noise)).ToArr());

    /// <summary>The line of one step, between any two levels.</summary>
    public static SamplingLine Line(SamplingSetting setting, SamplingStep step, double eta, ClippedNoise noise = ClippedNoise.Implied) =>
        noise == ClippedNoise.Implied ? WithImpliedNoise(setting, step, eta) : WithNoiseOfOutput(setting, step, eta);

    /// <summary>
    /// With ε = (x − a_t·x_0)/σ_t the step is c·x + (a_p − c·a_t)·x_0, c = √(σ_p² − s²)/σ_t, and a_p − c·a_t = −a_p·(e^g − 1) for
    /// g = −h + ½ ln(1 − s²/σ_p²), which loses no digits where the step is small.
    /// </summary>
    private static SamplingLine WithImpliedNoise(SamplingSetting setting, SamplingStep step, double eta)
    {
        var kept = KeptShare(step, eta);
        var c = step.SigmaRatio * Math.Sqrt(kept);
        var ofImage = step.H == 0 ? 0 : -step.To.A * Elementary.ExpM1(-step.H + Elementary.Log(kept) / 2);
        return setting.Line(step, Memory.CleanImage, Correction.None, new(c, Array(ofImage)), FreshNoise(step, eta));
    }

    private static SamplingLine WithNoiseOfOutput(SamplingSetting setting, SamplingStep step, double eta)
    {
        var noise = setting.Prediction.Noise(step.From);
        var direction = step.To.Sigma * Math.Sqrt(KeptShare(step, eta));
        return setting.Line(
            step, new(direction * noise.First, direction * noise.Second, step.To.A), Correction.None, new(0, Array(1.0)), FreshNoise(step, eta));
    }

    /// <summary>1 − s²/σ_p² = (1 − η²) + η²·α·σ_p²/σ_t², a sum of two that are not negative.</summary>
    private static double KeptShare(SamplingStep step, double eta) =>
        (1 - eta) * (1 + eta) + eta * eta * step.From.AlphaSince(step.To) * (step.To.NoiseVariance / step.From.NoiseVariance);

    private static NoiseRange FreshNoise(SamplingStep step, double eta) =>
        NoiseRange.Of(eta * Math.Sqrt(Posterior.Between(step.From, step.To).Variance));
}

/// <summary>Which noise a DDIM step goes on with where its estimate of x_0 was clipped.</summary>
public enum ClippedNoise
{
    /// <summary>The one that the clipped estimate implies, so that a·x_0 + σ·ε is still x.</summary>
    Implied,

    /// <summary>The network's own, as diffusers' DDIMScheduler takes it unless use_clipped_model_output is set.</summary>
    DiffusersOutput,
}

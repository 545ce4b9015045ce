using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// DDIM (Song et al. 2021, eqs. 12 and 16): from t to p, x_p = a_p·x_0 + √(σ_p² − s²)·ε + s·z with s² = η²·(σ_p²/σ_t²)·(σ_t² − (a_t²/a_p²)·σ_p²). η = 0 is
/// deterministic, η = 1 is ancestral sampling with β̃.
/// </summary>
/// <param name="Eta">η ∈ [0, 1].</param>
/// <param name="Noise">Which ε a clipped step continues with; without clipping both are the same.</param>
/// <param name="Strides">
/// n ∈ [1, T] of diffusers' DDIMScheduler: each step leads ⌊T/n⌋ timesteps down, wherever the next timestep is. Null for steps to the next timestep.
/// </param>
public sealed record Ddim(double Eta = 0, ClippedNoise Noise = ClippedNoise.Implied, int? Strides = null) : Sampler
{
    /// <inheritdoc/>
    public override string Name => Noise == ClippedNoise.DiffusersOutput ? "ddim-diffusers" : "ddim";

    /// <inheritdoc/>
    public override string Source => "Song et al. 2021 (2010.02502), eqs. 12 and 16";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => Eta == 0 ? 1 : null;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("eta");

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) =>
        new Ddim(options.Eta ?? 0, Noise, Noise == ClippedNoise.DiffusersOutput ? steps : null);

    internal override Validation<Error, Unit> Checked() => Check.That("eta", Eta, Eta is >= 0 and <= 1, "must lie in [0, 1]").Map(_ => unit);

    private protected override Validation<Error, Unit> CheckedOn(SamplingSetting setting) => Strides is { } n
        ? Check.That("strides", n, n >= 1 && n <= setting.Schedule.Steps, Invariant($"must lie in [1, {setting.Schedule.Steps}]")).Map(_ => unit)
        : unit;

    internal override SamplingPlan PlanOn(SamplingSetting setting)
    {
        var steps = Strides is { } n ? setting.StepsOf(setting.Schedule.Steps / n) : setting.Steps;
        return setting.Plan(steps.Map(step => Line(setting, step, Eta, Noise)).ToArr());
    }

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

    /// <summary>1 − s²/σ_p² = (1 − η²) + η²·(a_t²/a_p²)·σ_p²/σ_t², a sum of two that are not negative.</summary>
    private static double KeptShare(SamplingStep step, double eta) =>
        (1 - eta) * (1 + eta) + eta * eta * Elementary.Exp(step.From.LogSquaredRatioSince(step.To)) * (step.To.NoiseVariance / step.From.NoiseVariance);

    private static NoiseRange FreshNoise(SamplingStep step, double eta) =>
        NoiseRange.Of(eta * Math.Sqrt(step.From.NoiseVarianceSince(step.To) * (step.To.NoiseVariance / step.From.NoiseVariance)));
}

/// <summary>Which noise a DDIM step goes on with where its estimate of x_0 was clipped.</summary>
public enum ClippedNoise
{
    /// <summary>The one that the clipped estimate implies, so that a·x_0 + σ·ε is still x.</summary>
    Implied,

    /// <summary>The network's own, as diffusers' DDIMScheduler takes it unless use_clipped_model_output is set.</summary>
    DiffusersOutput,
}

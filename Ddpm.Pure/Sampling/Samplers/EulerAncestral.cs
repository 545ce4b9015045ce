using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// k-diffusion's sample_euler_ancestral: Euler's method down to σ_down, then fresh noise up to the next level. With ρ = σ/a, σ_up² = η²·σ_p²·(1 − (ρ_p/ρ_t)²)
/// and σ_down² = σ_p² − σ_up². It is <see cref="Ddim"/> with the same η under another name.
/// </summary>
/// <param name="Eta">η ∈ [0, 1].</param>
public sealed record EulerAncestral(double Eta = 1) : Sampler
{
    /// <inheritdoc/>
    public override string Name => "euler-ancestral";

    /// <inheritdoc/>
    public override string Source => "k-diffusion, sample_euler_ancestral; DDIM with the same η";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => null;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("eta");

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) => new EulerAncestral(options.Eta ?? 1);

    internal override Validation<Error, Unit> Checked() => new Ddim(Eta).Checked();

    internal override SamplingPlan PlanOn(SamplingSetting setting) => new Ddim(Eta).PlanOn(setting);
}

using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// DEIS in multistep form, with the polynomial in λ (Zhang and Chen 2023, 2204.13902, section 3.3; "logrho" in diffusers' DEISMultistepScheduler):
/// x_p = (a_p/a_t)·x + a_p·∫ ε dρ with ρ = σ/a = e^(−λ), where ε(λ) is the polynomial through the values of ε. The first lines have as much order as they
/// have values; the last, to a clean image, has order 1.
/// </summary>
/// <param name="Order">1, 2 or 3; 1 is DDIM.</param>
/// <param name="LowerOrderFinal">Whether the order falls towards the last line.</param>
public sealed record Deis(int Order, bool LowerOrderFinal = false) : Sampler
{
    /// <inheritdoc/>
    public override string Name => Invariant($"deis-{Order}");

    /// <inheritdoc/>
    public override string Source => "Zhang and Chen 2023 (2204.13902), section 3.3";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => Order;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("lower-order-final");

    internal override bool StepsAlongNoiseRatio => true;

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) => new Deis(Order, options.LowerOrderFinal);

    internal override Validation<Error, Unit> Checked() => OrderUpTo(Order, 3);

    /// <summary>
    /// Over a step of length h in λ, at the place τ, dρ = −ρ_t·h·e^(−hτ) dτ. Seen from the end of the step, where s = 1 − τ, the integral of a polynomial is
    /// <see cref="ExponentialIntegration.Weights"/>.
    /// </summary>
    internal override SamplingPlan PlanOn(SamplingSetting setting) => new MultistepSampler(Order, LowerOrderFinal: LowerOrderFinal).Compile(setting, new(
        setting.NoiseAt,
        (step, level) => step.H is > 0 and < double.PositiveInfinity ? (level.Lambda - step.From.Lambda) / step.H : double.NaN,
        step => step.ImageRatio,
        (step, places) => MultistepSampler.Scaled(
            -step.ImageRatio * step.From.Sigma, ExponentialIntegration.Weights(step.H, places.Map(place => 1 - place))),
        _ => NoiseRange.None));
}

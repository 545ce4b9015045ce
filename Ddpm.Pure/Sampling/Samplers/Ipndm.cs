using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// iPNDM as published (Zhang and Chen 2023, 2204.13902, after Liu et al. 2022): Adams and Bashforth's coefficients for equal steps, on ε along σ/a:
/// x_p = (a_p/a_t)·x + a_p·(σ_p/a_p − σ_t/a_t)·Σ c_k·ε of line i − k. The first lines have as much order as they have values. The coefficients fit equal
/// steps in σ/a alone, so on other steps the method has order 2 at most: see <see cref="VariableIpndm"/>.
/// </summary>
/// <param name="Order">1, 2, 3 or 4; 1 is DDIM.</param>
public sealed record Ipndm(int Order) : Sampler
{
    /// <summary>Adams and Bashforth's coefficients for equal steps, of order 1 to 4, the newest value first.</summary>
    internal static Arr<Arr<double>> Coefficients { get; } = Array(
        Array(1.0), Array(3.0 / 2, -1.0 / 2), Array(23.0 / 12, -16.0 / 12, 5.0 / 12), Array(55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24));

    /// <inheritdoc/>
    public override string Name => Invariant($"ipndm-{Order}");

    /// <inheritdoc/>
    public override string Source => "Zhang and Chen 2023 (2204.13902)";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => Math.Min(Order, 2);

    internal override bool StepsAlongNoiseRatio => true;

    internal override Validation<Error, Unit> Checked() => OrderUpTo(Order, 4);

    internal override SamplingPlan PlanOn(SamplingSetting setting) => setting.Plan(setting.Steps.Map((i, step) => setting.Line(
        step,
        setting.NoiseAt(step.From),
        Correction.None,
        new(step.ImageRatio, MultistepSampler.Scaled(step.NoiseStep, Coefficients[Math.Min(Order, i + 1) - 1])),
        NoiseRange.None)).ToArr());
}

using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// <see cref="Ipndm"/> for variable steps: the coefficients integrate the polynomial through the values of ε where they lie (Hairer, Nørsett and Wanner 1993,
/// section III.5). On equal steps in σ/a they are those of <see cref="Ipndm"/>. The order holds on all steps, from an exact history. From one exact point it
/// is 2 at most.
/// </summary>
/// <param name="Order">1, 2, 3 or 4; 1 is DDIM.</param>
/// <param name="FullOrderStart">Whether it has its order from one exact point. Order 4 costs one evaluation more, the others none.</param>
public sealed record VariableIpndm(int Order, bool FullOrderStart = false) : Sampler
{
    /// <inheritdoc/>
    public override string Name => Invariant($"ipndm-v-{Order}");

    /// <inheritdoc/>
    public override string Source => "Zhang and Chen 2023 (2204.13902); Hairer, Nørsett and Wanner 1993, section III.5";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => Order;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("full-order-start");

    internal override bool StepsAlongNoiseRatio => true;

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) => new VariableIpndm(Order, options.FullOrderStart);

    internal override Validation<Error, Unit> Checked() => OrderUpTo(Order, 4);

    internal override SamplingPlan PlanOn(SamplingSetting setting) =>
        new MultistepSampler(Order, FullOrderStart: FullOrderStart).Compile(setting, StepIntegration.OfNoise(setting));
}

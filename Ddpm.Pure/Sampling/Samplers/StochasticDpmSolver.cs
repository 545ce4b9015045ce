using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// SDE-DPM-Solver++(2M) (Lu et al. 2022, 2211.01095): x_p = (σ_p/σ_t)·e^(−h)·x + a_p·(1 − e^(−2h))·(x_0 + ½D) + σ_p·√(1 − e^(−2h))·z, D the slope of x_0
/// over the step.
/// </summary>
/// <param name="LowerOrderFinal">Whether the order falls towards the last line.</param>
public sealed record StochasticDpmSolver(bool LowerOrderFinal = false) : Sampler
{
    /// <inheritdoc/>
    public override string Name => "dpmpp-2m-sde";

    /// <inheritdoc/>
    public override string Source => "Lu et al. 2022 (2211.01095), SDE-DPM-Solver++(2M)";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => null;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("lower-order-final");

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) => new StochasticDpmSolver(options.LowerOrderFinal);

    internal override SamplingPlan PlanOn(SamplingSetting setting) =>
        new MultistepSampler(2, LowerOrderFinal: LowerOrderFinal).Compile(setting, StepIntegration.OfCleanImage(Stochasticity.Full, DpmSolver.Published));
}

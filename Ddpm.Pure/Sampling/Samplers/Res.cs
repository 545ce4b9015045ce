
namespace Ddpm.Pure.Sampling;

/// <summary>
/// The refined exponential solver of second order (Zhang et al. 2023, 2308.02157): the exact integral over λ of the line through two values of x_0.
/// DPM-Solver++ has ½·(1 − e^(−h)) where this method has ψ_1(h) = 1 − (1 − e^(−h))/h. The two differ by a term of third order.
/// </summary>
/// <param name="Singlestep">
/// Whether the two values are those of one step, in groups as in <see cref="SinglestepDpmSolver"/>. Otherwise the second is the value of the line before.
/// </param>
public sealed record Res(bool Singlestep) : Sampler
{
    /// <inheritdoc/>
    public override string Name => Singlestep ? "res-2s" : "res-2m";

    /// <inheritdoc/>
    public override string Source => "Zhang et al. 2023 (2308.02157)";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => 2;

    internal override SamplingPlan PlanOn(SamplingSetting setting) => Singlestep
        ? SinglestepDpmSolver.PlanOn(setting, 2, lowerOrderFinal: false, _ => ExponentialIntegration.Weights)
        : new MultistepSampler(2).Compile(setting, StepIntegration.OfCleanImage(Stochasticity.None, ExponentialIntegration.Weights));
}

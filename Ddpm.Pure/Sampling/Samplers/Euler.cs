namespace Ddpm.Pure.Sampling;

/// <summary>
/// Euler's method on ε along σ/a, as in k-diffusion's sample_euler (Karras et al. 2022, 2206.00364, algorithm 1 without its correction). It is
/// <see cref="Ddim"/> with η = 0 under another name.
/// </summary>
public sealed record Euler : Sampler
{
    /// <inheritdoc/>
    public override string Name => "euler";

    /// <inheritdoc/>
    public override string Source => "Karras et al. 2022 (2206.00364), algorithm 1 without its correction; DDIM with η = 0";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => 1;

    internal override SamplingPlan PlanOn(SamplingSetting setting) => new Ddim().PlanOn(setting);
}

namespace Ddpm.Pure.Sampling;

/// <summary>
/// k-diffusion's sample_lms, the linear multistep method of order 4: the integral over σ/a of the polynomial through the last four values of ε. It is
/// <see cref="VariableIpndm"/> of order 4 under another name.
/// </summary>
public sealed record LinearMultistep : Sampler
{
    /// <inheritdoc/>
    public override string Name => "lms";

    /// <inheritdoc/>
    public override string Source => "k-diffusion, sample_lms; iPNDM for variable steps";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => 4;

    internal override bool StepsAlongNoiseRatio => true;

    internal override SamplingPlan PlanOn(SamplingSetting setting) => new VariableIpndm(4).PlanOn(setting);
}

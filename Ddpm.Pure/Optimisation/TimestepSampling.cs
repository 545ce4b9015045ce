namespace Ddpm.Pure.Optimisation;

/// <summary>How the timesteps of a batch are drawn.</summary>
public enum TimestepSampling
{
    /// <summary>Each timestep independently, uniform in [0, T): a function of the image and the epoch.</summary>
    Independent,

    /// <summary>
    /// One draw u for the batch; image k of B gets timestep ⌊T·frac(u + k/B)⌋ (Kingma et al. 2021, appendix I.1). Each timestep is uniform, and together they
    /// are evenly spread.
    /// </summary>
    Stratified,

    /// <summary>
    /// Each timestep independently, more often where the losses are large (<see cref="TimestepHistory"/>): a function of the image, the epoch and the steps
    /// before.
    /// </summary>
    Importance,
}

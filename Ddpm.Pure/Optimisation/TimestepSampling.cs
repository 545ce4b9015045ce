
namespace Ddpm.Pure.Optimisation;

/// <summary>How the timesteps of a batch are drawn.</summary>
public enum TimestepSampling
{
    /// <summary>Each by itself, uniform in [0, T): a function of the image and the epoch.</summary>
    Independent,

    /// <summary>One draw u for the batch, and image k of B at ⌊T·frac(u + k/B)⌋: each uniform, and together spread evenly (Kingma et al. 2021, appendix I.1).</summary>
    Stratified,
}

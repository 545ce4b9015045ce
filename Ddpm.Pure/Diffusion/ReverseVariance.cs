
namespace Ddpm.Pure.Diffusion;

/// <summary>
/// The variance s_t² of the reverse step's noise (Ho et al. 2020, section 3.2). Each of the two fixed choices is optimal for one extreme of the data.
/// </summary>
public enum ReverseVariance
{
    /// <summary>s_t² = β_t: optimal for x_0 ~ N(0, 1).</summary>
    Beta,

    /// <summary>s_t² = β̃_t, the posterior's variance: optimal for a single point.</summary>
    Posterior,

    /// <summary>
    /// s_t² = exp(f·ln β_t + (1 − f)·ln β̃_t), where a second output of the network gives f ∈ [0, 1] for each pixel (Nichol and Dhariwal 2021, eq. 15).
    /// </summary>
    LearnedRange,
}

using Ddpm.Pure.Diffusion;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The variance s_t² of the reverse step's noise (Ho et al. 2020, section 3.2); either fixed choice is optimal for one extreme of the data.</summary>
public enum ReverseVariance
{
    /// <summary>s_t² = β_t: optimal for x_0 ~ N(0, 1).</summary>
    Beta,

    /// <summary>s_t² = β̃_t, the posterior's variance: optimal for a single point.</summary>
    Posterior,

    /// <summary>
    /// s_t² = exp(f·ln β_t + (1 − f)·ln β̃_t), where a second output of the network says f ∈ [0, 1] for each pixel (Nichol and Dhariwal 2021, eq. 15).
    /// </summary>
    LearnedRange,
}

/// <summary>
/// Ancestral sampling (Ho et al. 2020, algorithm 2): each line draws from N(posterior mean at the estimated x_0, s_t²), and the last adds no noise.
/// </summary>
public static class AncestralSampler
{
    /// <summary>Compiles the sampler.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="variance">The reverse variance.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    internal static SamplingPlan Compile(SamplingSetting setting, ReverseVariance variance) => setting.Plan(setting.Steps.Map(step =>
    {
        var posterior = Posterior.Between(step.From, step.To);
        double least = Math.Sqrt(posterior.Variance), most = Math.Sqrt(step.From.BetaSince(step.To));
        var noise = variance switch
        {
            _ when step.To.NoiseVariance == 0 => NoiseRange.None,
            ReverseVariance.Beta => NoiseRange.Of(most),
            ReverseVariance.Posterior => NoiseRange.Of(least),
            _ => new(least, most),
        };
        return setting.Line(
            step, Memory.CleanImage, Correction.None, new(posterior.XtCoefficient, Array(posterior.X0Coefficient)), noise);
    }).ToArr());
}

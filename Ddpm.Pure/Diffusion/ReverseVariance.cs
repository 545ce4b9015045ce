using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// The variance s_t² of the reverse step's noise (Ho et al. 2020, section 3.2). Each of the two fixed choices is optimal for one extreme of the data.
/// Both are the ends of a <see cref="VarianceRange"/>.
/// </summary>
public enum ReverseVariance
{
    /// <summary>s_t² = β_t: optimal for x_0 ~ N(0, 1).</summary>
    Beta,

    /// <summary>s_t² = β̃_t, the posterior's variance: optimal for a single point.</summary>
    Posterior,

    /// <summary>
    /// s_t² = exp(f·ln β_t + (1 − f)·ln β̃_t), where a second output of the network gives f for each pixel (Nichol and Dhariwal 2021, eq. 15).
    /// </summary>
    LearnedRange,
}

/// <summary>What a choice of the reverse variance says about a step.</summary>
public static class ReverseVarianceFractions
{
    /// <summary>The fraction f of the step's <see cref="VarianceRange"/>, if it is the same for every pixel; none if the network gives it.</summary>
    public static Option<double> Fraction(this ReverseVariance variance) => variance switch
    {
        ReverseVariance.Beta => VariationalBound.OfBeta,
        ReverseVariance.Posterior => VariationalBound.OfPosterior,
        _ => None,
    };
}

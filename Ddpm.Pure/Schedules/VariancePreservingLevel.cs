using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Schedules;

/// <summary>
/// A level of a variance-preserving diffusion: a² = ᾱ and σ² = 1 − ᾱ (Ho et al. 2020, eq. 4). Only here do ᾱ, α and β exist. It is stored as ln ᾱ, which
/// gives ᾱ near 0 and 1 − ᾱ near 0 without cancellation.
/// </summary>
public sealed record VariancePreservingLevel : NoiseLevel
{
    /// <summary>The level with a given ᾱ.</summary>
    /// <param name="logAlphaBar">ln ᾱ ∈ [−∞, 0].</param>
    public VariancePreservingLevel(double logAlphaBar)
        : base(logAlphaBar, 0 - Elementary.ExpM1(logAlphaBar)) // not a mere change of sign, which would make −0 of no noise
    {
    }

    /// <summary>No noise: ᾱ = 1, the level before the first step.</summary>
    public static VariancePreservingLevel Clean { get; } = new(0);

    /// <summary>ln ᾱ ∈ [−∞, 0].</summary>
    public double LogAlphaBar => LogSquaredA;

    /// <summary>ᾱ ∈ [0, 1].</summary>
    public double AlphaBar => SquaredA;

    /// <summary>1: the variance is preserved.</summary>
    public override double Power => 1;

    /// <summary>1, also if some image is left (Ho et al. 2020, algorithm 2).</summary>
    public override double StartDeviation => 1;

    /// <summary>α between an earlier (less noisy) level and this one: ᾱ/ᾱ_earlier. For neighbouring steps it is α_t.</summary>
    public double AlphaSince(VariancePreservingLevel earlier) => Elementary.Exp(LogSquaredRatioSince(earlier));

    /// <summary>β between an earlier (less noisy) level and this one: 1 − ᾱ/ᾱ_earlier. For neighbouring steps it is β_t.</summary>
    public double BetaSince(VariancePreservingLevel earlier) => 0 - Elementary.ExpM1(LogSquaredRatioSince(earlier));

    /// <inheritdoc/>
    public override double NoiseVarianceSince(NoiseLevel earlier) =>
        earlier is VariancePreservingLevel preserving ? BetaSince(preserving) : base.NoiseVarianceSince(earlier);
}

using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Schedules;

/// <summary>
/// The noise level of a variance-preserving diffusion at one moment: x = a·x_0 + σ·ε with a² = ᾱ and σ² = 1 − ᾱ (Ho et al. 2020, eq. 4). It is stored
/// as ln ᾱ, which gives ᾱ near 0 and 1 − ᾱ near 0 without cancellation.
/// </summary>
/// <param name="LogAlphaBar">ln ᾱ ∈ [−∞, 0].</param>
public readonly record struct NoiseLevel(double LogAlphaBar)
{
    /// <summary>No noise: ᾱ = 1, the level before the first step.</summary>
    public static NoiseLevel Clean => new(0);

    /// <summary>ᾱ ∈ [0, 1].</summary>
    public double AlphaBar => Elementary.Exp(LogAlphaBar);

    /// <summary>1 − ᾱ ∈ [0, 1], the variance of the noise.</summary>
    public double NoiseVariance => 0 - Elementary.ExpM1(LogAlphaBar); // not a mere change of sign, which would make −0 of no noise

    /// <summary>a = √ᾱ, the weight of the image.</summary>
    public double A => Elementary.Exp(LogAlphaBar / 2);

    /// <summary>σ = √(1 − ᾱ), the weight of the noise.</summary>
    public double Sigma => Math.Sqrt(NoiseVariance);

    /// <summary>SNR = ᾱ/(1 − ᾱ); +∞ without noise.</summary>
    public double Snr => AlphaBar / NoiseVariance;

    /// <summary>λ = ln(a/σ), half the logarithm of the signal-to-noise ratio; −∞ … +∞.</summary>
    public double Lambda => (LogAlphaBar - Elementary.Log(NoiseVariance)) / 2;

    /// <summary>α between an earlier (less noisy) level and this one: ᾱ/ᾱ_earlier. For neighbouring steps it is α_t.</summary>
    public double AlphaSince(NoiseLevel earlier) => Elementary.Exp(LogAlphaSince(earlier));

    /// <summary>β between an earlier (less noisy) level and this one: 1 − ᾱ/ᾱ_earlier. For neighbouring steps it is β_t.</summary>
    public double BetaSince(NoiseLevel earlier) => 0 - Elementary.ExpM1(LogAlphaSince(earlier));

    /// <summary>ln(ᾱ/ᾱ_earlier); 0 between a level and itself, even if no image is left.</summary>
    public double LogAlphaSince(NoiseLevel earlier) => this == earlier ? 0 : LogAlphaBar - earlier.LogAlphaBar;
}

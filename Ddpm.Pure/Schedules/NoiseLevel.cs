using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Schedules;

/// <summary>
/// The noise level of a diffusion at one moment: x = a·x_0 + σ·ε, a ≥ 0 and σ ≥ 0, not both 0. It is stored as ln a² and σ². So the weight of the image is
/// exact near 1 and near 0, and so is a small σ. Every formulation of diffusion is a list of such levels: a² + σ² = 1 (<see cref="VariancePreservingLevel"/>),
/// a = 1 (EDM, Karras et al. 2022), or a + σ = 1 (rectified flow, Liu et al. 2023).
/// </summary>
/// <param name="LogSquaredA">ln a² ∈ [−∞, ∞).</param>
/// <param name="NoiseVariance">σ² ≥ 0, the variance of the noise.</param>
public record NoiseLevel(double LogSquaredA, double NoiseVariance)
{
    /// <summary>a² ≥ 0.</summary>
    public double SquaredA => Elementary.Exp(LogSquaredA);

    /// <summary>a, the weight of the image.</summary>
    public double A => Elementary.Exp(LogSquaredA / 2);

    /// <summary>σ, the weight of the noise.</summary>
    public double Sigma => Math.Sqrt(NoiseVariance);

    /// <summary>SNR = a²/σ²; +∞ without noise.</summary>
    public double Snr => SquaredA / NoiseVariance;

    /// <summary>λ = ln(a/σ), half the logarithm of the signal-to-noise ratio; −∞ … +∞.</summary>
    public double Lambda => (LogSquaredA - Elementary.Log(NoiseVariance)) / 2;

    /// <summary>a² + σ², the variance of x for images of variance 1.</summary>
    public virtual double Power => SquaredA + NoiseVariance;

    /// <summary>Whether any image is left, a > 0.</summary>
    public bool HasImage => !double.IsNegativeInfinity(LogSquaredA);

    /// <summary>
    /// The standard deviation of the noise from which sampling starts at this level: σ, because x consists of noise almost alone (Karras et al. 2022,
    /// algorithm 1).
    /// </summary>
    public virtual double StartDeviation => Sigma;

    /// <summary>ln(a²/a_earlier²); 0 between a level and itself, even if no image is left.</summary>
    public double LogSquaredRatioSince(NoiseLevel earlier) => this == earlier ? 0 : LogSquaredA - earlier.LogSquaredA;

    /// <summary>
    /// The variance of the noise that is added between an earlier (less noisy) level and this one: σ² − (a/a_earlier)²·σ_earlier² (Kingma et al. 2021,
    /// 2107.00630, eq. 2), computed as σ²·(1 − e^(−2h)) with h = λ_earlier − λ.
    /// </summary>
    public virtual double NoiseVarianceSince(NoiseLevel earlier) =>
        this == earlier ? 0 : NoiseVariance * (0 - Elementary.ExpM1(2 * (Lambda - earlier.Lambda)));
}

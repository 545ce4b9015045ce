using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// A Gaussian over the 256 levels of a byte on the scale [−1, 1] (Ho et al. 2020, eq. 13): level k has the mass of the interval of width 2/255
/// around −1 + 2k/255, and the first and the last level that of everything below and above them too. One pixel.
/// </summary>
/// <param name="Mean">Any finite number.</param>
/// <param name="StandardDeviation">Positive. In units of it the levels may lie as far as 10¹⁵⁰ from the mean.</param>
public readonly record struct DiscretisedGaussian(double Mean, double StandardDeviation)
{
    /// <summary>256.</summary>
    public const int Levels = 256;

    /// <summary>ln of the mass of level k ∈ [0, 255]; finite however far away the level is.</summary>
    public double LogMass(int level) => NormalDistribution.LogMass(
        level == 0 ? double.NegativeInfinity : ((2 * level - 256) / 255.0 - Mean) / StandardDeviation,
        level == Levels - 1 ? double.PositiveInfinity : ((2 * level - 254) / 255.0 - Mean) / StandardDeviation);
}

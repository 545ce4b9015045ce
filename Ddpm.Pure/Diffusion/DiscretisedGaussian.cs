using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// A Gaussian over the 256 levels of a byte on the scale [−1, 1] (Ho et al. 2020, eq. 13), for one pixel. The mass of level k is the mass of the
/// interval of width 2/255 around −1 + 2k/255. The first level also has everything below it, and the last everything above.
/// </summary>
/// <param name="Mean">Any finite number.</param>
/// <param name="StandardDeviation">Positive. The levels may lie as far as 10¹⁵⁰ standard deviations from the mean.</param>
public readonly record struct DiscretisedGaussian(double Mean, double StandardDeviation)
{
    /// <summary>256.</summary>
    public const int Levels = 256;

    /// <summary>ln of the mass of level k ∈ [0, 255]; finite at any distance from the mean.</summary>
    public double LogMass(int level)
    {
        var (low, high) = Interval(level);
        return NormalDistribution.LogMass(low, high);
    }

    /// <summary>
    /// d ln(mass)/d ln(standard deviation) of level k ∈ [0, 255]: (low·φ(low) − high·φ(high))/mass, where the level lies between low and high standard
    /// deviations from the mean.
    /// </summary>
    public double LogMassSlope(int level)
    {
        var (low, high) = Interval(level);
        var mass = NormalDistribution.LogMass(low, high);
        double Part(double z) => double.IsInfinity(z) ? 0 : z * Elementary.Exp(NormalDistribution.LogDensity(z) - mass);
        return Part(low) - Part(high);
    }

    private (double Low, double High) Interval(int level) => (
        level == 0 ? double.NegativeInfinity : ((2 * level - 256) / 255.0 - Mean) / StandardDeviation,
        level == Levels - 1 ? double.PositiveInfinity : ((2 * level - 254) / 255.0 - Mean) / StandardDeviation);
}

namespace Ddpm.Pure.Numerics;

/// <summary>
/// The standard normal distribution Φ with density φ(x) = e^(−x²/2)/√(2π), in portable arithmetic and accurate in both tails. The relative error of Φ, and the
/// errors of ln Φ and of the logarithm of a mass, are a few units in the last place of 1 + x². The error function is erf x = 2Φ(√2·x) − 1.
/// </summary>
public static class NormalDistribution
{
    private const double InverseRootTwoPi = 0.3989422804014327, LogRootTwoPi = 0.9189385332046728;

    /// <summary>Φ(x), the probability of a value below x. Φ(−∞) = 0, Φ(+∞) = 1.</summary>
    public static double Cdf(double x) => x <= -1 ? Tail(-x) : x < 1 ? 0.5 + FromZero(x) : 1 - Tail(x);

    /// <summary>ln Φ(x): finite for x down to −10¹⁵⁰, and still below 0 where Φ(x) rounds to 1. For the upper tail, use ln Φ(−x).</summary>
    public static double LogCdf(double x)
    {
        if (x <= -1)
        {
            return LogTail(-x);
        }

        return x < 0 ? Elementary.Log(0.5 + FromZero(x)) : Elementary.Log1P(-Cdf(-x));
    }

    /// <summary>ln φ(x) = −x²/2 − ln √(2π).</summary>
    public static double LogDensity(double x) => -x * x / 2 - LogRootTwoPi;

    /// <summary>ln(Φ(high) − Φ(low)), the logarithm of the probability of [low, high], without cancellation for any interval.</summary>
    /// <param name="low">−∞ is allowed.</param>
    /// <param name="high">At least low; +∞ is allowed. An empty interval gives −∞, and high below low gives NaN.</param>
    public static double LogMass(double low, double high) => (low, high) switch
    {
        _ when !(low <= high) => double.NaN,
        _ when low == high => double.NegativeInfinity,
        (_, double.PositiveInfinity) => LogCdf(-low),
        (double.NegativeInfinity, _) => LogCdf(high),
        _ when (high - low) * Math.Max(1, Math.Max(-low, high)) <= 1 => LogOfShortInterval(low + (high - low) / 2, (high - low) / 2),
        _ when low >= 0 => LogOfDifference(LogCdf(-low), LogCdf(-high)),
        _ when high <= 0 => LogOfDifference(LogCdf(high), LogCdf(low)),
        // Around 0: from the probability outside if that is the smaller part, else from the probability inside.
        _ when Cdf(low) + Cdf(-high) is var outside and <= 0.5 => Elementary.Log1P(-outside),
        _ => Elementary.Log(FromZero(high) + FromZero(-low)),
    };

    /// <summary>
    /// Φ(x) − ½ = φ(x)·x·(1 + x²/3·(1 + x²/5·(1 + …))) for |x| &lt; 9 (Abramowitz and Stegun 26.2.11): odd, without cancellation between terms.
    /// </summary>
    private static double FromZero(double x)
    {
        var square = x * x;
        var sum = 1.0;
        for (var odd = 45 + 6 * (int)square; odd >= 3; odd -= 2)
        {
            sum = 1 + square / odd * sum;
        }

        return InverseRootTwoPi * Elementary.Exp(-square / 2) * x * sum;
    }

    /// <summary>1 − Φ(x) for x ≥ 1. Splitting x² into two parts, the first exact, keeps the exponent's error from growing with x².</summary>
    private static double Tail(double x)
    {
        if (x > 40)
        {
            return 0; // below the smallest double
        }

        var leading = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(x) & ~0x7FFFFFFL);
        var rest = (x - leading) * (x + leading);
        return InverseRootTwoPi * MillsRatio(x) * Elementary.Exp(-leading * leading / 2) * Elementary.Exp(-rest / 2);
    }

    private static double LogTail(double x) => Elementary.Log(MillsRatio(x)) - LogRootTwoPi - x * x / 2;

    /// <summary>
    /// (1 − Φ(x))/φ(x) = 1/(x + 1/(x + 2/(x + 3/(x + …)))) for x ≥ 1 (Laplace; Abramowitz and Stegun 26.2.14). The error after n fractions falls
    /// like exp(−2·x·√(2n)), so about 400/x² fractions give full precision.
    /// </summary>
    private static double MillsRatio(double x)
    {
        var fraction = x;
        for (var n = 24 + (int)(400 / (x * x)); n >= 1; n--)
        {
            fraction = x + n / fraction;
        }

        return 1 / fraction;
    }

    /// <summary>ln(e^larger − e^smaller).</summary>
    private static double LogOfDifference(double larger, double smaller) =>
        double.IsNegativeInfinity(smaller) ? larger : larger + Elementary.Log1P(-Elementary.Exp(smaller - larger));

    /// <summary>
    /// ∫φ from m − h to m + h = 2h·φ(m)·Σ_k He_2k(m)·h^2k/(2k + 1)!, Taylor's series around the middle in Hermite's polynomials, for |m|·h and h below ½.
    /// a_k = He_k(m)·h^k follows a_{k+1} = m·h·a_k − k·h²·a_{k−1}.
    /// </summary>
    private static double LogOfShortInterval(double middle, double half)
    {
        double before = 1, current = middle * half, sum = 0, factorial = 1;
        for (var k = 1; k <= 24; k++)
        {
            factorial *= k + 1;
            sum += (k & 1) == 0 ? current / factorial : 0;
            (before, current) = (current, middle * half * current - k * (half * half) * before);
        }

        return Elementary.Log(2 * half) + Elementary.Log1P(sum) - LogRootTwoPi - middle * middle / 2;
    }
}

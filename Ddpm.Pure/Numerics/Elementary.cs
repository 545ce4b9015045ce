namespace Ddpm.Pure.Numerics;

/// <summary>
/// Elementary functions in double precision. They use only operations with results fixed by IEEE 754 (+ − × ÷, and scaling by powers of two), so every platform
/// and every port computes the same bits. The C library's versions do not promise that. Each function is a textbook argument reduction, then a truncated
/// series in Horner form. Errors stay within a few units in the last place.
/// </summary>
public static class Elementary
{
    // ln 2 and π/2 in parts. The leading parts end in enough zero bits for an exact product with a small integer.
    private const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;
    private const double HalfPiHigh = 1.57079632673412561417e+00;
    private const double HalfPiMiddle = 6.07710050630396597660e-11;
    private const double HalfPiLow = 2.02226624879595063154e-21;
    private const long OneBits = 0x3FF0000000000000, MantissaMask = 0x000FFFFFFFFFFFFF;

    /// <summary>Natural logarithm. ln 0 = −∞; negative arguments and NaN give NaN.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0)
        {
            return double.NaN;
        }

        if (x == 0 || double.IsPositiveInfinity(x))
        {
            return x == 0 ? double.NegativeInfinity : x;
        }

        var subnormal = x < 2.2250738585072014e-308;
        var bits = BitConverter.DoubleToInt64Bits(subnormal ? x * 18014398509481984.0 : x);
        var exponent = (int)(bits >> 52) - 1023 - (subnormal ? 54 : 0);
        var mantissa = BitConverter.Int64BitsToDouble((bits & MantissaMask) | OneBits);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        return exponent * Ln2High + (TwiceArtanh((mantissa - 1) / (mantissa + 1)) + exponent * Ln2Low);
    }

    /// <summary>ln(1 + x), accurate also for tiny x. x = −1 gives −∞.</summary>
    public static double Log1P(double x) => Math.Abs(x) < 0.4 ? TwiceArtanh(x / (2 + x)) : Log(1 + x);

    /// <summary>eˣ; 0 below about −745, +∞ above about 709.78.</summary>
    public static double Exp(double x)
    {
        if (x > 709.79 || x < -745.2)
        {
            return x > 0 ? double.PositiveInfinity : 0;
        }

        var (power, remainder) = ReduceByLn2(x);
        return Math.ScaleB(1 + ExpM1Series(remainder), power);
    }

    /// <summary>eˣ − 1, accurate also for tiny x. x = −∞ gives −1.</summary>
    public static double ExpM1(double x)
    {
        // Beyond 40 the 1 is lost in rounding, and the power of two may overflow even if the product does not.
        if (x > 40)
        {
            return Exp(x);
        }

        if (x < -40)
        {
            return -1;
        }

        var (power, remainder) = ReduceByLn2(x);
        var scale = Math.ScaleB(1, power);
        return scale * ExpM1Series(remainder) + (scale - 1);
    }

    /// <summary>Sine of an angle in radians, |x| ≤ 10⁶.</summary>
    public static double Sin(double x)
    {
        var (quadrant, remainder) = ReduceByHalfPi(x);
        return Rotated(quadrant, SinSeries(remainder), CosSeries(remainder));
    }

    /// <summary>Cosine of an angle in radians, |x| ≤ 10⁶.</summary>
    public static double Cos(double x)
    {
        var (quadrant, remainder) = ReduceByHalfPi(x);
        return Rotated(quadrant + 1, SinSeries(remainder), CosSeries(remainder));
    }

    /// <summary>Arc tangent, in [−π/2, π/2].</summary>
    public static double Atan(double x)
    {
        if (x < 0 || x > 1)
        {
            return x < 0 ? -Atan(-x) : Math.PI / 2 - Atan(1 / x);
        }

        // Halves the angle twice, tan(θ) → tan(θ/2): from at most π/4 to at most π/16.
        var half = x / (1 + Math.Sqrt(1 + x * x));
        var quarter = half / (1 + Math.Sqrt(1 + half * half));
        return 4 * AtanSeries(quarter);
    }

    /// <summary>baseᵉˣᵖᵒⁿᵉⁿᵗ for a positive base, as exp(exponent · ln base).</summary>
    public static double Pow(double @base, double exponent) => Exp(exponent * Log(@base));

    /// <summary>2 artanh(s) = ln((1 + s)/(1 − s)) = 2s(1 + s²/3 + s⁴/5 + …), for |s| ≤ 0.26.</summary>
    private static double TwiceArtanh(double s)
    {
        var square = s * s;
        var sum = 1.0 / 29;
        for (var odd = 27; odd >= 3; odd -= 2)
        {
            sum = sum * square + 1.0 / odd;
        }

        return 2 * s + 2 * s * (square * sum);
    }

    /// <summary>eʳ − 1 = r(1 + r/2(1 + r/3(1 + …))), for |r| ≤ ½ ln 2.</summary>
    private static double ExpM1Series(double r)
    {
        var sum = 1.0;
        for (var n = 15; n >= 2; n--)
        {
            sum = 1 + r / n * sum;
        }

        return r * sum;
    }

    /// <summary>sin r = r(1 − r²/(2·3)(1 − r²/(4·5)(1 − …))), for |r| ≤ π/4.</summary>
    private static double SinSeries(double r)
    {
        var square = r * r;
        var sum = 1.0;
        for (var n = 18; n >= 2; n -= 2)
        {
            sum = 1 - square / (n * (n + 1)) * sum;
        }

        return r * sum;
    }

    /// <summary>cos r = 1 − r²/(1·2)(1 − r²/(3·4)(1 − …)), for |r| ≤ π/4.</summary>
    private static double CosSeries(double r)
    {
        var square = r * r;
        var sum = 1.0;
        for (var n = 17; n >= 1; n -= 2)
        {
            sum = 1 - square / (n * (n + 1)) * sum;
        }

        return sum;
    }

    /// <summary>atan s = s(1 − s²/3 + s⁴/5 − …), for |s| ≤ 0.2.</summary>
    private static double AtanSeries(double s)
    {
        var square = s * s;
        var sum = 1.0 / 23;
        for (var odd = 21; odd >= 3; odd -= 2)
        {
            sum = 1.0 / odd - square * sum;
        }

        return s - s * (square * sum);
    }

    private static (int Power, double Remainder) ReduceByLn2(double x)
    {
        var power = (int)Math.Round(x * 1.4426950408889634, MidpointRounding.ToEven);
        return (power, x - power * Ln2High - power * Ln2Low);
    }

    private static (int Quadrant, double Remainder) ReduceByHalfPi(double x)
    {
        var quadrant = (int)Math.Round(x * 0.6366197723675814, MidpointRounding.ToEven);
        return (quadrant, x - quadrant * HalfPiHigh - quadrant * HalfPiMiddle - quadrant * HalfPiLow);
    }

    private static double Rotated(int quadrant, double sin, double cos) => (quadrant & 3) switch
    {
        0 => sin,
        1 => cos,
        2 => -sin,
        _ => -cos,
    };
}

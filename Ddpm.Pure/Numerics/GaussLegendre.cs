using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Numerics;

/// <summary>
/// Gauss and Legendre's quadrature with 16 points: exact for polynomials up to degree 31. Functions that are analytic well around the interval come out to
/// within a few roundings.
/// </summary>
internal static class GaussLegendre
{
    private const int Degree = 16, Iterations = 8;

    /// <summary>The positive roots of Legendre's polynomial P_16 and their weights. The negative ones mirror them.</summary>
    private static readonly Arr<(double Root, double Weight)> Points = Range(1, Degree / 2).Map(Point).ToArr();

    /// <summary>∫ f(x) dx.</summary>
    /// <param name="from">The lower end.</param>
    /// <param name="to">The upper end.</param>
    /// <param name="f">The function. It is not evaluated at the ends.</param>
    public static double Integral(double from, double to, Func<double, double> f)
    {
        var (centre, half) = (from + (to - from) / 2, (to - from) / 2);
        return half * Points.Fold(0.0, (sum, point) => sum + point.Weight * (f(centre - half * point.Root) + f(centre + half * point.Root)));
    }

    /// <summary>The k-th greatest root, by Newton's method, and its weight 2/((1 − x²)·P′(x)²).</summary>
    private static (double Root, double Weight) Point(int k)
    {
        var root = Elementary.Cos(Math.PI * (k - 0.25) / (Degree + 0.5));
        for (var i = 0; i < Iterations; i++)
        {
            var (value, slope) = Legendre(root);
            root -= value / slope;
        }

        var (_, last) = Legendre(root);
        return (root, 2 / ((1 - root) * (1 + root) * last * last));
    }

    /// <summary>P_16(x) and its derivative, by n·P_n = (2n − 1)·x·P_(n−1) − (n − 1)·P_(n−2) and (1 − x²)·P′_n = n·(P_(n−1) − x·P_n).</summary>
    private static (double Value, double Slope) Legendre(double x)
    {
        var (before, value) = (1.0, x);
        for (var n = 2; n <= Degree; n++)
        {
            (before, value) = (value, ((2 * n - 1) * x * value - (n - 1) * before) / n);
        }

        return (value, Degree * (before - x * value) / ((1 - x) * (1 + x)));
    }
}

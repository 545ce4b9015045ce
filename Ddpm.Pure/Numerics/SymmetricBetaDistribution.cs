namespace Ddpm.Pure.Numerics;

/// <summary>
/// The distribution Beta(a, a) on [0, 1], with density proportional to (x·(1 − x))^(a − 1), a ∈ (0, 1]. It is symmetric around ½, so half of it gives its own
/// norm, and no gamma function is needed. a = 1 is uniform, a = ½ the arcsine distribution.
/// </summary>
public static class SymmetricBetaDistribution
{
    private const int SeriesTerms = 60, MostIterations = 60;

    /// <summary>The probability of a value below x, the regularised incomplete beta function I_x(a, a).</summary>
    /// <param name="shape">a ∈ (0, 1].</param>
    /// <param name="x">In [0, 1].</param>
    public static double Cdf(double shape, double x) => x <= 0.5 ? Incomplete(shape, x) / Norm(shape) : 1 - Cdf(shape, 1 - x);

    /// <summary>
    /// The x with a given probability below it, by Newton's method in u = xᵃ: the probability is convex in u, so that the steps from the right decrease to
    /// the root.
    /// </summary>
    /// <param name="shape">a ∈ (0, 1].</param>
    /// <param name="probability">In [0, 1].</param>
    public static double Quantile(double shape, double probability)
    {
        if (probability >= 0.5)
        {
            return probability == 0.5 ? 0.5 : 1 - Quantile(shape, 1 - probability);
        }

        var norm = shape * Norm(shape);
        var u = probability * norm;
        for (var i = 0; i < MostIterations; i++)
        {
            var x = Elementary.Pow(u, 1 / shape);
            var slope = Elementary.Exp((shape - 1) * Elementary.Log1P(-x)) / norm;
            var next = u - (Cdf(shape, x) - probability) / slope;
            if (!(next < u))
            {
                break;
            }

            u = next;
        }

        return Elementary.Pow(u, 1 / shape);
    }

    /// <summary>B(a, a), twice its half.</summary>
    private static double Norm(double shape) => 2 * Incomplete(shape, 0.5);

    /// <summary>∫₀ˣ (t·(1 − t))^(a − 1) dt = xᵃ·Σ_k c_k·xᵏ/(a + k), with c_k the coefficients of (1 − x)^(a − 1), for x ≤ ½.</summary>
    private static double Incomplete(double shape, double x)
    {
        var sum = 0.0;
        for (var k = SeriesTerms; k >= 0; k--)
        {
            sum = 1 / (shape + k) + x * (k + 1 - shape) / (k + 1) * sum;
        }

        return Elementary.Pow(x, shape) * sum;
    }
}

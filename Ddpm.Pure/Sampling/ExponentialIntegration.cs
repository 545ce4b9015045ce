using Ddpm.Pure.Numerics;
using LanguageExt;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// The exact solution of the probability-flow equation in x_0 (Lu et al. 2022, 2211.01095, proposition 4.1). Over a step of length h in λ,
/// x_p = (σ_p/σ_t)·x + a_p·∫₀¹ h·e^(−h(1−τ))·x_0(λ_t + τh) dτ. A multistep method replaces x_0(λ) by the polynomial through its stored values.
/// </summary>
public static class ExponentialIntegration
{
    private const int SeriesTerms = 24;

    /// <summary>
    /// ψ_k(h) = ∫₀¹ h·e^(−h(1−τ))·τᵏ dτ, h ∈ [0, ∞]: ψ_0 = 1 − e^(−h) and ψ_k = 1 − k·ψ_{k−1}/h. For small h it is computed by the series
    /// k!·Σ_j (−1)ʲ·h^(j+1)/(k + 1 + j)!, which has no cancellation.
    /// </summary>
    public static double Moment(int k, double h)
    {
        if (k == 0 || double.IsPositiveInfinity(h))
        {
            return -Elementary.ExpM1(-h);
        }

        if (h >= 2)
        {
            return 1 - k * Moment(k - 1, h) / h;
        }

        var sum = 1.0;
        for (var j = SeriesTerms; j >= 1; j--)
        {
            sum = 1 - h / (k + 1 + j) * sum;
        }

        return h / (k + 1) * sum;
    }

    /// <summary>
    /// The weights of values of x_0 at given places, in the integral of the polynomial through them. They are exact for polynomials of that degree.
    /// </summary>
    /// <param name="h">The step's length, ≥ 0.</param>
    /// <param name="places">Places τ in units of the step, all different: 0 at its beginning, 1 at its end, negative before it.</param>
    public static Arr<double> Weights(double h, Arr<double> places) => WeightsOf(k => Moment(k, h), places);

    /// <summary>The weights of values at given places in an integral of the polynomial through them.</summary>
    /// <param name="moment">The integral of τᵏ.</param>
    /// <param name="places">Places τ, all different.</param>
    internal static Arr<double> WeightsOf(Func<int, double> moment, Arr<double> places)
    {
        double[] at = [.. places], weights = new double[at.Length], moments = [.. Enumerable.Range(0, at.Length).Select(moment)];
        var basis = new double[at.Length];
        for (var j = 0; j < at.Length; j++)
        {
            // Lagrange's basis polynomial of place j, expanded in powers of τ, the constant first: the product of (τ − place) over all other places.
            Array.Clear(basis);
            basis[0] = 1;
            var scale = 1.0;
            foreach (var other in at.Where((_, m) => m != j))
            {
                for (var power = at.Length - 1; power >= 0; power--)
                {
                    basis[power] = (power > 0 ? basis[power - 1] : 0) - other * basis[power];
                }

                scale *= at[j] - other;
            }

            for (var k = 0; k < at.Length; k++)
            {
                weights[j] += basis[k] * moments[k];
            }

            weights[j] /= scale;
        }

        return new(weights);
    }
}

using Ddpm.Pure.Numerics;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Metrics;

/// <summary>
/// The squared Fréchet distance of two Gaussians, |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½) (Dowson and Landau 1982). With features of the Inception network, it is
/// the FID (Heusel et al. 2017).
/// </summary>
public static class FrechetDistance
{
    /// <summary>The squared distance between the Gaussians of two feature sets.</summary>
    /// <returns>A number ≥ 0, or an error if the dimensions differ.</returns>
    public static Validation<Error, double> Between(FeatureSet real, FeatureSet generated) =>
        FeatureSet.OneDimension(real.Dimension, generated.Dimension)
            .Map(_ => Squared(GaussianSummary.Of(real), GaussianSummary.Of(generated)));

    /// <summary>The squared distance between two Gaussians.</summary>
    /// <returns>A number ≥ 0, or an error if the dimensions differ.</returns>
    public static Validation<Error, double> Between(GaussianSummary real, GaussianSummary generated) =>
        FeatureSet.OneDimension(real.Dimension, generated.Dimension).Map(_ => Squared(real, generated));

    private static double Squared(GaussianSummary real, GaussianSummary generated)
    {
        var square = real.Mean.Zip(generated.Mean, (u, v) => (u - v) * (u - v)).Sum();
        return square + Math.Max(0, real.Covariance.Trace + generated.Covariance.Trace - 2 * TraceOfRoot(real.Covariance, generated.Covariance));
    }

    /// <summary>
    /// tr (Σ₁Σ₂)^½ = tr (Σ₁^½·Σ₂·Σ₁^½)^½ is the sum of the singular values of F₁·F₂ᵀ for any factors Σ = Fᵀ·F. An eigenvalue
    /// under the root would have error ε, and its root √ε; singular values have error ε.
    /// </summary>
    private static double TraceOfRoot(SymmetricMatrix real, SymmetricMatrix generated)
    {
        var n = real.Order;
        var (first, second) = (Factor(real), Factor(generated));
        var product = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                product[i * n + j] = Rows.Dot(first.AsSpan(i * n, n), second.AsSpan(j * n, n));
            }
        }

        return SingularValues.Of(product, n, n).Sum();
    }

    /// <summary>
    /// F = Λ^½·Vᵀ. An eigenvalue within the rounding error of zero counts as zero, because its root would not be small. So fewer features than dimensions do no
    /// harm.
    /// </summary>
    private static double[] Factor(SymmetricMatrix covariance)
    {
        var (n, eigen) = (covariance.Order, EigenDecomposition.Of(covariance));
        var vectors = eigen.Vectors.ToArray();
        var factor = new double[n * n];
        for (var k = 0; k < n; k++)
        {
            if (eigen.Values[k] > eigen.Roundoff)
            {
                Rows.AddScaled(factor.AsSpan(k * n, n), Math.Sqrt(eigen.Values[k]), vectors.AsSpan(k * n, n));
            }
        }

        return factor;
    }
}

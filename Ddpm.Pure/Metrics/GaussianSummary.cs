using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Metrics;

/// <summary>A Gaussian in D dimensions: the Fréchet distance's summary of a feature set (Heusel et al. 2017).</summary>
public sealed record GaussianSummary
{
    private GaussianSummary(Arr<double> mean, SymmetricMatrix covariance) => (Mean, Covariance) = (mean, covariance);

    /// <summary>μ. Length D.</summary>
    public Arr<double> Mean { get; }

    /// <summary>Σ, D×D, positive semidefinite.</summary>
    public SymmetricMatrix Covariance { get; }

    /// <summary>D ≥ 1.</summary>
    public int Dimension => Mean.Count;

    /// <summary>A Gaussian of given moments.</summary>
    /// <param name="mean">D numbers within ±10⁴⁰.</param>
    /// <param name="covariance">D×D, positive semidefinite up to rounding.</param>
    /// <returns>The Gaussian, or every fault.</returns>
    public static Validation<Error, GaussianSummary> Of(Arr<double> mean, SymmetricMatrix covariance)
    {
        var eigen = EigenDecomposition.Of(covariance);
        var (least, largest) = (eigen.Values[0], eigen.Values[^1]);
        return (mean.Map((i, x) => Check.That(Invariant($"mean[{i}]"), x, Math.Abs(x) <= FeatureSet.Largest, "must lie in [-1E+40, 1E+40]"))
                    .Sequence(),
                Check.That("covariance-order", covariance.Order, covariance.Order == mean.Count,
                    Invariant($"must equal the length of the mean, {mean.Count}")),
                Check.That("covariance-least-eigenvalue", least, least >= -eigen.Roundoff, "must be at least 0"),
                Check.That("covariance-largest-eigenvalue", largest, largest <= FeatureSet.Largest * FeatureSet.Largest, "must be at most 1E+80"))
            .Apply((_, _, _, _) => new GaussianSummary(mean, covariance));
    }

    /// <summary>The mean and the covariance of a feature set. The covariance divides by N − 1 and sums deviations from the mean.</summary>
    public static GaussianSummary Of(FeatureSet features)
    {
        var (n, d, values) = (features.Count, features.Dimension, features.Values.ToArray());
        var mean = new double[d];
        for (var i = 0; i < n; i++)
        {
            Rows.AddScaled(mean, 1, values.AsSpan(i * d, d));
        }

        for (var j = 0; j < d; j++)
        {
            mean[j] /= n;
        }

        var covariance = new double[d * d];
        for (var i = 0; i < n; i++)
        {
            var deviation = values.AsSpan(i * d, d);
            Rows.AddScaled(deviation, -1, mean);
            for (var j = 0; j < d; j++)
            {
                Rows.AddScaled(covariance.AsSpan(j * d + j, d - j), deviation[j], deviation[j..]);
            }
        }

        for (var j = 0; j < covariance.Length; j++)
        {
            covariance[j] /= n - 1;
        }

        return new(new Arr<double>(mean), SymmetricMatrix.OfUpperTriangle(d, covariance));
    }
}

using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Metrics;

/// <summary>
/// Four measures of the overlap of two feature sets. The manifold of a set is the union of balls, one around each feature. A ball's radius is the distance to
/// the k-th nearest other feature of the set.
/// </summary>
/// <param name="Precision">The fraction of the generated features on the real manifold (Kynkäänniemi et al. 2019, eq. 2); 0 … 1.</param>
/// <param name="Recall">The fraction of the real features on the generated manifold; 0 … 1.</param>
/// <param name="Density">The mean number of real balls around a generated feature, divided by k (Naeem et al. 2020, eq. 3); ≥ 0, may exceed 1.</param>
/// <param name="Coverage">The fraction of the real balls with a generated feature inside (Naeem et al. 2020, eq. 4); 0 … 1.</param>
public readonly record struct PrecisionRecall(double Precision, double Recall, double Density, double Coverage)
{
    /// <summary>The four measures of two feature sets.</summary>
    /// <param name="real">N features.</param>
    /// <param name="generated">M features of the same dimension.</param>
    /// <param name="neighbours">
    /// k from 1 to the smaller of N − 1 and M − 1; 3 in the paper on precision and recall, 5 in the paper on density and coverage.
    /// </param>
    /// <returns>The measures, or every fault.</returns>
    public static Validation<Error, PrecisionRecall> Of(FeatureSet real, FeatureSet generated, int neighbours = 3)
    {
        var most = Math.Min(real.Count, generated.Count) - 1;
        return (FeatureSet.OneDimension(real.Dimension, generated.Dimension),
                Check.That("neighbours", neighbours, neighbours >= 1 && neighbours <= most, Invariant($"must lie in [1, {most}]")))
            .Apply((_, k) => Measured(real, generated, k));
    }

    private static PrecisionRecall Measured(FeatureSet real, FeatureSet generated, int k)
    {
        var (realRadii, generatedRadii) = (SquaredRadii(real, k), SquaredRadii(generated, k));
        var (covered, recalled) = (new bool[real.Count], new bool[real.Count]);
        var (onManifold, balls) = (0, 0L);
        EachRow(generated, real, (j, distances) =>
        {
            var holding = 0;
            for (var i = 0; i < distances.Length; i++)
            {
                var inside = distances[i] <= realRadii[i];
                holding += inside ? 1 : 0;
                covered[i] |= inside;
                recalled[i] |= distances[i] <= generatedRadii[j];
            }

            onManifold += holding > 0 ? 1 : 0;
            balls += holding;
        });
        double n = real.Count, m = generated.Count;
        return new(onManifold / m, recalled.Count(held => held) / n, balls / (k * m), covered.Count(held => held) / n);
    }

    /// <summary>The squared distance from each feature to its k-th nearest other feature.</summary>
    private static double[] SquaredRadii(FeatureSet features, int k)
    {
        var (radii, nearest) = (new double[features.Count], new double[k]);
        EachRow(features, features, (i, distances) =>
        {
            System.Array.Fill(nearest, double.PositiveInfinity);
            for (var j = 0; j < distances.Length; j++)
            {
                if (j == i || distances[j] >= nearest[^1])
                {
                    continue;
                }

                var place = k - 1;
                for (; place > 0 && nearest[place - 1] > distances[j]; place--)
                {
                    nearest[place] = nearest[place - 1];
                }

                nearest[place] = distances[j];
            }

            radii[i] = nearest[^1];
        });
        return radii;
    }

    /// <summary>
    /// Calls an action with the squared distances from each feature of one set to all features of the other. Each sum runs dimension by dimension, so the
    /// distance is the same number in both directions.
    /// </summary>
    private static void EachRow(FeatureSet from, FeatureSet to, Action<int, double[]> use)
    {
        var (points, byDimension, distances) = (from.Values.ToArray(), to.ByDimension(), new double[to.Count]);
        for (var i = 0; i < from.Count; i++)
        {
            distances.AsSpan().Clear();
            for (var d = 0; d < from.Dimension; d++)
            {
                Rows.AddSquaredDifferences(distances, points[i * from.Dimension + d], byDimension.AsSpan(d * to.Count, to.Count));
            }

            use(i, distances);
        }
    }
}

using Ddpm.Pure.Numerics;
using Ddpm.Pure.Random;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Metrics;

/// <summary>A distance estimated on several subsets.</summary>
/// <param name="Mean">The mean over the subsets.</param>
/// <param name="StandardDeviation">The standard deviation over the subsets (division by their number).</param>
public readonly record struct KernelEstimate(double Mean, double StandardDeviation);

/// <summary>
/// The kernel (inception) distance: the unbiased estimate of the squared maximum mean discrepancy with the kernel k(x, y) = (xᵀy/D + 1)³
/// (Bińkowski et al. 2018, eq. 4 and section 4). It may be negative if the two distributions are close.
/// </summary>
public static class KernelDistance
{
    /// <summary>
    /// Σ_{i≠j} k(x_i, x_j)/(N(N − 1)) + Σ_{i≠j} k(y_i, y_j)/(M(M − 1)) − 2·Σ k(x_i, y_j)/(N·M), on all N and M features.
    /// </summary>
    /// <returns>The estimate, or an error if the dimensions differ.</returns>
    public static Validation<Error, double> Between(FeatureSet real, FeatureSet generated) =>
        FeatureSet.OneDimension(real.Dimension, generated.Dimension)
            .Map(dimension => Discrepancy(real.Values.ToArray(), generated.Values.ToArray(), dimension));

    /// <summary>
    /// The same estimate on subsets drawn without replacement, as is usual for large sets (the paper: 100 subsets of 1000). Subset s holds the first features
    /// of the permutation drawn by <see cref="StreamName.MetricSubsets"/> at step s, index 0 for the real features and 1 for the generated features.
    /// </summary>
    /// <param name="real">N features.</param>
    /// <param name="generated">M features of the same dimension.</param>
    /// <param name="subsets">The number of subsets, ≥ 1.</param>
    /// <param name="size">Features in each, from 2 to the smaller of N and M.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <returns>Mean and standard deviation, or every fault.</returns>
    public static Validation<Error, KernelEstimate> OverSubsets(FeatureSet real, FeatureSet generated, int subsets, int size, ulong seed) =>
        (FeatureSet.OneDimension(real.Dimension, generated.Dimension), Check.AtLeast("subsets", subsets, 1),
                Check.That("subset-size", size, size >= 2 && size <= Math.Min(real.Count, generated.Count),
                    Invariant($"must lie in [2, {Math.Min(real.Count, generated.Count)}]")))
            .Apply((dimension, number, each) =>
            {
                var stream = new RandomStream(seed, StreamName.MetricSubsets);
                var distances = Enumerable.Range(0, number)
                    .Select(step => Discrepancy(Subset(real, each, stream.At(0, step)), Subset(generated, each, stream.At(1, step)), dimension))
                    .ToArray();
                var mean = distances.Average();
                return new KernelEstimate(mean, Math.Sqrt(distances.Average(distance => (distance - mean) * (distance - mean))));
            });

    private static double[] Subset(FeatureSet features, int size, Draws draws)
    {
        var (dimension, values) = (features.Dimension, features.Values.ToArray());
        return [.. Permutation.Of(draws, features.Count).Take(size).SelectMany(i => values.AsSpan(i * dimension, dimension).ToArray())];
    }

    private static double Discrepancy(double[] x, double[] y, int dimension)
    {
        double n = x.Length / dimension, m = y.Length / dimension;
        return 2 * KernelSum(x, x, dimension, onlyLater: true) / (n * (n - 1)) + 2 * KernelSum(y, y, dimension, onlyLater: true) / (m * (m - 1))
            - 2 * KernelSum(x, y, dimension, onlyLater: false) / (n * m);
    }

    /// <summary>The sum of the kernel over all pairs, or over the pairs with the second index above the first.</summary>
    private static double KernelSum(double[] x, double[] y, int dimension, bool onlyLater)
    {
        var (n, m) = (x.Length / dimension, y.Length / dimension);
        var (byDimension, products, total) = (Rows.Transposed(y, m, dimension), new double[m], 0.0);
        for (var i = 0; i < n; i++)
        {
            var from = onlyLater ? i + 1 : 0;
            var row = products.AsSpan(from);
            row.Clear();
            for (var d = 0; d < dimension; d++)
            {
                Rows.AddScaled(row, x[i * dimension + d], byDimension.AsSpan(d * m + from, m - from));
            }

            // Row sums lose less precision than one long sum.
            var sum = 0.0;
            foreach (var product in row)
            {
                var shifted = product / dimension + 1;
                sum += shifted * shifted * shifted;
            }

            total += sum;
        }

        return total;
    }
}

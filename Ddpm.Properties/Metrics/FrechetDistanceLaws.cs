using Ddpm.Pure.Metrics;
using Ddpm.Pure.Numerics;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Metrics;

[Properties(Arbitrary = [typeof(FeatureSets), typeof(Commuting), typeof(Generators)])]
public sealed class FrechetDistanceLaws
{
    [Law]
    public bool It_is_symmetric_and_not_negative(ThreeFeatureSets sets) => Between(sets.Real, sets.Generated) is >= 0 and var distance
        && Near(distance, Between(sets.Generated, sets.Real), sets.Roundoff);

    [Law]
    public bool It_is_zero_on_itself(ThreeFeatureSets sets) => Near(0, Between(sets.Real, sets.Real), sets.Roundoff);

    /// <summary>A rotation rounds the covariances, and the roots of their least eigenvalues make most of it.</summary>
    [Law]
    public bool A_common_rotation_and_translation_keep_it(ThreeFeatureSets sets, Pixel angle, Pixel shift)
    {
        var moved = (Rotated(sets.Real, angle.Value, shift.Value), Rotated(sets.Generated, angle.Value, shift.Value));
        return Near(Between(sets.Real, sets.Generated), Between(moved.Item1, moved.Item2),
            sets.Roundoff + RoundoffOfRoots(sets.Real, sets.Generated) + RoundoffOfRoots(sets.Generated, sets.Real)
                + 64 * (sets.Real.Count + sets.Generated.Count) * Epsilon * sets.Dimension * shift.Value * shift.Value);
    }

    /// <summary>An eigenvalue λ known to δ has a root between √(λ − δ) and √(λ + δ). Its error multiplies the roots of the other set.</summary>
    private static double RoundoffOfRoots(FeatureSet set, FeatureSet other)
    {
        var eigen = EigenDecomposition.Of(GaussianSummary.Of(set).Covariance);
        double Root(double square) => Math.Sqrt(Math.Max(0, square));
        return 2 * Math.Sqrt(GaussianSummary.Of(other).Covariance.Trace) * eigen.Values.Sum(value =>
            Root(value + eigen.Roundoff) - Root(value - eigen.Roundoff));
    }

    [Law]
    public bool Doubling_the_features_quadruples_it_exactly(ThreeFeatureSets sets) =>
        4 * Between(sets.Real, sets.Generated) == Between(sets.Real.Map(x => [.. x.Select(y => 2 * y)]), sets.Generated.Map(x => [.. x.Select(y => 2 * y)]));

    [Law]
    public bool Translating_one_of_two_equal_sets_gives_the_square_of_the_way(ThreeFeatureSets sets, Pixel shift) => Near(
        sets.Dimension * shift.Value * shift.Value, Between(sets.Real, sets.Real.Map(x => [.. x.Select(y => y + shift.Value)])),
        2 * sets.Roundoff + 128 * sets.Real.Count * Epsilon * sets.Dimension * shift.Value * shift.Value);

    [Law]
    public bool In_one_dimension_it_compares_means_and_standard_deviations(ThreeFeatureSets sets)
    {
        static FeatureSet First(FeatureSet set) =>
            FeatureSet.Of(set.Count, 1, Enumerable.Range(0, set.Count).Select(i => set.Feature(i)[0]).ToArr()).Valid();
        var (real, generated) = (GaussianSummary.Of(First(sets.Real)), GaussianSummary.Of(First(sets.Generated)));
        var (means, deviations) = (real.Mean[0] - generated.Mean[0], Math.Sqrt(real.Covariance[0, 0]) - Math.Sqrt(generated.Covariance[0, 0]));
        return Near(means * means + deviations * deviations, Between(First(sets.Real), First(sets.Generated)), sets.Roundoff);
    }

    /// <summary>It is the square of a metric. An error δ of a square is √δ in its root.</summary>
    [Law]
    public bool Its_root_satisfies_the_triangle_inequality(ThreeFeatureSets sets) =>
        Math.Sqrt(Between(sets.Real, sets.Generated))
            <= Math.Sqrt(Between(sets.Real, sets.Third)) + Math.Sqrt(Between(sets.Third, sets.Generated)) + 3 * Math.Sqrt(sets.Roundoff);

    /// <summary>
    /// Σ_i (√λ_i − √κ_i)² where one rotation diagonalises both. The eigenvalues, 0 or in [0.1, 10], are off by some n·ε·10, hence their roots by
    /// n·ε·10/√0.1 at most, and the roots of those they meet are √10 at most.
    /// </summary>
    [Law]
    public bool Commuting_covariances_compare_axis_by_axis(CommutingGaussians g) => Near(
        g.First.Zip(g.Second, (u, v) => (Math.Sqrt(u) - Math.Sqrt(v)) * (Math.Sqrt(u) - Math.Sqrt(v))).Sum(),
        FrechetDistance.Between(g.Gaussian(g.First), g.Gaussian(g.Second)).Valid(), 64 * g.First.Length * g.First.Length * Epsilon * 10 * 10);

    [Law]
    public bool Of_sets_it_is_that_of_their_summaries(ThreeFeatureSets sets) => Between(sets.Real, sets.Generated)
        == FrechetDistance.Between(GaussianSummary.Of(sets.Real), GaussianSummary.Of(sets.Generated)).Valid();

    /// <summary>Computed with 40 digits by the eigenvalues of Σ₁^½·Σ₂·Σ₁^½, one of which is 0: both covariances have rank 2.</summary>
    [Fact]
    public void Known_distance() => Known(0.656594557572804138, Between(FeatureSets.Examples.Real, FeatureSets.Examples.Generated), 1e-12);

    private static double Between(FeatureSet real, FeatureSet generated) => FrechetDistance.Between(real, generated).Valid();

    private static FeatureSet Rotated(FeatureSet set, double angle, double shift) => set.Map(x =>
    {
        double[] rotated = [.. x];
        for (var j = 0; j + 1 < x.Length; j++)
        {
            Turn(rotated, j, angle + j);
        }

        return [.. rotated.Select(y => y + shift)];
    });

    private static void Turn(double[] x, int j, double angle) =>
        (x[j], x[j + 1]) = (Math.Cos(angle) * x[j] + Math.Sin(angle) * x[j + 1], Math.Cos(angle) * x[j + 1] - Math.Sin(angle) * x[j]);

    public sealed record CommutingGaussians(double[] First, double[] Second, double Angle)
    {
        public GaussianSummary Gaussian(double[] eigenvalues)
        {
            var n = eigenvalues.Length;
            var axes = Enumerable.Range(0, n).Select(k => Axis(n, k)).ToArray();
            var covariance = new double[n * n];
            for (var place = 0; place < n * n; place++)
            {
                var (row, column) = (Math.Min(place / n, place % n), Math.Max(place / n, place % n));
                covariance[place] = Enumerable.Range(0, n).Sum(k => eigenvalues[k] * axes[k][row] * axes[k][column]);
            }

            return GaussianSummary.Of(new double[n].ToArr(), SymmetricMatrix.Of(n, covariance.ToArr()).Valid()).Valid();
        }

        private double[] Axis(int n, int k)
        {
            var axis = new double[n];
            axis[k] = 1;
            for (var j = 0; j + 1 < n; j++)
            {
                Turn(axis, j, Angle + j);
            }

            return axis;
        }
    }

    public static class Commuting
    {
        private static Gen<double> Eigenvalue { get; } = Gen.Frequency((6, Generators.Between(0.1, 10)), (1, Gen.Constant(0.0)), (1, Gen.Constant(1.0)));

        public static Arbitrary<CommutingGaussians> Gaussians() =>
            (from n in Gen.Choose(1, 7)
             from first in Eigenvalue.ArrayOf(n)
             from second in Eigenvalue.ArrayOf(n)
             from angle in Generators.Between(-3, 3)
             select new CommutingGaussians(first, second, angle)).ToArbitrary();
    }
}

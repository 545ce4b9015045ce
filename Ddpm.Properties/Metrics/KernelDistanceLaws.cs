using Ddpm.Pure.Metrics;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Metrics;

[Properties(Arbitrary = [typeof(FeatureSets)])]
public sealed class KernelDistanceLaws
{
    [Law]
    public bool It_is_the_sum_over_pairs(ThreeFeatureSets sets)
    {
        static double Mean(FeatureSet one, FeatureSet other, bool withSelf) => (
            from i in Enumerable.Range(0, one.Count)
            from j in Enumerable.Range(0, other.Count)
            where withSelf || i != j
            select Kernel(one.Feature(i), other.Feature(j))).Average();
        var expected = Mean(sets.Real, sets.Real, false) + Mean(sets.Generated, sets.Generated, false) - 2 * Mean(sets.Real, sets.Generated, true);
        return Near(expected, Between(sets.Real, sets.Generated), Roundoff(sets));
    }

    [Law]
    public bool It_is_symmetric(ThreeFeatureSets sets) =>
        Near(Between(sets.Real, sets.Generated), Between(sets.Generated, sets.Real), Roundoff(sets));

    [Law]
    public bool The_order_of_the_features_does_not_matter(ThreeFeatureSets sets, byte order) =>
        Near(Between(sets.Real, sets.Generated), Between(sets.Real.Permuted(order), sets.Generated.Permuted(order + 1)), Roundoff(sets));

    /// <summary>The estimate is unbiased: the bias that pairs of a feature with itself would make is left out.</summary>
    [Fact]
    public void Between_two_draws_of_one_distribution_it_is_zero_on_average()
    {
        const int draws = 2000;
        var distances = Enumerable.Range(0, draws)
            .Select(draw => Between(FeatureSets.Normal(10, 3, 2 * draw), FeatureSets.Normal(8, 3, 2 * draw + 1)))
            .ToArray();
        var mean = distances.Average();
        var error = Math.Sqrt(distances.Average(x => (x - mean) * (x - mean)) / draws);
        Assert.InRange(mean / error, -5, 5);
    }

    /// <summary>Of x ~ N(0, 1) and y ~ N(1, 1) in one dimension, the discrepancy is Σ_k C(3, k)(E xᵏ − E yᵏ)² = 3·1² + 3·(1 − 2)² + 4² = 22.</summary>
    [Fact]
    public void Between_two_distributions_it_is_the_discrepancy_of_their_moments_on_average()
    {
        const int draws = 2000;
        var distances = Enumerable.Range(0, draws)
            .Select(draw => Between(FeatureSets.Normal(20, 1, 2 * draw), FeatureSets.Normal(30, 1, 2 * draw + 1).Map(x => [x[0] + 1]))).ToArray();
        var mean = distances.Average();
        Assert.InRange((mean - 22) / Math.Sqrt(distances.Average(x => (x - mean) * (x - mean)) / draws), -5, 5);
    }

    [Law]
    public bool On_subsets_that_are_the_whole_sets_it_is_the_same(ThreeFeatureSets sets, ulong seed)
    {
        var size = Math.Min(sets.Real.Count, sets.Generated.Count);
        var (real, generated) = (Head(sets.Real, size), Head(sets.Generated, size));
        var estimate = KernelDistance.OverSubsets(real, generated, 3, size, seed).Valid();
        return Near(Between(real, generated), estimate.Mean, Roundoff(sets)) && Near(0, estimate.StandardDeviation, Roundoff(sets));
    }

    /// <summary>Each subset's estimate is unbiased for the whole sets' own; five of the standard errors that their spread shows.</summary>
    [Fact]
    public void On_subsets_it_is_the_same_on_average()
    {
        const int subsets = 2000;
        var (real, generated) = (FeatureSets.Normal(60, 2, 0), FeatureSets.Normal(50, 2, 1).Map(x => [x[0] + 1, x[1]]));
        var estimate = KernelDistance.OverSubsets(real, generated, subsets, 10, 5).Valid();
        Assert.InRange((estimate.Mean - Between(real, generated)) / (estimate.StandardDeviation / Math.Sqrt(subsets)), -5, 5);
        Assert.NotEqual(estimate, KernelDistance.OverSubsets(real, generated, subsets, 10, 6).Valid());
        Assert.Equal(estimate, KernelDistance.OverSubsets(real, generated, subsets, 10, 5).Valid());
    }

    /// <summary>Computed with 40 digits.</summary>
    [Fact]
    public void Known_distance() => Known(0.00455385046608970806, Between(FeatureSets.Examples.Real, FeatureSets.Examples.Generated), 1e-12);

    private static double Between(FeatureSet real, FeatureSet generated) => KernelDistance.Between(real, generated).Valid();

    private static FeatureSet Head(FeatureSet set, int count) =>
        FeatureSet.Of(count, set.Dimension, LanguageExt.Prelude.toArray(set.Values.Take(count * set.Dimension))).Valid();

    private static double Kernel(double[] x, double[] y) => Math.Pow(x.Zip(y, (u, v) => u * v).Sum() / x.Length + 1, 3);

    /// <summary>No kernel value exceeds the kernel of the longest feature with itself. A sum of N·M values row by row has N + M roundings.</summary>
    private static double Roundoff(ThreeFeatureSets sets)
    {
        var longest = new[] { sets.Real, sets.Generated }.Max(set => Enumerable.Range(0, set.Count).Max(i => Kernel(set.Feature(i), set.Feature(i))));
        return 32 * (sets.Real.Count + sets.Generated.Count + sets.Dimension) * Epsilon * longest;
    }
}

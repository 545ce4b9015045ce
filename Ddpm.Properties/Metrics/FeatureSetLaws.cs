using Ddpm.Pure.Metrics;
using Ddpm.Pure.Numerics;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Metrics;

[Properties(Arbitrary = [typeof(FeatureSets)])]
public sealed class FeatureSetLaws
{
    [Law]
    public bool The_summary_holds_mean_and_covariance(ThreeFeatureSets sets)
    {
        var (set, summary) = (sets.Real, GaussianSummary.Of(sets.Real));
        double Mean(Func<double[], double> of) => Enumerable.Range(0, set.Count).Select(i => of(set.Feature(i))).Average();
        return Enumerable.Range(0, set.Dimension).All(j => Near(Mean(x => x[j]), summary.Mean[j], sets.Roundoff)
            && Enumerable.Range(0, set.Dimension).All(k => Near(
                (Mean(x => x[j] * x[k]) - Mean(x => x[j]) * Mean(x => x[k])) * set.Count / (set.Count - 1), summary.Covariance[j, k], sets.Roundoff)));
    }

    [Law]
    public bool A_summary_s_moments_are_a_summary(ThreeFeatureSets sets) =>
        GaussianSummary.Of(sets.Real) is var summary && GaussianSummary.Of(summary.Mean, summary.Covariance).Valid() == summary;

    [Fact]
    public void What_is_no_feature_set_is_refused_with_every_fault()
    {
        Assert.Equal(
            ["count must be at least 2, got 1", "dimension must be at least 1, got 0", "feature[0] must lie in [-1E+40, 1E+40], got NaN"],
            FeatureSet.Of(1, 0, Prelude.Array(double.NaN)).Faults());
        Assert.Equal(
            ["features must have length 2×3, got 4", "feature[0, 1] must lie in [-1E+40, 1E+40], got 1E+41",
                "feature[1, 0] must lie in [-1E+40, 1E+40], got -Infinity"],
            FeatureSet.Of(2, 3, Prelude.Array(1E+40, 1E+41, -1E+40, double.NegativeInfinity)).Faults());
    }

    [Fact]
    public void Of_very_many_faults_the_first_are_told_and_the_others_counted()
    {
        var faults = FeatureSet.Of(2, 1000, Prelude.toArray(Enumerable.Repeat(double.NaN, 2000))).Faults();
        Assert.Equal(
            ["feature[0, 9] must lie in [-1E+40, 1E+40], got NaN", "and 1990 more features"], faults.TakeLast(2));
        Assert.Equal(11, faults.Length);
    }

    [Fact]
    public void What_is_no_gaussian_is_refused_with_every_fault() => Assert.Equal(
        ["mean[1] must lie in [-1E+40, 1E+40], got NaN", "covariance-order must equal the length of the mean, 2, got 1",
            "covariance-least-eigenvalue must be at least 0, got -1"],
        GaussianSummary.Of(Prelude.Array(0, double.NaN), SymmetricMatrix.Of(1, Prelude.Array(-1.0)).Valid()).Faults());

    [Fact]
    public void A_gaussian_too_wide_for_distances_is_refused() => Assert.Equal(
        ["covariance-largest-eigenvalue must be at most 1E+80, got 1E+81"],
        GaussianSummary.Of(Prelude.Array(0.0), SymmetricMatrix.Of(1, Prelude.Array(1E+81)).Valid()).Faults());

    [Fact]
    public void Sets_of_different_dimensions_are_not_compared()
    {
        var (two, three) = (FeatureSets.Normal(5, 2, 0), FeatureSets.Normal(4, 3, 0));
        const string fault = "generated-dimension must equal the dimension of the real features, 2, got 3";
        Assert.Equal([fault], FrechetDistance.Between(two, three).Faults());
        Assert.Equal([fault], FrechetDistance.Between(GaussianSummary.Of(two), GaussianSummary.Of(three)).Faults());
        Assert.Equal([fault], KernelDistance.Between(two, three).Faults());
        Assert.Equal(
            [fault, "subsets must be at least 1, got 0", "subset-size must lie in [2, 4], got 5"],
            KernelDistance.OverSubsets(two, three, 0, 5, 1).Faults());
        Assert.Equal([fault, "neighbours must lie in [1, 3], got 4"], PrecisionRecall.Of(two, three, 4).Faults());
        Assert.Equal(["neighbours must lie in [1, 4], got 0"], PrecisionRecall.Of(two, two, 0).Faults());
        Assert.Equal(["subset-size must lie in [2, 5], got 1"], KernelDistance.OverSubsets(two, two, 1, 1, 1).Faults());
    }
}

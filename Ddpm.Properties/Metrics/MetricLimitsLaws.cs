using Ddpm.Pure.Metrics;
using Ddpm.Pure.Numerics;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Metrics;

/// <summary>Sets and Gaussians at the ends of what is allowed, each fault told once, and features at the very edge of a ball.</summary>
public sealed class MetricLimitsLaws
{
    private static string[] Faults(int count, int dimension, params double[] values) => FeatureSet.Of(count, dimension, new Arr<double>(values)).Faults();

    [Fact]
    public void The_number_of_features_is_compared_with_right_sizes_alone()
    {
        Assert.Equal(["count must be at least 2, got 1"], Faults(1, 3, 0));
        Assert.Equal(["dimension must be at least 1, got 0"], Faults(2, 0, 0));
        Assert.Equal(["features must have length 2×1, got 3"], Faults(2, 1, 0, 1, 2));
        Assert.Empty(Faults(2, 1, 0, 1));
    }

    [Fact]
    public void The_largest_mean_and_covariance_are_allowed_and_so_is_none()
    {
        SymmetricMatrix Variance(double value) => SymmetricMatrix.Of(1, Prelude.Array(value)).Valid();
        Assert.Empty(GaussianSummary.Of(Prelude.Array(FeatureSet.Largest), Variance(FeatureSet.Largest * FeatureSet.Largest)).Faults());
        Assert.Empty(GaussianSummary.Of(Prelude.Array(-FeatureSet.Largest), Variance(0)).Faults());
    }

    /// <summary>Balls are closed: with radius 2, the ball around 6 holds 4, and the ball around 4 holds 6.</summary>
    [Fact]
    public void A_feature_at_the_edge_of_a_ball_is_inside()
    {
        var real = FeatureSet.Of(2, 1, Prelude.Array(6.0, 8)).Valid();
        var generated = FeatureSet.Of(3, 1, Prelude.Array(0.0, 2, 4)).Valid();
        Assert.Equal(new PrecisionRecall(1.0 / 3, 0.5, 1.0 / 3, 0.5), PrecisionRecall.Of(real, generated, 1).Valid());
    }
}

using Ddpm.Pure.Numerics;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Numerics;

/// <summary>The ends of an arc, and matrices of a wrong number of elements.</summary>
public sealed class VectorLimitsLaws
{
    [Fact]
    public void An_arc_holds_its_ends()
    {
        var (from, to) = (Prelude.Array(1.0, 0), Prelude.Array(0.0, 1));
        Assert.Equal(from, SphericalInterpolation.Between(from, to, 0).Valid());
        Assert.Equal(to, SphericalInterpolation.Between(from, to, 1).Valid());
        Assert.Equal(["fraction must lie in [0, 1], got 1.5"], SphericalInterpolation.Between(from, to, 1.5).Faults());
        Assert.Equal(["fraction must lie in [0, 1], got -0.5"], SphericalInterpolation.Between(from, to, -0.5).Faults());
    }

    [Fact]
    public void The_number_of_elements_is_compared_with_a_right_order_alone()
    {
        string[] Faults(int order, params double[] values) => SymmetricMatrix.Create(order, new Arr<double>(values)).Faults();
        Assert.Equal(["order must be at least 1, got 0"], Faults(0, 1));
        Assert.Equal(["order must be at least 1, got -1"], Faults(-1, 1, 2));
        Assert.Equal(["values must be 1 in number, got 2"], Faults(1, 1, 2));
        Assert.Equal(["values must be 4 in number, got 1"], Faults(2, 1));
        Assert.Empty(Faults(1, 1));
    }
}

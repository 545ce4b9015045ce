using Ddpm.Pure.Numerics;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Numerics;

/// <summary>Laws of Beta(a, a), a ∈ (0, 1].</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class SymmetricBetaDistributionLaws
{
    /// <summary>Sixty terms of a series that falls as 2⁻ᵏ, and a power xᵃ: a few roundings times the size of a·ln x.</summary>
    private const double Part = 64 * Epsilon;

    [Law]
    public bool Shape_1_is_uniform_and_shape_one_half_is_the_arcsine_distribution(Fraction fraction)
    {
        var x = Math.Min(fraction.Value, 1 - fraction.Value); // near 1 an arcsine loses half its digits
        return NearRelative(x, SymmetricBetaDistribution.Cdf(1, x), 4 * Part)
            && NearRelative(2 / Math.PI * Math.Asin(Math.Sqrt(x)), SymmetricBetaDistribution.Cdf(0.5, x), 4 * Part);
    }

    /// <summary>For an x whose complement is exact.</summary>
    [Law]
    public bool It_is_symmetric(Fraction shape, Fraction fraction) => 1 - (1 - fraction.Value) is var x
        && Near(1, SymmetricBetaDistribution.Cdf(shape.Value, x) + SymmetricBetaDistribution.Cdf(shape.Value, 1 - x), 2 * Epsilon)
        && Near(1, SymmetricBetaDistribution.Quantile(0.6, x) + SymmetricBetaDistribution.Quantile(0.6, 1 - x), 2 * Epsilon);

    /// <summary>Shapes down to 0.1: as a falls to 0, all x but the ends have probability near ½, and the probability no longer determines x.</summary>
    [Law]
    public bool The_quantile_is_the_inverse(Fraction shape, Fraction fraction)
    {
        var (a, probability) = (0.1 + 0.9 * shape.Value, Math.Min(fraction.Value, 1 - fraction.Value)); // the upper half is the lower one's mirror image
        var x = SymmetricBetaDistribution.Quantile(a, probability);
        return x is >= 0 and <= 0.5 && NearRelative(probability, SymmetricBetaDistribution.Cdf(a, x), 16 * Part);
    }

    /// <summary>By bisection of the series in double precision, in another language.</summary>
    [Fact]
    public void Known_quantiles_of_shape_0_6()
    {
        Assert.Equal(0, SymmetricBetaDistribution.Quantile(0.6, 0));
        Known(0.03958440558878083, SymmetricBetaDistribution.Quantile(0.6, 0.1), 1e-14);
        Known(0.175680378652695, SymmetricBetaDistribution.Quantile(0.6, 0.25), 1e-14);
        Known(0.3627009907532143, SymmetricBetaDistribution.Quantile(0.6, 0.4), 1e-14);
        Assert.Equal(0.5, SymmetricBetaDistribution.Quantile(0.6, 0.5));
        Assert.Equal(1, SymmetricBetaDistribution.Quantile(0.6, 1));
    }
}

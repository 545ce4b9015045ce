using Ddpm.Pure.Numerics;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Numerics;

/// <summary>The far tail where x² is no number of double precision: its rounding alone, times ½, would be 10⁻¹³ of Φ.</summary>
public sealed class FarTailLaws
{
    /// <summary>Of the double nearest to x, computed with eighty digits by Laplace's continued fraction.</summary>
    [Theory]
    [InlineData(-10.3, 3.5230650789264126e-25)]
    [InlineData(-20.7, 1.7318518790197379e-95)]
    [InlineData(-30.3, 5.7317235033154953e-202)]
    [InlineData(-37.1, 1.4047119663106221e-301)]
    public void Probabilities_keep_their_digits(double x, double probability)
    {
        var units = UnitsBetween(probability, NormalDistribution.Cdf(x));
        Assert.True(units <= 6, FormattableString.Invariant($"{units} units"));
    }
}

using Ddpm.Pure.Numerics;
using Ddpm.Pure.Reference;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Numerics;

/// <summary>
/// A logarithm of a density at x is ½x² and rounds by ε of that, hence tolerances of a few ε·(1 + x²). A mass of a short interval has the logarithm of its
/// width in it, which rounds by ε of itself.
/// </summary>
[Properties(Arbitrary = [typeof(Points)])]
public sealed class NormalDistributionLaws
{
    /// <summary>Φ of a tail is a product of four numbers, each rounded: two exponentials of a unit or two, a fraction, a constant.</summary>
    private const long FewUnits = 6;

    [Law]
    public bool Both_sides_sum_to_1(Point x) => Near(1, NormalDistribution.Cdf(x.Value) + NormalDistribution.Cdf(-x.Value), 2 * Epsilon);

    /// <summary>The error function is 2Φ(√2·x) − 1: odd because of the law above, and this is its monotonicity, to the rounding of a part of Φ.</summary>
    [Law]
    public bool It_does_not_fall(Point x, Point y)
    {
        var (low, high) = (Math.Min(x.Value, y.Value), Math.Max(x.Value, y.Value));
        return NormalDistribution.Cdf(low) <= NormalDistribution.Cdf(high) * (1 + 16 * Epsilon)
            && NormalDistribution.LogCdf(low) <= NormalDistribution.LogCdf(high) + 16 * Epsilon * (1 + low * low);
    }

    [Law]
    public bool The_logarithm_is_the_logarithm(Point x) => x.Value < -37
        || Near(Math.Log(NormalDistribution.Cdf(x.Value)), NormalDistribution.LogCdf(x.Value), 8 * Epsilon * (1 + x.Value * x.Value));

    /// <summary>2/(x + √(x² + 4)) &lt; (1 − Φ)/φ &lt; 4/(3x + √(x² + 8)) for x ≥ 0 (Birnbaum 1942; Sampford 1953), in logarithms.</summary>
    [Law]
    public bool The_tail_lies_between_Birnbaum_s_and_Sampford_s_bounds(Point point)
    {
        var x = Math.Abs(point.Value);
        var (tail, density, roundoff) = (NormalDistribution.LogCdf(-x), LogDensity(x), 8 * Epsilon * (1 + x * x));
        return Math.Log(2 / (x + Math.Sqrt(x * x + 4))) + density <= tail + roundoff
            && tail <= Math.Log(4 / (3 * x + Math.Sqrt(x * x + 8))) + density + roundoff;
    }

    [Law]
    public bool Masses_of_neighbouring_intervals_add(Point one, Point other, Point third)
    {
        double[] ends = [.. new[] { one.Value, other.Value, third.Value }.Order()];
        var (left, right) = (NormalDistribution.LogMass(ends[0], ends[1]), NormalDistribution.LogMass(ends[1], ends[2]));
        var sum = LogOfSum(left, right);
        return Near(sum, NormalDistribution.LogMass(ends[0], ends[2]), 32 * Epsilon * (1 + ends.Max(x => x * x)) + 4 * Epsilon * Math.Abs(sum));
    }

    [Law]
    public bool Below_an_interval_in_it_and_above_it_is_everything(Point x, Point y)
    {
        var (low, high) = (Math.Min(x.Value, y.Value), Math.Max(x.Value, y.Value));
        return Near(1, NormalDistribution.Cdf(low) + Math.Exp(NormalDistribution.LogMass(low, high)) + NormalDistribution.Cdf(-high), 32 * Epsilon);
    }

    /// <summary>A mass lies between width times least density and width times greatest density.</summary>
    [Law]
    public bool A_short_interval_has_its_width_times_a_density_in_it(Point x, Fraction width)
    {
        double low = x.Value, high = low + width.Value, logWidth = Math.Log(high - low);
        var roundoff = 16 * Epsilon * (1 + high * high + low * low) + 4 * Epsilon * Math.Abs(logWidth);
        var mass = NormalDistribution.LogMass(low, high) - logWidth;
        var (nearest, farthest) = (low <= 0 && high >= 0 ? 0 : Math.Min(Math.Abs(low), Math.Abs(high)), Math.Max(Math.Abs(low), Math.Abs(high)));
        return high == low || (LogDensity(farthest) <= mass + roundoff && mass <= LogDensity(nearest) + roundoff);
    }

    [Law]
    public bool The_mirrored_interval_has_the_same_mass(Point x, Point y)
    {
        var (low, high) = (Math.Min(x.Value, y.Value), Math.Max(x.Value, y.Value));
        return Near(NormalDistribution.LogMass(low, high), NormalDistribution.LogMass(-high, -low), 8 * Epsilon * (1 + low * low + high * high));
    }

    /// <summary>Computed with 60 digits; Φ(−8), Φ(−5), Φ(−1) and Φ(1.96) also stand in Abramowitz and Stegun, table 26.1.</summary>
    [Theory]
    [InlineData(-38, 2.8854283600687843e-316, -726.55721601882013)]
    [InlineData(-37.5, 4.6053530095819548e-308, -707.66898931750719)]
    [InlineData(-20, 2.7536241186062337e-89, -203.91715537109726)]
    [InlineData(-8, 6.2209605742717841e-16, -35.01343715991455)]
    [InlineData(-5, 2.8665157187919391e-7, -15.064998393988726)]
    [InlineData(-2.5, 0.0062096653257761352, -5.0816482772786905)]
    [InlineData(-1.5, 0.066807201268858066, -2.7059444008238898)]
    [InlineData(-1, 0.15865525393145705, -1.8410216450092635)]
    [InlineData(-0.75, 0.2266273523768682, -1.4844482299196563)]
    [InlineData(-0.5, 0.3085375387259869, -1.1759117615936186)]
    [InlineData(-0.001, 0.49960105778608894, -0.69394538346696518)]
    [InlineData(0, 0.5, -0.69314718055994531)]
    [InlineData(0.25, 0.59870632568292372, -0.51298407540943043)]
    [InlineData(0.999, 0.84110265435868171, -0.17304156420053252)]
    [InlineData(1, 0.84134474606854295, -0.17275377902344989)]
    [InlineData(1.96, 0.97500210485177956, -0.025315649164282115)]
    [InlineData(6, 0.99999999901341235, -9.8658764552437573e-10)]
    [InlineData(9, 1, -1.1285884059538406e-19)]
    public void Known_probabilities(double x, double probability, double logarithm)
    {
        IsWithinFewUnits(probability, x);
        Known(logarithm, NormalDistribution.LogCdf(x), 8 * Epsilon);
    }

    /// <summary>
    /// Where x² is no number of double precision: its rounding alone, times ½, would be 10⁻¹³ of Φ. Of the double nearest to x, computed with eighty digits by
    /// Laplace's continued fraction.
    /// </summary>
    [Theory]
    [InlineData(-10.3, 3.5230650789264126e-25)]
    [InlineData(-20.7, 1.7318518790197379e-95)]
    [InlineData(-30.3, 5.7317235033154953e-202)]
    [InlineData(-37.1, 1.4047119663106221e-301)]
    public void Known_probabilities_of_the_far_tail(double x, double probability) => IsWithinFewUnits(probability, x);

    /// <summary>Computed with 60 digits.</summary>
    [Theory]
    [InlineData(-2, -1.5, -3.122269455465259)]
    [InlineData(0.1, 0.101, -7.8317439784326311)]
    [InlineData(10, 10.0078125, -55.809786971247481)]
    [InlineData(100, 100.0078125, -5006.1362988499721)]
    [InlineData(-0.001, 0.002, -6.7280820235185501)]
    [InlineData(-1, 3, -0.17435952045297591)]
    [InlineData(-9, 9, -2.2571768119076813e-19)]
    [InlineData(3, 3.5, -6.7968680066834328)]
    [InlineData(-50, -40, -804.60844201375379)]
    [InlineData(-1e-20, 1e-20, -46.277493212525641)]
    [InlineData(1000, 1001, -500007.82669481218)]
    public void Known_masses(double low, double high, double logarithm) => Known(logarithm, NormalDistribution.LogMass(low, high), 8 * Epsilon);

    /// <summary>−log₁₀ of the upper tail (Abramowitz and Stegun, table 26.2).</summary>
    [Theory]
    [InlineData(10, 23.11805)]
    [InlineData(50, 544.96634)]
    [InlineData(100, 2173.87154)]
    [InlineData(500, 54289.90830)]
    public void Known_tails(double x, double digits) => Assert.Equal(digits, -NormalDistribution.LogCdf(-x) / Math.Log(10), 5e-6 + 1e-15 * digits);

    [Fact]
    public void Special_values()
    {
        Assert.Equal(0, NormalDistribution.Cdf(double.NegativeInfinity));
        Assert.Equal(1, NormalDistribution.Cdf(double.PositiveInfinity));
        Assert.Equal(double.NaN, NormalDistribution.Cdf(double.NaN));
        Assert.Equal(double.NegativeInfinity, NormalDistribution.LogCdf(double.NegativeInfinity));
        Assert.Equal(0, NormalDistribution.LogCdf(double.PositiveInfinity));
        Assert.Equal(0, NormalDistribution.LogMass(double.NegativeInfinity, double.PositiveInfinity));
        Assert.Equal(double.NegativeInfinity, NormalDistribution.LogMass(1, 1));
        Assert.Equal(double.NaN, NormalDistribution.LogMass(2, 1));
        Assert.Equal(double.NaN, NormalDistribution.LogMass(double.NaN, 1));
        Assert.Equal(double.NegativeInfinity, NormalDistribution.LogMass(1e200, 2e200));
        Assert.Equal(NormalDistribution.LogCdf(-3), NormalDistribution.LogMass(3, double.PositiveInfinity));
        Known(-0.5e300, NormalDistribution.LogCdf(-1e150), 2 * Epsilon);
        Assert.Equal(Math.Log(0.5), NormalDistribution.LogMass(-1e-20, 1e10), 1e-15);
    }

    private static void IsWithinFewUnits(double probability, double x)
    {
        var units = Comparison.Ulps(probability, NormalDistribution.Cdf(x));
        Assert.True(units <= FewUnits, FormattableString.Invariant($"{units} units"));
    }

    private static double LogDensity(double x) => -x * x / 2 - Math.Log(2 * Math.PI) / 2;

    private static double LogOfSum(double one, double other) => Math.Max(one, other) is var larger && double.IsNegativeInfinity(larger)
        ? larger
        : larger + Math.Log(1 + Math.Exp(Math.Min(one, other) - larger));

    public readonly record struct Point(double Value);

    public static class Points
    {
        public static Arbitrary<Point> All() => Gen.Frequency(
            (6, Generators.Between(-4, 4)),
            (3, Generators.Between(-40, 40)),
            (2, Generators.Between(-1000, 1000)),
            (2, from size in Generators.PowersOfTen(-300, -1) from sign in Gen.Elements(1, -1) select sign * size),
            (2, from near in Gen.Elements(-1.0, 1, 3) from above in Generators.PowersOfTen(-15, -1) select near + above),
            (1, Gen.Elements(0.0, 1, -1, Math.BitDecrement(1.0), Math.BitIncrement(-1.0)))).Select(x => new Point(x)).ToArbitrary();

        public static Arbitrary<Fraction> Fractions() => Generators.Fractions();
    }
}

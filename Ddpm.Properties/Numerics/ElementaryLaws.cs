using Ddpm.Pure.Numerics;
using Ddpm.Pure.Reference;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Numerics;

/// <summary>
/// Against the C library's functions, which are themselves within one unit in the last place. The bound of four units is two roundings of an
/// argument reduction and two of a series, less than a unit each.
/// </summary>
[Properties(Arbitrary = [typeof(Arguments)])]
public sealed class ElementaryLaws
{
    private const long FewUnits = 4;

    [Law]
    public bool The_logarithm_is_the_library_s(Positive x) => Comparison.Ulps(Math.Log(x.Value), Elementary.Log(x.Value)) <= FewUnits;

    [Law]
    public bool The_exponential_is_the_library_s(Exponent x) => Comparison.Ulps(Math.Exp(x.Value), Elementary.Exp(x.Value)) <= FewUnits;

    /// <summary>Beside a large multiple of π/2 the remainder is small, and the third part of π/2 with its multiple are exact to 4·10⁻³⁷ of the angle.</summary>
    [Law]
    public bool Sine_and_cosine_are_the_library_s(Angle x)
    {
        bool Same(double expected, double actual) => Comparison.Ulps(expected, actual) <= FewUnits || Near(expected, actual, 4e-37 * Math.Abs(x.Value));
        return Same(Math.Sin(x.Value), Elementary.Sin(x.Value)) && Same(Math.Cos(x.Value), Elementary.Cos(x.Value));
    }

    [Law]
    public bool Sine_and_cosine_lie_on_the_unit_circle(Angle x) =>
        Near(1, Elementary.Sin(x.Value) * Elementary.Sin(x.Value) + Elementary.Cos(x.Value) * Elementary.Cos(x.Value), 4 * Epsilon);

    /// <summary>Its argument is reduced twice, by a root and a quotient each: twice the units.</summary>
    [Law]
    public bool The_arc_tangent_is_the_library_s_and_odd(Positive x) =>
        Comparison.Ulps(Math.Atan(x.Value), Elementary.Atan(x.Value)) <= 2 * FewUnits && Elementary.Atan(-x.Value) == -Elementary.Atan(x.Value);

    [Law]
    public bool Sine_is_odd_and_cosine_even(Angle x) =>
        Elementary.Sin(-x.Value) == -Elementary.Sin(x.Value) && Elementary.Cos(-x.Value) == Elementary.Cos(x.Value);

    /// <summary>ln x is off by a part ε, which the exponential turns into ε·|ln x|.</summary>
    [Law]
    public bool The_exponential_undoes_the_logarithm(Positive x) =>
        NearRelative(x.Value, Elementary.Exp(Elementary.Log(x.Value)), 2 * Epsilon * (2 + Math.Abs(Math.Log(x.Value)))) || !double.IsNormal(x.Value);

    /// <summary>Where the next term of the series, x⁴, is below the last place.</summary>
    [Law]
    public bool For_tiny_arguments_expm1_and_log1p_are_their_series(Tiny x) =>
        Comparison.Ulps(x.Value + x.Value * x.Value * (0.5 + x.Value / 6), Elementary.ExpM1(x.Value)) <= FewUnits
        && Comparison.Ulps(x.Value - x.Value * x.Value * (0.5 - x.Value / 3), Elementary.Log1P(x.Value)) <= FewUnits;

    /// <summary>eˣ − 1 near 0 amplifies nothing; away from 0 it is the exponential with one more rounding, doubled where eˣ is near 1/2.</summary>
    [Law]
    public bool Expm1_is_the_exponential_less_one(Exponent x) =>
        Math.Abs(x.Value) < 0.5 || NearRelative(Math.Exp(x.Value) - 1, Elementary.ExpM1(x.Value), 8 * Epsilon);

    [Law]
    public bool Log1p_undoes_expm1(Exponent x) => x.Value is < -1 or > 300
        || NearRelative(x.Value, Elementary.Log1P(Elementary.ExpM1(x.Value)), 16 * Epsilon);

    /// <summary>exponent · ln base is off by a few parts ε of itself.</summary>
    [Law]
    public bool A_power_is_the_library_s(Fraction @base, Pixel exponent) => NearRelative(
        Math.Pow(@base.Value, exponent.Value), Elementary.Pow(@base.Value, exponent.Value),
        4 * Epsilon * (1 + Math.Abs(exponent.Value * Math.Log(@base.Value))));

    /// <summary>
    /// FNV-1a over the 64-bit patterns of f(x_k), k = −5000 … 5000, each pattern taken as one unit: the numbers of a port to Python, which
    /// was written from the formulas and uses + − × ÷ and ldexp alone. So a change that stays within a unit in the last place is seen too.
    /// </summary>
    [Theory]
    [InlineData("log", 0xd3526d0f3632d624)]
    [InlineData("log1p", 0x39744bfa0cbbfe48)]
    [InlineData("exp", 0x423746f68566e255)]
    [InlineData("expm1", 0x98f9f052bd843bdc)]
    [InlineData("sin", 0xa4098da2c5aebc7f)]
    [InlineData("cos", 0x15189a408fd376c7)]
    [InlineData("pow", 0x62f67e90059ac1f9)]
    public void The_bits_are_those_of_a_port_to_Python(string function, ulong hash)
    {
        Func<int, double> value = function switch
        {
            "log" => k => Elementary.Log(Math.ScaleB(1 + (k & 1023) / 1024.0, k >> 3)),
            "log1p" => k => Elementary.Log1P(k / 5001.0),
            "exp" => k => Elementary.Exp(k / 8.0),
            "expm1" => k => Elementary.ExpM1(k / 64.0),
            "sin" => k => Elementary.Sin(k * 37 / 16.0),
            "cos" => k => Elementary.Cos(k * 37 / 16.0),
            _ => k => Elementary.Pow(10000, k / 5000.0),
        };
        Assert.Equal(hash, Enumerable.Range(-5000, 10001).Select(value)
            .Aggregate(14695981039346656037UL, (before, x) => (before ^ BitConverter.DoubleToUInt64Bits(x)) * 1099511628211));
    }

    /// <summary>Where two formulas meet, by the same port.</summary>
    [Fact]
    public void At_the_seams_the_bits_are_those_of_the_port()
    {
        Assert.Equal(0.34657359027997275, Elementary.Log(1.4142135623730951));
        Assert.Equal(0.33647223662121284, Elementary.Log1P(0.4));
    }

    [Fact]
    public void Special_values()
    {
        Assert.Equal(double.NegativeInfinity, Elementary.Log(0));
        Assert.Equal(double.NegativeInfinity, Elementary.Log(-0.0));
        Assert.Equal(double.PositiveInfinity, Elementary.Log(double.PositiveInfinity));
        Assert.Equal(double.NaN, Elementary.Log(-1));
        Assert.Equal(double.NaN, Elementary.Log(double.NaN));
        Assert.Equal(0, Elementary.Log(1));
        Assert.Equal(double.NegativeInfinity, Elementary.Log1P(-1));
        Assert.Equal(double.NaN, Elementary.Log1P(-2));
        Assert.Equal(1, Elementary.Exp(0));
        Assert.Equal(0, Elementary.Exp(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, Elementary.Exp(double.PositiveInfinity));
        Assert.Equal(double.PositiveInfinity, Elementary.Exp(709.79));
        Assert.Equal(double.NaN, Elementary.Exp(double.NaN));
        Assert.Equal(-1, Elementary.ExpM1(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, Elementary.ExpM1(double.PositiveInfinity));
        Assert.Equal(double.NaN, Elementary.ExpM1(double.NaN));
        Assert.Equal(Elementary.Exp(709.7), Elementary.ExpM1(709.7));
        Assert.Equal(0, Elementary.ExpM1(0));
        Assert.Equal(0, Elementary.Sin(0));
        Assert.Equal(1, Elementary.Cos(0));
        Assert.Equal(0, Elementary.Atan(0));
        Assert.Equal(Math.PI / 2, Elementary.Atan(double.PositiveInfinity));
        Assert.Equal(double.NaN, Elementary.Atan(double.NaN));
    }

    public readonly record struct Positive(double Value);

    public readonly record struct Exponent(double Value);

    public readonly record struct Angle(double Value);

    public readonly record struct Tiny(double Value);

    public static class Arguments
    {
        public static Arbitrary<Positive> Positives() => Gen.Frequency(
            (6, Generators.PowersOfTen(-320, 308)),
            (3, Generators.Between(0.4, 2.5)),
            (3, Generators.PowersOfTen(-15, -1).Select(above => 1 + above)),
            (1, Gen.Elements(double.Epsilon, double.MaxValue, 2.2250738585072014e-308, Math.Sqrt(2), Math.Sqrt(0.5), 1)))
            .Select(x => new Positive(x)).ToArbitrary();

        public static Arbitrary<Exponent> Exponents() => Gen.Frequency(
            (4, Generators.Between(-745, 709.78)),
            (4, Generators.Between(-2, 2)),
            (1, Generators.Between(709, 709.78)),
            (1, Gen.Elements(0, 40.0, -40, Math.Log(2) / 2, -Math.Log(2) / 2))).Select(x => new Exponent(x)).ToArbitrary();

        public static Arbitrary<Angle> Angles() => Gen.Frequency(
            (3, Generators.Between(-1e6, 1e6)),
            (5, Generators.Between(-7, 7)),
            (2, Gen.Choose(-500_000, 500_000).Select(k => k * (Math.PI / 2))),
            (1, Generators.PowersOfTen(-300, -1))).Select(x => new Angle(x)).ToArbitrary();

        public static Arbitrary<Tiny> Tinies() =>
            (from size in Generators.PowersOfTen(-300, -5.5)
             from sign in Gen.Elements(1, -1)
             select new Tiny(sign * size)).ToArbitrary();

        public static Arbitrary<Pixel> Pixels() => Generators.Pixels();

        public static Arbitrary<Fraction> Fractions() => Generators.Fractions();
    }
}

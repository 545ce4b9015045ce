using Ddpm.Pure.Numerics;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Numerics;

[Properties(Arbitrary = [typeof(Arcs), typeof(Generators)])]
public sealed class SphericalInterpolationLaws
{
    [Law]
    public bool It_begins_and_ends_at_its_vectors(Arc arc) =>
        SphericalInterpolation.Weights(arc.Angle, 0) is { First: 1, Second: 0 } && SphericalInterpolation.Weights(arc.Angle, 1) is { First: 0, Second: 1 };

    /// <summary>1 − (1 − f) is f within an ε, and a sine near π is off by ε of 1, so both by ε/sin θ.</summary>
    [Law]
    public bool There_and_back_are_the_same_way(Arc arc, Fraction f)
    {
        var (there, back) = (SphericalInterpolation.Weights(arc.Angle, f.Value), SphericalInterpolation.Weights(arc.Angle, 1 - f.Value));
        return Near(there.First, back.Second, 16 * arc.Roundoff) && Near(there.Second, back.First, 16 * arc.Roundoff);
    }

    /// <summary>|u₁·from + u₂·to|² of unit vectors at θ; a straight line between vectors 10⁻⁸ apart is as long to the last digit.</summary>
    [Law]
    public bool Between_vectors_of_one_norm_the_norm_is_kept(Arc arc, Fraction f)
    {
        var w = SphericalInterpolation.Weights(arc.Angle, f.Value);
        return (arc.Angle > 3 && Math.Sin(arc.Angle) < 1e-8) || Near(
            1, w.First * w.First + w.Second * w.Second + 2 * w.First * w.Second * Math.Cos(arc.Angle), 64 * arc.Roundoff * (1 + w.First * w.First));
    }

    [Law]
    public bool Near_0_and_pi_it_is_a_straight_line(Fraction f, Fraction tiny) =>
        SphericalInterpolation.Weights(tiny.Value * 9e-9, f.Value) == new LinearPair(1 - f.Value, f.Value)
        && SphericalInterpolation.Weights(Math.PI - tiny.Value * 9e-9, f.Value) == new LinearPair(1 - f.Value, f.Value);

    /// <summary>A vector turned by θ in a plane of three dimensions, and stretched.</summary>
    [Law]
    public bool The_angle_is_the_one_that_one_vector_was_turned_by(Arc arc, Fraction stretch)
    {
        var (from, to) = arc.Vectors(stretch.Value);
        return Near(arc.Angle, SphericalInterpolation.Angle(from, to), 16 * Epsilon)
            && SphericalInterpolation.Angle(from, to) == SphericalInterpolation.Angle(to, from);
    }

    [Law]
    public bool A_point_of_the_way_is_turned_by_that_part_of_the_angle_and_as_long(Arc arc, Fraction f)
    {
        var (from, to) = arc.Vectors(1);
        var between = SphericalInterpolation.Between(new Arr<double>(from), new Arr<double>(to), f.Value).Valid().ToArray();
        return arc.Angle > Math.PI - 1e-7
            || (Near(f.Value * arc.Angle, SphericalInterpolation.Angle(from, between), 64 * arc.Roundoff / Math.Max(0.1, Math.Sin(arc.Angle)))
            && Near(5, Math.Sqrt(between.Sum(x => x * x)), 128 * arc.Roundoff / Math.Max(0.1, Math.Sin(arc.Angle))));
    }

    /// <summary>Also where squares would overflow or be lost.</summary>
    [Law]
    public bool Vectors_of_any_size_mark_out_the_angle_and_the_arc_of_small_ones(Arc arc, Fraction f, Place power)
    {
        double Sized(double x) => Math.ScaleB(x, power.In(1800) - 900);
        var (from, to) = arc.Vectors(1);
        var (small, sized) = (Between(from, to), Between([.. from.Select(Sized)], [.. to.Select(Sized)]));
        return SphericalInterpolation.Angle([.. from.Select(Sized)], [.. to.Select(Sized)]) == SphericalInterpolation.Angle(from, to)
            && small.Zip(sized).All(pair => Sized(pair.Item1) == pair.Item2);

        double[] Between(double[] one, double[] other) =>
            SphericalInterpolation.Between(new Arr<double>(one), new Arr<double>(other), f.Value).Valid().ToArray();
    }

    [Fact]
    public void From_nothing_it_is_a_straight_line()
    {
        Assert.Equal(0, SphericalInterpolation.Angle([0, 0], [3, 4]));
        Assert.Equal([0.75, 1], SphericalInterpolation.Between(Prelude.Array(0.0, 0), Prelude.Array(3.0, 4), 0.25).Valid().AsEnumerable());
        Assert.Equal(Math.PI, SphericalInterpolation.Angle([3, 4], [-3, -4]));
    }

    [Fact]
    public void An_arc_holds_its_ends_and_nothing_beyond()
    {
        var (from, to) = (Prelude.Array(1.0, 0), Prelude.Array(0.0, 1));
        Assert.Equal(from, SphericalInterpolation.Between(from, to, 0).Valid());
        Assert.Equal(to, SphericalInterpolation.Between(from, to, 1).Valid());
        Assert.Equal(["fraction must lie in [0, 1], got 1.5"], SphericalInterpolation.Between(from, to, 1.5).Faults());
        Assert.Equal(["fraction must lie in [0, 1], got -0.5"], SphericalInterpolation.Between(from, to, -0.5).Faults());
        Assert.Equal(["from[0] must lie in [-1E+299, 1E+299], got 2E+299"], SphericalInterpolation.Between(Prelude.Array(2e299, 0), to, 0.5).Faults());
        Assert.All(
            SphericalInterpolation.Between(Prelude.Array(1e299, 0), Prelude.Array(-1e299, 2e291), 0.5).Valid(),
            value => Assert.True(double.IsFinite(value))); // weights near 10⁸
    }

    [Fact]
    public void Every_fault_is_named() => Assert.Equal(
        [
            "to must hold as many numbers as from, 2, got 1", "from[1] must lie in [-1E+299, 1E+299], got NaN",
            "to[0] must lie in [-1E+299, 1E+299], got Infinity",
            "fraction must lie in [0, 1], got -0.5",
        ],
        SphericalInterpolation.Between(Prelude.Array(1, double.NaN), Prelude.Array(double.PositiveInfinity), -0.5).Faults());

    /// <summary>An angle in [0, π].</summary>
    public readonly record struct Arc(double Angle)
    {
        public double Roundoff => Epsilon / Math.Max(1e-8, Math.Sin(Angle));

        /// <summary>(3, 4, 0), and itself turned in the plane of (0, 0, 5) and stretched.</summary>
        public (double[] From, double[] To) Vectors(double stretch)
        {
            var (cos, sin) = (Math.Cos(Angle) * stretch, Math.Sin(Angle) * stretch);
            return ([3, 4, 0], [3 * cos, 4 * cos, 5 * sin]);
        }
    }

    public static class Arcs
    {
        public static Arbitrary<Arc> All() => Gen.Frequency(
            (4, Generators.Between(0, Math.PI)),
            (1, Generators.PowersOfTen(-12, 0)),
            (1, Generators.PowersOfTen(-12, 0).Select(rest => Math.PI - rest)),
            (1, Gen.Elements(0, Math.PI / 2, Math.PI))).Select(angle => new Arc(angle)).ToArbitrary();
    }
}

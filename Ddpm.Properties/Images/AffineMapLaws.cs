using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(Maps)])]
public sealed class AffineMapLaws
{
    private const int Height = 40, Width = 44;

    /// <summary>A few products of numbers up to 2, and shifts up to 8.</summary>
    private const double Rounding = 100 * Closeness.Epsilon;

    [Law]
    public bool One_map_then_another_moves_each_point_as_both_do(AffineMap one, AffineMap other, sbyte x, sbyte y) =>
        one.Of(x, y) is var between && Near(other.Of(between.X, between.Y), one.Then(other).Of(x, y), 128 * Rounding);

    [Law]
    public bool The_inverse_undoes_the_map(AffineMap map, sbyte x, sbyte y) => Near((x, y), map.Then(map.Inverse()).Of(x, y), 128 * Rounding);

    [Law]
    public bool Turning_by_90_degrees_moves_what_is_right_below(sbyte x, sbyte y) =>
        Near((-y, x), AffineMap.Rotation(Math.PI / 2).Of(x, y), 128 * Rounding);

    /// <summary>Cubic convolution gives whole pixels the weights 0, 1, 0, 0. Reflection: … 2 1 0 1 2 … n−2 n−1 n−2 ….</summary>
    [Law]
    public bool Mirroring_and_shifts_by_whole_pixels_move_pixels_bit_for_bit_and_borders_reflect(
        bool mirrored, bool inverted, sbyte right, sbyte down, byte seed)
    {
        const int height = 5, width = 6;
        var source = Enumerable.Range(0, 2 * height * width).Select(i => PixelScale.ToModel((byte)(seed + 37 * i))).ToArray();
        var moved = Moved(
            AffineMap.Scaling(mirrored ? -1 : 1, inverted ? -1 : 1).Then(AffineMap.Translation(right, down)), source, height, width);
        return moved.Index().All(pixel =>
        {
            var (channel, y, x) = (pixel.Index / (height * width), pixel.Index / width % height, pixel.Index % width);
            return pixel.Item == source[(channel * height + Source(y - down, inverted, height)) * width + Source(x - right, mirrored, width)];
        });

        static int Source(int place, bool turned, int size)
        {
            var walk = Enumerable.Range(0, size).Concat(Enumerable.Range(1, size - 2).Reverse()).ToArray();
            return walk[(((turned ? size - 1 - place : place) % walk.Length) + walk.Length) % walk.Length];
        }
    }

    /// <summary>
    /// Cubic convolution keeps polynomials of degree two, and an affine map keeps their degree. So where neither resampling reads beyond a border, only
    /// rounding is left: the inputs and each of two results, in [−1, 1], are rounded to float32; sums of absolute weights are at most (1.25)².
    /// </summary>
    [Law]
    public bool A_smooth_picture_moves_as_the_map_says_and_the_inverse_map_undoes_it(AffineMap map, short[] numbers)
    {
        var c = numbers.Concat(new short[6]).Take(6).Select(n => n / 32768.0 / 6).ToArray();
        double Polynomial(double u, double v) => c[0] + c[1] * u + c[2] * v + c[3] * u * u + c[4] * u * v + c[5] * v * v;
        double Picture(double x, double y) => Polynomial(x / Width, y / Height);
        var source = Pixels().Select(p => (float)Picture(p.X, p.Y)).ToArray();
        var moved = Moved(map, source, Height, Width);
        var back = Moved(map.Inverse(), moved, Height, Width);
        var half = Math.Pow(2, -24);
        return Pixels().Select((p, i) => (p, i)).All(pixel =>
        {
            var ((x, y), i) = pixel;
            var from = map.Inverse().Of(x, y);
            var isKept = !IsInside(from) || Math.Abs(moved[i] - Picture(from.X, from.Y)) <= 3 * half;
            var to = map.Of(x, y);
            var isClear = IsInside(to) && Around(to).All(tap => IsInside(map.Inverse().Of(tap.X, tap.Y)));
            return isKept && (!isClear || Math.Abs(back[i] - source[i]) <= 8 * half);
        });

        static (double X, double Y)[] Pixels() =>
            [.. from y in Enumerable.Range(0, Height) from x in Enumerable.Range(0, Width) select (x - (Width - 1) / 2.0, y - (Height - 1) / 2.0)];

        // Two pixels around a place are within the picture.
        static bool IsInside((double X, double Y) place) => Math.Abs(place.X) <= (Width - 1) / 2.0 - 2 && Math.Abs(place.Y) <= (Height - 1) / 2.0 - 2;

        static IEnumerable<(double X, double Y)> Around((double X, double Y) place) =>
            from y in (double[])[-2, 2] from x in (double[])[-2, 2] select (place.X + x, place.Y + y);
    }

    /// <summary>The middle of 40×44 pixels is read from within the picture, so the law above is not empty.</summary>
    [Law]
    public bool The_middle_stays_within_the_picture(AffineMap map) => map.Inverse().Of(0, 0) is var (x, y) && Math.Abs(x) <= 17 && Math.Abs(y) <= 17;

    [Fact]
    public void Values_stay_in_the_range_of_pixels_and_one_pixel_is_a_picture()
    {
        float[] steps = [-1, -1, 1, 1, -1, -1, 1, 1];
        var moved = Moved(AffineMap.Translation(0.5, 0), steps, 1, 8);
        Assert.All(moved, value => Assert.InRange(value, -1, 1));
        Assert.Contains(1, moved);
        Assert.Equal([0.25f], Moved(AffineMap.Translation(7.3, -2.1), [0.25f], 1, 1));
    }

    private static float[] Moved(AffineMap map, float[] source, int height, int width)
    {
        var values = new float[source.Length];
        map.Apply(source, height, width, values);
        return values;
    }

    private static bool Near((double X, double Y) expected, (double X, double Y) actual, double tolerance) =>
        Closeness.Near(expected.X, actual.X, tolerance) && Closeness.Near(expected.Y, actual.Y, tolerance);

    public static class Maps
    {
        public static Arbitrary<AffineMap> All() =>
            (from angle in Gen.Choose(-314, 314)
             from x in Gen.Choose(60, 180)
             from y in Gen.Choose(60, 180)
             from mirrored in Gen.Elements(-1, 1)
             from right in Gen.Choose(-80, 80)
             from down in Gen.Choose(-80, 80)
             select AffineMap.Scaling(mirrored * x / 100.0, y / 100.0).Then(AffineMap.Rotation(angle / 100.0))
                 .Then(AffineMap.Translation(right / 10.0, down / 10.0))).ToArbitrary();
    }
}

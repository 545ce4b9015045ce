using Ddpm.Pure.Numerics;

namespace Ddpm.Pure.Images;

/// <summary>
/// An affine map of the plane, p ↦ A·p + b. Coordinates are pixels from the centre of a picture, x to the right and y down.
/// </summary>
/// <param name="XX">A, first row, first column.</param>
/// <param name="XY">A, first row, second column.</param>
/// <param name="YX">A, second row, first column.</param>
/// <param name="YY">A, second row, second column.</param>
/// <param name="X">b, to the right.</param>
/// <param name="Y">b, down.</param>
public readonly record struct AffineMap(double XX, double XY, double YX, double YY, double X, double Y)
{
    /// <summary>p ↦ p.</summary>
    public static AffineMap Identity { get; } = Scaling(1, 1);

    /// <summary>Scales both axes about the centre; negative factors mirror.</summary>
    public static AffineMap Scaling(double x, double y) => new(x, 0, 0, y, 0, 0);

    /// <summary>Turns a picture about its centre, clockwise.</summary>
    /// <param name="angle">In radians.</param>
    public static AffineMap Rotation(double angle)
    {
        var (cos, sin) = (Elementary.Cos(angle), Elementary.Sin(angle));
        return new(cos, -sin, sin, cos, 0, 0);
    }

    /// <summary>Shifts by pixels.</summary>
    public static AffineMap Translation(double x, double y) => Identity with { X = x, Y = y };

    /// <summary>This map, then another one.</summary>
    public AffineMap Then(AffineMap next)
    {
        var (x, y) = next.Of(X, Y);
        return new(
            next.XX * XX + next.XY * YX, next.XX * XY + next.XY * YY, next.YX * XX + next.YY * YX, next.YX * XY + next.YY * YY, x, y);
    }

    /// <summary>The image of a point.</summary>
    public (double X, double Y) Of(double x, double y) => (XX * x + XY * y + X, YX * x + YY * y + Y);

    /// <summary>The map that undoes this one. A must have a determinant other than 0.</summary>
    public AffineMap Inverse()
    {
        var determinant = XX * YY - XY * YX;
        var linear = new AffineMap(YY / determinant, -XY / determinant, -YX / determinant, XX / determinant, 0, 0);
        var (x, y) = linear.Of(X, Y);
        return linear with { X = -x, Y = -y };
    }

    /// <summary>
    /// Moves the pixels of a picture by this map. A pixel of the result is read at its place in the source by cubic convolution (Keys 1981, a = −½), which
    /// keeps polynomials of degree two, and whole pixels exactly. Beyond its borders, the source continues mirrored about the centres of its outermost pixels.
    /// Results are clipped to [−1, 1].
    /// </summary>
    /// <param name="source">C×H×W values.</param>
    /// <param name="height">H ≥ 1.</param>
    /// <param name="width">W ≥ 1.</param>
    /// <param name="values">Receives the C×H×W values. It may not overlap the source.</param>
    public void Apply(ReadOnlySpan<float> source, int height, int width, Span<float> values)
    {
        var (inverse, area) = (Inverse(), height * width);
        Span<int> columns = stackalloc int[4], rows = stackalloc int[4];
        Span<double> across = stackalloc double[4], down = stackalloc double[4];
        for (var pixel = 0; pixel < area; pixel++)
        {
            var (x, y) = inverse.Of(pixel % width - (width - 1) / 2.0, pixel / width - (height - 1) / 2.0);
            Taps(x + (width - 1) / 2.0, width, columns, across);
            Taps(y + (height - 1) / 2.0, height, rows, down);
            for (var plane = 0; plane < source.Length; plane += area)
            {
                var sum = 0.0;
                for (var i = 0; i < 4; i++)
                {
                    var row = source.Slice(plane + rows[i] * width, width);
                    sum += down[i] * (across[0] * row[columns[0]] + across[1] * row[columns[1]] + across[2] * row[columns[2]] + across[3] * row[columns[3]]);
                }

                values[plane + pixel] = (float)Math.Clamp(sum, -1, 1);
            }
        }
    }

    /// <summary>The four pixels around a place on an axis, and the weight of each.</summary>
    private static void Taps(double place, int size, Span<int> pixels, Span<double> weights)
    {
        var floor = Math.Floor(place);
        var f = place - floor;
        weights[0] = ((1 - 0.5 * f) * f - 0.5) * f;
        weights[1] = (1.5 * f - 2.5) * f * f + 1;
        weights[2] = ((2 - 1.5 * f) * f + 0.5) * f;
        weights[3] = 0.5 * (f - 1) * f * f;
        for (var i = 0; i < 4; i++)
        {
            pixels[i] = Reflected((int)floor - 1 + i, size);
        }
    }

    private static int Reflected(int pixel, int size)
    {
        if ((uint)pixel < (uint)size || size == 1)
        {
            return size == 1 ? 0 : pixel;
        }

        var period = 2 * size - 2;
        var within = (pixel % period + period) % period;
        return within < size ? within : period - within;
    }
}

using System.Numerics;

namespace Ddpm.Pure.Numerics;

/// <summary>
/// Operations on rows of dense matrices. SIMD lanes never mix, and nothing is fused, so every vector width and the scalar path give the same bits.
/// </summary>
internal static class Rows
{
    /// <summary>destination += factor·source.</summary>
    public static void AddScaled(Span<double> destination, double factor, ReadOnlySpan<double> source)
    {
        var (factors, i) = (new Vector<double>(factor), 0);
        for (; i + Vector<double>.Count <= destination.Length; i += Vector<double>.Count)
        {
            (new Vector<double>(destination[i..]) + factors * new Vector<double>(source[i..])).CopyTo(destination[i..]);
        }

        for (; i < destination.Length; i++)
        {
            destination[i] += factor * source[i];
        }
    }

    /// <summary>destination += (value − source)², element by element.</summary>
    public static void AddSquaredDifferences(Span<double> destination, double value, ReadOnlySpan<double> source)
    {
        var (values, i) = (new Vector<double>(value), 0);
        for (; i + Vector<double>.Count <= destination.Length; i += Vector<double>.Count)
        {
            var difference = values - new Vector<double>(source[i..]);
            (new Vector<double>(destination[i..]) + difference * difference).CopyTo(destination[i..]);
        }

        for (; i < destination.Length; i++)
        {
            destination[i] += (value - source[i]) * (value - source[i]);
        }
    }

    /// <summary>(first, second) ← (cos·first + sin·second, cos·second − sin·first).</summary>
    public static void Rotate(Span<double> first, Span<double> second, double cos, double sin)
    {
        var (cosines, sines, i) = (new Vector<double>(cos), new Vector<double>(sin), 0);
        for (; i + Vector<double>.Count <= first.Length; i += Vector<double>.Count)
        {
            var (u, v) = (new Vector<double>(first[i..]), new Vector<double>(second[i..]));
            (cosines * u + sines * v).CopyTo(first[i..]);
            (cosines * v - sines * u).CopyTo(second[i..]);
        }

        for (; i < first.Length; i++)
        {
            (first[i], second[i]) = (cos * first[i] + sin * second[i], cos * second[i] - sin * first[i]);
        }
    }

    /// <summary>The scalar product, summed from the first element to the last.</summary>
    public static double Dot(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var sum = 0.0;
        for (var i = 0; i < first.Length; i++)
        {
            sum += first[i] * second[i];
        }

        return sum;
    }

    /// <summary>The transpose of a rows × columns matrix.</summary>
    public static double[] Transposed(ReadOnlySpan<double> values, int rows, int columns)
    {
        var transposed = new double[values.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                transposed[column * rows + row] = values[row * columns + column];
            }
        }

        return transposed;
    }

    /// <summary>The exponent p such that 2⁻ᵖ·values has its largest magnitude in [1, 2); 0 if all values are 0.</summary>
    public static int Magnitude(ReadOnlySpan<double> values)
    {
        var largest = 0.0;
        foreach (var value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest == 0 ? 0 : Math.ILogB(largest);
    }
}

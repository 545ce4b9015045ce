namespace Ddpm.Pure.Numerics;

/// <summary>
/// The singular values of a real matrix by one-sided Jacobi rotations (Hestenes 1958; Demmel and Veselić 1992). It rotates pairs of rows until all are
/// orthogonal. Their lengths are the singular values, each within a few n·ε of the largest.
/// </summary>
public static class SingularValues
{
    private const double Epsilon = 2.220446049250313e-16;

    /// <summary>The singular values of a rows × columns matrix, given row by row. One value for each row, in no order; the excess over the rank is 0.</summary>
    public static double[] Of(ReadOnlySpan<double> matrix, int rows, int columns)
    {
        var power = Rows.Magnitude(matrix);
        var values = new double[matrix.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Math.ScaleB(matrix[i], -power);
        }

        // Convergence is quadratic after a few sweeps.
        while (Sweep(values, rows, columns))
        {
        }

        var lengths = new double[rows];
        for (var row = 0; row < rows; row++)
        {
            var span = values.AsSpan(row * columns, columns);
            lengths[row] = Math.ScaleB(Math.Sqrt(Rows.Dot(span, span)), power);
        }

        return lengths;
    }

    /// <summary>Rotates each pair of rows to be orthogonal. Returns whether it rotated any.</summary>
    private static bool Sweep(double[] values, int rows, int columns)
    {
        var rotated = false;
        for (var i = 0; i < rows; i++)
        {
            for (var j = i + 1; j < rows; j++)
            {
                Span<double> first = values.AsSpan(i * columns, columns), second = values.AsSpan(j * columns, columns);
                var (one, other, product) = (Rows.Dot(first, first), Rows.Dot(second, second), Rows.Dot(first, second));
                // Rounding limits a product of so many terms to this accuracy. Below 10⁻¹⁵⁰ of the largest square, it changes no length.
                if (Math.Abs(product) <= Math.Max((columns + 8) * Epsilon * Math.Sqrt(one) * Math.Sqrt(other), 1e-150))
                {
                    continue;
                }

                var cotangent = (one - other) / (2 * product);
                var tangent = 1 / (Math.Abs(cotangent) + Math.Sqrt(1 + cotangent * cotangent));
                var cos = 1 / Math.Sqrt(1 + tangent * tangent);
                Rows.Rotate(first, second, cos, cotangent < 0 ? -cos * tangent : cos * tangent);
                rotated = true;
            }
        }

        return rotated;
    }
}

using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using Ddpm.Pure.Optimisation;

namespace Ddpm.Gpu.Kernels;

/// <summary><see cref="Muon.Orthogonalize"/> on one thread.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal static unsafe class KernelOrthogonalization<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Replaces a matrix by O of it.</summary>
    /// <param name="matrix">The matrix, row by row.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    public static void Apply(T* matrix, int rows, int columns)
    {
        var (r, c) = (Math.Min(rows, columns), Math.Max(rows, columns));
        var memory = ArrayPool<T>.Shared.Rent(2 * r * c + 2 * r * r);
        fixed (T* start = memory)
        {
            T* x = start, y = x + r * c, gram = y + r * c, factor = gram + r * r;
            Copy(matrix, x, rows, columns, turned: rows > columns, T.CreateChecked(Scale(matrix, r * c)));
            for (var n = 0; n < Muon.Iterations; n++)
            {
                Iterate(x, y, gram, factor, r, c);
                var next = y;
                y = x;
                x = next;
            }

            Copy(x, matrix, r, c, turned: rows > columns, T.One);
        }

        ArrayPool<T>.Shared.Return(memory);
    }

    /// <summary>y = aX + (bA + cA²)X with A = XXᵀ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Iterate(T* x, T* y, T* gram, T* factor, int rows, int columns)
    {
        var (a, b, c) = (
            T.CreateChecked(Muon.Coefficients.A), T.CreateChecked(Muon.Coefficients.B), T.CreateChecked(Muon.Coefficients.C));
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                gram[i * rows + j] = gram[j * rows + i] = Lanes<T>.Dot(x + i * columns, x + j * columns, columns);
            }
        }

        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var square = Lanes<T>.Dot(gram + i * rows, gram + j * rows, rows);
                factor[i * rows + j] = factor[j * rows + i] = b * gram[i * rows + j] + c * square;
            }
        }

        for (var i = 0; i < rows; i++)
        {
            var row = y + i * columns;
            new Span<T>(row, columns).Clear();
            Lanes<T>.AddScaled(x + i * columns, a, row, columns);
            for (var k = 0; k < rows; k++)
            {
                Lanes<T>.AddScaled(x + k * columns, factor[i * rows + k], row, columns);
            }
        }
    }

    /// <summary>1/‖matrix‖; 1 for a matrix of zeros.</summary>
    private static double Scale(T* matrix, int count)
    {
        var squares = 0.0;
        for (var i = 0; i < count; i++)
        {
            var number = double.CreateChecked(matrix[i]);
            squares += number * number;
        }

        return squares > 0 ? 1 / Math.Sqrt(squares) : 1;
    }

    private static void Copy(T* from, T* to, int rows, int columns, bool turned, T factor)
    {
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                to[turned ? j * rows + i : i * columns + j] = factor * from[i * columns + j];
            }
        }
    }
}

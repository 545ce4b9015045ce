using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ddpm.Pure.Optimisation;

namespace Ddpm.Gpu.Kernels;

/// <summary><see cref="Muon.Orthogonalize"/> on one thread.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal static unsafe class KernelOrthogonalization<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Block = 8; // rows of a product that are added up at once, each in a register

    /// <summary>Replaces a matrix by O of it.</summary>
    /// <param name="matrix">The matrix, row by row.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    public static void Apply(T* matrix, int rows, int columns)
    {
        var (r, c) = (Math.Min(rows, columns), Math.Max(rows, columns));
        var (high, wide) = (RoundedUp(r, Block), RoundedUp(c, Lanes<T>.Count));
        var memory = ArrayPool<T>.Shared.Rent(2 * high * wide + 2 * r * high);
        memory.AsSpan().Clear(); // the places past the ends of rows and columns
        fixed (T* start = memory)
        {
            T* x = start, y = x + high * wide, gram = y + high * wide, factor = gram + r * high;
            var (down, right) = rows > columns ? (1, wide) : (wide, 1); // the steps in x from a row or column of the matrix to the next
            Copy(matrix, columns, 1, x, down, right, rows, columns, T.CreateChecked(Scale(matrix, r * c)));
            for (var n = 0; n < Muon.Iterations; n++)
            {
                Iterate(x, y, gram, factor, r, c, high, wide);
                var next = y;
                y = x;
                x = next;
            }

            Copy(x, down, right, matrix, columns, 1, rows, columns, T.One);
        }

        ArrayPool<T>.Shared.Return(memory);
    }

    /// <summary>Copies rows and columns, multiplied. The next row is `down` numbers away, and the next column `right`.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Copy(T* from, int down, int right, T* to, int toDown, int toRight, int rows, int columns, T factor)
    {
        for (var i = 0; i < rows; i++, from += down, to += toDown)
        {
            for (var j = 0; j < columns; j++)
            {
                to[j * toRight] = factor * from[j * right];
            }
        }
    }

    private static int RoundedUp(int number, int unit) => (number + unit - 1) / unit * unit;

    /// <summary>y = aX + (bA + cA²)X with A = XXᵀ. Rows of X are `wide` numbers apart, and those of the symmetric matrices `high`.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Iterate(T* x, T* y, T* gram, T* factor, int rows, int columns, int high, int wide)
    {
        var (b, c) = (T.CreateChecked(Muon.Coefficients.B), T.CreateChecked(Muon.Coefficients.C));
        Squared(x, wide, columns, gram, rows, high);
        Squared(gram, high, rows, factor, rows, high);
        for (var i = 0; i < rows * high; i++)
        {
            factor[i] = b * gram[i] + c * factor[i];
        }

        for (var i = 0; i < rows; i += Block)
        {
            for (var j = 0; j < columns; j += Lanes<T>.Count)
            {
                Combine(x + j, factor + i, rows, high, wide, i, y + i * wide + j);
            }
        }
    }

    /// <summary>The scalar products of all rows, four at a time.</summary>
    private static void Squared(T* x, int stride, int count, T* products, int rows, int high)
    {
        for (var i = 0; i < rows; i++)
        {
            var j = 0;
            for (; j <= i && j + 4 <= rows; j += 4)
            {
                Lanes<T>.FourDots(x + i * stride, x + j * stride, stride, count, products + i * high + j);
            }

            for (; j <= i; j++)
            {
                products[i * high + j] = Lanes<T>.Dot(x + i * stride, x + j * stride, count);
            }
        }

        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < i; j++)
            {
                products[j * high + i] = products[i * high + j];
            }
        }
    }

    /// <summary>A vector of each of eight rows of y: a·xᵢ + Σₖ fₖᵢ·xₖ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Combine(T* x, T* factor, int rows, int high, int wide, int first, T* y)
    {
        var a = Vector512.Create(T.CreateChecked(Muon.Coefficients.A));
        var own = x + first * wide;
        Vector512<T> Start(int row) => Lanes<T>.MultiplyAdd(Vector512.Load(own + row * wide), a, Vector512<T>.Zero);
        var (y0, y1, y2, y3, y4, y5, y6, y7) = (Start(0), Start(1), Start(2), Start(3), Start(4), Start(5), Start(6), Start(7));
        for (var k = 0; k < rows; k++, factor += high, x += wide)
        {
            var row = Vector512.Load(x);
            y0 = Lanes<T>.MultiplyAdd(row, Vector512.Create(factor[0]), y0);
            y1 = Lanes<T>.MultiplyAdd(row, Vector512.Create(factor[1]), y1);
            y2 = Lanes<T>.MultiplyAdd(row, Vector512.Create(factor[2]), y2);
            y3 = Lanes<T>.MultiplyAdd(row, Vector512.Create(factor[3]), y3);
            y4 = Lanes<T>.MultiplyAdd(row, Vector512.Create(factor[4]), y4);
            y5 = Lanes<T>.MultiplyAdd(row, Vector512.Create(factor[5]), y5);
            y6 = Lanes<T>.MultiplyAdd(row, Vector512.Create(factor[6]), y6);
            y7 = Lanes<T>.MultiplyAdd(row, Vector512.Create(factor[7]), y7);
        }

        y0.Store(y);
        y1.Store(y + wide);
        y2.Store(y + 2 * wide);
        y3.Store(y + 3 * wide);
        y4.Store(y + 4 * wide);
        y5.Store(y + 5 * wide);
        y6.Store(y + 6 * wide);
        y7.Store(y + 7 * wide);
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
}

using LanguageExt;

namespace Ddpm.Pure.Numerics;

/// <summary>
/// The eigenvalues λ_0 ≤ … ≤ λ_{n−1} of a real symmetric matrix A with orthonormal eigenvectors: A = Σ_k λ_k·v_k·v_kᵀ. The method is Householder's reduction
/// to a tridiagonal matrix, then implicit QR steps with Wilkinson's shift (Golub and Van Loan, "Matrix Computations", algorithms 8.3.1 and 8.3.2). The error of
/// each eigenvalue is a few n·ε·|A|, whatever its size. The arithmetic is portable: every machine gives the same bits.
/// </summary>
public sealed record EigenDecomposition
{
    private const double Epsilon = 2.220446049250313e-16;

    // For a matrix whose largest element is near 1: far below its rounding error, so it counts as zero, and far above underflow.
    private const double Negligible = 1e-100;

    private EigenDecomposition(Arr<double> values, Arr<double> vectors) => (Values, Vectors) = (values, vectors);

    /// <summary>The eigenvalues, ascending. Length n.</summary>
    public Arr<double> Values { get; }

    /// <summary>The eigenvectors, n×n: row k belongs to eigenvalue k. Their signs are arbitrary, but the same on every machine.</summary>
    public Arr<double> Vectors { get; }

    /// <summary>16·n·ε times the largest |λ|. Rounding hides any eigenvalue below it.</summary>
    public double Roundoff => 16 * Values.Count * Epsilon * Math.Max(Math.Abs(Values[0]), Math.Abs(Values[^1]));

    /// <summary>Decomposes a matrix, in about 10·n³ operations.</summary>
    public static EigenDecomposition Of(SymmetricMatrix matrix)
    {
        // With the largest element near 1, squares neither overflow nor underflow. Scaling by a power of two is exact.
        var n = matrix.Order;
        var values = matrix.Values.ToArray();
        var power = Rows.Magnitude(values);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Math.ScaleB(values[i], -power);
        }

        var (diagonal, offDiagonal, vectors) = Tridiagonal(values, n);
        Diagonalise(diagonal, offDiagonal, vectors);

        var order = Enumerable.Range(0, n).OrderBy(k => diagonal[k]).ToArray();
        return new(
            new Arr<double>([.. order.Select(k => Math.ScaleB(diagonal[k], power))]),
            new Arr<double>([.. order.SelectMany(k => vectors.AsSpan(k * n, n).ToArray())]));
    }

    /// <summary>
    /// A = Wᵀ·T·W with T tridiagonal and W orthogonal. Reflection k is I − τ·u·uᵀ, with u over the elements past k. It leaves only the first element of
    /// column k below the diagonal.
    /// </summary>
    private static (double[] Diagonal, double[] OffDiagonal, double[] Vectors) Tridiagonal(double[] a, int n)
    {
        var offDiagonal = new double[n];
        var taus = new double[n];
        var product = new double[n];
        for (var k = 0; k + 1 < n; k++)
        {
            // Row k right of the diagonal stores u: only the eigenvectors below read that row again.
            var u = a.AsSpan(k * n + k + 1, n - k - 1);
            var rest = Rows.Dot(u[1..], u[1..]);
            if (rest <= Negligible)
            {
                offDiagonal[k] = u[0];
                continue;
            }

            var length = Math.Sqrt(u[0] * u[0] + rest);
            offDiagonal[k] = u[0] > 0 ? -length : length;
            u[0] -= offDiagonal[k];
            var tau = taus[k] = 2 / Rows.Dot(u, u);

            // The reflected remainder of B is B − u·wᵀ − w·uᵀ with w = τ·B·u − ½·τ²·(uᵀ·B·u)·u.
            var w = product.AsSpan(0, u.Length);
            w.Clear();
            for (var i = 0; i < u.Length; i++)
            {
                Rows.AddScaled(w, tau * u[i], a.AsSpan((k + 1 + i) * n + k + 1, u.Length));
            }

            Rows.AddScaled(w, -tau / 2 * Rows.Dot(u, w), u);
            for (var i = 0; i < u.Length; i++)
            {
                var row = a.AsSpan((k + 1 + i) * n + k + 1, u.Length);
                Rows.AddScaled(row, -u[i], w);
                Rows.AddScaled(row, -w[i], u);
            }
        }

        // W is the product of the reflections, the last one leftmost. Built from the last, each reflection changes only the rows past its own.
        var vectors = new double[n * n];
        for (var k = n - 1; k >= 0; k--)
        {
            vectors[k * n + k] = 1;
            if (taus[k] == 0)
            {
                continue;
            }

            var u = a.AsSpan(k * n + k + 1, n - k - 1);
            for (var row = k + 1; row < n; row++)
            {
                var past = vectors.AsSpan(row * n + k + 1, n - k - 1);
                Rows.AddScaled(past, -taus[k] * Rows.Dot(past, u), u);
            }
        }

        return ([.. Enumerable.Range(0, n).Select(k => a[k * n + k])], offDiagonal, vectors);
    }

    /// <summary>
    /// Brings the elements beside the diagonal to zero, from the last one up, and rotates the eigenvectors with them. Wilkinson's shift guarantees
    /// convergence.
    /// </summary>
    private static void Diagonalise(double[] diagonal, double[] offDiagonal, double[] vectors)
    {
        bool Vanishes(int k) =>
            Math.Abs(offDiagonal[k]) <= Math.Max(Epsilon / 2 * (Math.Abs(diagonal[k]) + Math.Abs(diagonal[k + 1])), Negligible);

        var last = diagonal.Length - 1;
        while (last > 0)
        {
            if (Vanishes(last - 1))
            {
                last--;
                continue;
            }

            var first = last - 1;
            while (first > 0 && !Vanishes(first - 1))
            {
                first--;
            }

            Step(diagonal, offDiagonal, vectors, first, last);
        }
    }

    /// <summary>One implicit QR step on rows first … last. No element beside the diagonal is zero between them.</summary>
    private static void Step(double[] diagonal, double[] offDiagonal, double[] vectors, int first, int last)
    {
        // Wilkinson's shift: the eigenvalue of the last 2×2 block that is nearer to its last element.
        var n = diagonal.Length;
        var (half, beside) = ((diagonal[last - 1] - diagonal[last]) / 2, offDiagonal[last - 1]);
        var root = Math.Sqrt(half * half + beside * beside);
        var shift = diagonal[last] - beside * (beside / (half + (half < 0 ? -root : root)));

        var (kept, bulge) = (diagonal[first] - shift, offDiagonal[first]);
        for (var k = first; k < last; k++)
        {
            // The rotation that sends (kept, bulge) to (length, 0).
            var length = Math.Sqrt(kept * kept + bulge * bulge);
            var (cos, sin) = length == 0 ? (1, 0) : (kept / length, bulge / length);
            if (k > first)
            {
                offDiagonal[k - 1] = length;
            }

            var (upper, lower, between) = (diagonal[k], diagonal[k + 1], offDiagonal[k]);
            diagonal[k] = cos * cos * upper + 2 * cos * sin * between + sin * sin * lower;
            diagonal[k + 1] = sin * sin * upper - 2 * cos * sin * between + cos * cos * lower;
            offDiagonal[k] = cos * sin * (lower - upper) + (cos - sin) * (cos + sin) * between;
            if (k + 1 < last)
            {
                (kept, bulge) = (offDiagonal[k], sin * offDiagonal[k + 1]);
                offDiagonal[k + 1] *= cos;
            }

            Rows.Rotate(vectors.AsSpan(k * n, n), vectors.AsSpan((k + 1) * n, n), cos, sin);
        }
    }
}

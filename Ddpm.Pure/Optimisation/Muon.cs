using Ddpm.Pure.Networks;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Optimisation;

/// <summary>A matrix of weights within θ, row by row.</summary>
/// <param name="Offset">Its place in θ.</param>
/// <param name="Rows">Its rows, ≥ 1.</param>
/// <param name="Columns">Its columns, ≥ 1.</param>
public sealed record WeightMatrix(int Offset, int Rows, int Columns)
{
    /// <summary>Its numbers.</summary>
    public int Count => Rows * Columns;
}

/// <summary>
/// Muon (Jordan et al. 2024, github.com/KellerJordan/Muon): the momentum of each matrix is brought near to the nearest orthogonal matrix before it moves the
/// weights, so that a step changes all directions alike. m ← μm + (1 − μ)g, u = μm + (1 − μ)g (Nesterov), θ ← (1 − ηλ)θ − η·s·O(u). With
/// s = 0.2·√max(rows, columns), a step is as long as a step of Adam (Liu et al. 2025, 2502.16982, eq. 4). Adam updates all other weights.
/// </summary>
/// <param name="Matrices">The matrices, in the order of θ.</param>
public sealed record Muon(Arr<WeightMatrix> Matrices)
{
    /// <summary>μ, the momentum.</summary>
    public const double Momentum = 0.95;

    /// <summary>The iterations of Newton and Schulz's method.</summary>
    public const int Iterations = 5;

    /// <summary>
    /// (a, b, c): an iteration is X ← aX + bXXᵀX + c(XXᵀ)²X. Jordan's coefficients do not converge, but raise small singular values fast: after five
    /// iterations, all that began between 0.002 and 1 lie between 0.68 and 1.21.
    /// </summary>
    public static (double A, double B, double C) Coefficients => (3.4445, -4.7750, 2.0315);

    private const int FewestChannels = 8;

    /// <summary>The convolutions between at least eight channels, each as a matrix of its first dimension by all others.</summary>
    /// <param name="layout">The places of the parameters in θ.</param>
    public static Muon Of(WeightLayout layout) => new(layout.Parameters
        .Filter(parameter => parameter.Shape.Count == 4 && Math.Min(parameter.Shape[0], parameter.Shape[1]) >= FewestChannels)
        .Map(parameter => new WeightMatrix(layout.Offset(parameter.Name), parameter.Shape[0], parameter.Count / parameter.Shape[0])));

    /// <summary>The length of a matrix's step: η·0.2·√max(rows, columns).</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="learningRate">η.</param>
    public static double StepSize(WeightMatrix matrix, double learningRate) => learningRate * 0.2 * Math.Sqrt(Math.Max(matrix.Rows, matrix.Columns));

    /// <summary>One update of one matrix. The executors do this to <see cref="Matrices"/>.</summary>
    /// <param name="theta">θ, row by row.</param>
    /// <param name="m">m, row by row; 0 before the first update.</param>
    /// <param name="gradient">g, row by row.</param>
    /// <param name="rows">Their rows.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="weightDecay">λ.</param>
    public static (Arr<double> Theta, Arr<double> M) Update(
        Arr<double> theta, Arr<double> m, Arr<double> gradient, int rows, double learningRate, double weightDecay = 0)
    {
        Arr<double> Mixed(Arr<double> x) => x.Map((i, number) => Momentum * number + (1 - Momentum) * gradient[i]).ToArr();
        var moved = Mixed(m);
        var direction = Orthogonalize(Mixed(moved), rows);
        var step = StepSize(new(0, rows, theta.Count / rows), learningRate);
        return (theta.Map((i, number) => (1 - learningRate * weightDecay) * number - step * direction[i]).ToArr(), moved);
    }

    /// <summary>O(u): approximately UVᵀ of the singular value decomposition u = UΣVᵀ; 0 for u = 0.</summary>
    /// <param name="matrix">u, row by row.</param>
    /// <param name="rows">Its rows.</param>
    /// <returns>O(u), row by row.</returns>
    public static Arr<double> Orthogonalize(Arr<double> matrix, int rows)
    {
        var columns = matrix.Count / rows;
        return rows > columns
            ? Transposed(Iterated(Transposed(matrix, rows), columns), columns)
            : Iterated(matrix, rows);
    }

    private static Arr<double> Iterated(Arr<double> matrix, int rows)
    {
        var columns = matrix.Count / rows;
        var norm = Math.Sqrt(matrix.Fold(0.0, (sum, x) => sum + x * x));
        var (a, b, c) = Coefficients;
        var x = matrix.Map(number => norm > 0 ? number / norm : number);
        for (var n = 0; n < Iterations; n++)
        {
            var gram = Product(x, Transposed(x, rows), rows, columns);
            var square = Product(gram, gram, rows, rows);
            var factor = gram.Map((i, number) => b * number + c * square[i]).ToArr();
            var moved = Product(factor, x, rows, rows);
            x = x.Map((i, number) => a * number + moved[i]).ToArr();
        }

        return x;
    }

    private static Arr<double> Transposed(Arr<double> matrix, int rows)
    {
        var columns = matrix.Count / rows;
        return Range(0, matrix.Count).Map(i => matrix[i % rows * columns + i / rows]).ToArr();
    }

    private static Arr<double> Product(Arr<double> x, Arr<double> y, int rows, int inner)
    {
        var columns = y.Count / inner;
        return Range(0, rows * columns)
            .Map(i => Range(0, inner).Fold(0.0, (sum, k) => sum + x[i / columns * inner + k] * y[k * columns + i % columns])).ToArr();
    }
}

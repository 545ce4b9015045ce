using Ddpm.Gpu.Kernels;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Training;

/// <summary>Muon's near-orthogonal step. Matrices have up to 6 rows and up to 12 columns, or the reverse.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class MuonLaws
{
    // Five iterations multiply an error of a singular value near 0 by at most 3.4445⁵ ≈ 485. Sums have at most 72 terms.
    private const double Tolerance = 485 * 72 * Epsilon;

    /// <summary>On a diagonal matrix, the method is the polynomial of each singular value, divided by the matrix's norm.</summary>
    [Law]
    public bool A_diagonal_matrix_goes_through_the_polynomial_entry_by_entry(byte size, ulong seed)
    {
        var n = 1 + size % 6;
        var values = Normals(seed, n);
        var diagonal = Range(0, n * n).Map(i => i / n == i % n ? values[i / n] : 0).ToArr();
        var norm = Math.Sqrt(values.Sum(value => value * value));
        return Muon.Orthogonalize(diagonal, n)
            .Map((i, found) => Near(i / n == i % n ? Polynomial(values[i / n] / norm) : 0, found, Tolerance)).ForAll(near => near);
    }

    /// <summary>Singular values from 0.002 to 1, in 10,000 steps of equal ratio.</summary>
    [Fact]
    public void Five_iterations_bring_singular_values_near_to_1() => Assert.All(
        Enumerable.Range(0, 10_001).Select(i => Polynomial(0.002 * Math.Pow(500, i / 10_000.0))), value => Assert.InRange(value, 0.68, 1.21));

    /// <summary>Reflections I − 2vvᵀ/‖v‖² generate all orthogonal matrices.</summary>
    [Law]
    public bool A_reflection_before_or_after_it_gives_the_same(byte rows, byte columns, ulong seed)
    {
        var (r, c) = Sizes(rows, columns);
        var matrix = Normals(seed, r * c);
        var mirror = Normals(seed + 1, r);
        Arr<double> Reflected(Arr<double> x)
        {
            var length = mirror.Sum(value => value * value);
            return Range(0, r * c).Map(i => x[i] - 2 * mirror[i / c] / length * Range(0, r).Sum(k => mirror[k] * x[k * c + i % c])).ToArr();
        }

        var (first, last) = (Muon.Orthogonalize(Reflected(matrix), r), Reflected(Muon.Orthogonalize(matrix, r)));
        return first.Zip(last).ForAll(pair => Near(pair.Item1, pair.Item2, 10 * Tolerance));
    }

    /// <summary>A power of 2 changes no digit of the norm or of the quotient.</summary>
    [Law]
    public bool The_size_of_a_matrix_does_not_matter(byte rows, byte columns, ulong seed)
    {
        var (r, c) = Sizes(rows, columns);
        var matrix = Normals(seed, r * c);
        return Muon.Orthogonalize(matrix.Map(x => 1024 * x).ToArr(), r) == Muon.Orthogonalize(matrix, r);
    }

    [Law]
    public bool Zeros_stay_zeros(byte rows, byte columns)
    {
        var (r, c) = Sizes(rows, columns);
        return Muon.Orthogonalize(Range(0, r * c).Map(_ => 0.0).ToArr(), r).ForAll(x => x == 0);
    }

    /// <summary>The kernel sums in another order.</summary>
    [Law]
    public unsafe bool The_kernel_computes_the_same(byte rows, byte columns, ulong seed)
    {
        var (r, c) = Sizes(rows, columns);
        var matrix = Normals(seed, r * c);
        var numbers = matrix.ToArray();
        fixed (double* pointer = numbers)
        {
            KernelOrthogonalization<double>.Apply(pointer, r, c);
        }

        return Muon.Orthogonalize(matrix, r).Zip(toArray(numbers)).ForAll(pair => Near(pair.Item1, pair.Item2, 10 * Tolerance));
    }

    /// <summary>Each convolution between at least eight channels is one matrix; none overlap.</summary>
    [Fact]
    public void The_matrices_are_the_inner_convolutions_in_their_order()
    {
        var size = ImageSize.Square(28);
        foreach (var network in (UNetConfig[])[UNetConfig.Tutorial(size, 1, 10, residual: true).Valid(), UNetConfig.Modern(size, 3, 10).Valid()])
        {
            var layout = new WeightLayout(network.Parameters);
            var matrices = Muon.Of(layout).Matrices;
            var inner = network.Parameters.Filter(parameter => parameter.Shape.Count == 4 && parameter.Shape[0] > 3 && parameter.Shape[1] > 3);
            Assert.Equal(
                inner.Map(parameter => (layout.Offset(parameter.Name), parameter.Count)), matrices.Map(matrix => (matrix.Offset, matrix.Count)));
            Assert.All(matrices.Zip(matrices.Skip(1)), pair => Assert.True(pair.Item1.Offset + pair.Item1.Count <= pair.Item2.Offset));
        }
    }

    private static (int Rows, int Columns) Sizes(byte rows, byte columns) => (1 + rows % 6, 1 + columns % 12) switch
    {
        var (r, c) when rows % 2 == 0 => (r, c),
        var (r, c) => (c, r),
    };

    private static Arr<double> Normals(ulong seed, int count)
    {
        var numbers = new float[count];
        new RandomStream(seed, StreamName.TrainingNoise).At(0, 0).FillNormals(numbers);
        return toArray(numbers.Select(number => (double)number).ToArray());
    }

    private static double Polynomial(double x)
    {
        var (a, b, c) = Muon.Coefficients;
        return Range(0, Muon.Iterations).Fold(x, (value, _) => a * value + b * Math.Pow(value, 3) + c * Math.Pow(value, 5));
    }
}

using Ddpm.Pure.Numerics;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Numerics;

/// <summary>Errors are a few n·ε of the size |A| of a matrix, here the root of the sum of its squares.</summary>
[Properties(Arbitrary = [typeof(Matrices)])]
public sealed class SymmetricMatrixLaws
{
    [Law]
    public bool Eigenvalues_and_vectors_make_the_matrix(Symmetric a)
    {
        var eigen = EigenDecomposition.Of(a.Value);
        return Pairs(a.Value.Order).All(p => Near(
            a.Value[p.Row, p.Column], Enumerable.Range(0, a.Value.Order).Sum(k => eigen.Values[k] * Vector(eigen, k)[p.Row] * Vector(eigen, k)[p.Column]),
            a.Roundoff));
    }

    [Law]
    public bool Eigenvectors_are_orthonormal(Symmetric a)
    {
        var eigen = EigenDecomposition.Of(a.Value);
        return Pairs(a.Value.Order).All(p => Near(p.Row == p.Column ? 1 : 0, Dot(Vector(eigen, p.Row), Vector(eigen, p.Column)), 16 * a.Value.Order * Epsilon));
    }

    [Law]
    public bool Eigenvalues_ascend_and_sum_to_the_trace(Symmetric a) => EigenDecomposition.Of(a.Value) is var eigen
        && eigen.Values.Zip(eigen.Values.Skip(1)).All(pair => pair.Item1 <= pair.Item2)
        && Near(a.Value.Trace, eigen.Values.Sum(), a.Roundoff)
        && Near(a.Size * a.Size, eigen.Values.Sum(x => x * x), a.Roundoff * a.Size);

    [Law]
    public bool Shifting_the_diagonal_shifts_the_eigenvalues(Symmetric a, Pixel shift)
    {
        var n = a.Value.Order;
        var shifted = SymmetricMatrix.Of(n, a.Value.Values.Map((i, x) => i / n == i % n ? x + shift.Value : x).ToArr()).Valid();
        return EigenDecomposition.Of(a.Value).Values.Zip(EigenDecomposition.Of(shifted).Values)
            .All(pair => Near(pair.Item1 + shift.Value, pair.Item2, a.Roundoff + 64 * n * Epsilon * Math.Abs(shift.Value)));
    }

    /// <summary>
    /// Powers of two round nothing, so neither do they change any decision, though without scaling the squares of these elements would overflow or vanish.
    /// Elements that are small already are scaled up alone: below the least normal number they would lose digits themselves.
    /// </summary>
    [Law]
    public bool Scaling_by_a_power_of_two_scales_eigenvalues_and_singular_values_exactly(Symmetric a, byte size, bool small)
    {
        var power = small && a.Value.Values.ForAll(x => x == 0 || Math.Abs(x) > 1e-60) ? -400 - size : 400 + size;
        var (n, scaled) = (a.Value.Order, a.Value.Values.Map(x => Math.ScaleB(x, power)).ToArr());
        var (plain, eigen) = (EigenDecomposition.Of(a.Value), EigenDecomposition.Of(SymmetricMatrix.Of(n, scaled).Valid()));
        return eigen.Vectors == plain.Vectors && eigen.Values.SequenceEqual(plain.Values.Map(x => Math.ScaleB(x, power)))
            && SingularValues.Of(scaled.ToArray(), n, n).SequenceEqual(SingularValues.Of(a.Value.Values.ToArray(), n, n).Select(x => Math.ScaleB(x, power)));
    }

    [Law]
    public bool Singular_values_of_a_symmetric_matrix_are_its_eigenvalues_without_sign(Symmetric a) =>
        SingularValues.Of(a.Value.Values.ToArray(), a.Value.Order, a.Value.Order).Order()
            .Zip(EigenDecomposition.Of(a.Value).Values.Select(Math.Abs).Order())
            .All(pair => Near(pair.Item2, pair.Item1, a.Roundoff));

    /// <summary>σ² are the eigenvalues of A·Aᵀ, off by ε of the largest square.</summary>
    [Law]
    public bool Squares_of_singular_values_are_the_eigenvalues_of_the_matrix_times_its_transpose(Rectangle a)
    {
        var gram = SymmetricMatrix.Of(
            a.Rows, Pairs(a.Rows).Select(p => Dot(a.Row(Math.Min(p.Row, p.Column)), a.Row(Math.Max(p.Row, p.Column)))).ToArr()).Valid();
        var roundoff = 64 * (a.Rows + a.Columns) * Epsilon * a.Values.Sum(x => x * x);
        return SingularValues.Of(a.Values, a.Rows, a.Columns).Order().Zip(EigenDecomposition.Of(gram).Values)
            .All(pair => Near(pair.Item2, pair.Item1 * pair.Item1, roundoff));
    }

    /// <summary>Eigenvalues 2 − 2cos(kπ/(n + 1)) of the second difference (a matrix already tridiagonal), up to a size that metrics have.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(128)]
    public void Known_eigenvalues_of_the_second_difference(int n)
    {
        var matrix = SymmetricMatrix.Of(n, Pairs(n).Select(p => Math.Abs(p.Row - p.Column) switch { 0 => 2.0, 1 => -1, _ => 0 }).ToArr()).Valid();
        Assert.All(EigenDecomposition.Of(matrix).Values.Select((value, k) => (value, k)), p =>
            Assert.Equal(2 - 2 * Math.Cos((p.k + 1) * Math.PI / (n + 1)), p.value, 16 * n * Epsilon));
    }

    /// <summary>min(i, j), i, j = 1 … n, is the inverse of the second difference with 1 in its last place: 1/(2 − 2cos((2k − 1)π/(2n + 1))).</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(100)]
    public void Known_eigenvalues_of_a_full_matrix(int n)
    {
        var matrix = SymmetricMatrix.Of(n, Pairs(n).Select(p => 1.0 + Math.Min(p.Row, p.Column)).ToArr()).Valid();
        Assert.All(EigenDecomposition.Of(matrix).Values.Reverse().Select((value, k) => (value, k)), p =>
            Assert.Equal(1 / (2 - 2 * Math.Cos((2 * p.k + 1) * Math.PI / (2 * n + 1))), p.value, 16.0 * n * n * n * Epsilon));
    }

    [Fact]
    public void What_is_no_symmetric_matrix_is_refused_with_every_fault() => Assert.Equal(
        ["value[0, 0] must be finite, got NaN", "value[1, 0] must equal its mirror image, 2, got 3"],
        SymmetricMatrix.Of(2, Prelude.Array(double.NaN, 2, 3, 4)).Faults());

    [Fact]
    public void The_number_of_elements_is_compared_with_a_right_order_alone()
    {
        string[] Faults(int order, params double[] values) => SymmetricMatrix.Of(order, new Arr<double>(values)).Faults();
        Assert.Equal(["order must be at least 1, got 0"], Faults(0));
        Assert.Equal(["order must be at least 1, got 0"], Faults(0, 1));
        Assert.Equal(["order must be at least 1, got -1"], Faults(-1, 1, 2));
        Assert.Equal(["values must have length 1, got 2"], Faults(1, 1, 2));
        Assert.Equal(["values must have length 4, got 1"], Faults(2, 1));
        Assert.Equal(["values must have length 4, got 3"], Faults(2, 1, 2, 3));
        Assert.Empty(Faults(1, 1));
    }

    /// <summary>Elements one by one, beside vectors: the same bits at every length.</summary>
    [Law]
    public bool Rows_have_the_same_bits_in_vectors_and_one_by_one(Rectangle a, Pixel factor)
    {
        var (first, second) = (a.Row(0), a.Row(a.Rows - 1));
        double[] scaled = [.. first], squares = [.. first], cosines = [.. first], sines = [.. second];
        Rows.AddScaled(scaled, factor.Value, second);
        Rows.AddSquaredDifferences(squares, factor.Value, second);
        Rows.Rotate(cosines, sines, 0.6, factor.Value);
        return Enumerable.Range(0, a.Columns).All(i =>
            scaled[i] == first[i] + factor.Value * second[i]
            && squares[i] == first[i] + (factor.Value - second[i]) * (factor.Value - second[i])
            && cosines[i] == 0.6 * first[i] + factor.Value * second[i]
            && sines[i] == 0.6 * second[i] - factor.Value * first[i]);
    }

    private static double[] Vector(EigenDecomposition eigen, int k) => [.. eigen.Vectors.Skip(k * eigen.Values.Count).Take(eigen.Values.Count)];

    private static double Dot(double[] one, double[] other) => one.Zip(other, (u, v) => u * v).Sum();

    private static IEnumerable<(int Row, int Column)> Pairs(int n) =>
        from row in Enumerable.Range(0, n) from column in Enumerable.Range(0, n) select (row, column);

    public sealed record Symmetric(SymmetricMatrix Value)
    {
        public double Size => Math.Sqrt(Value.Values.Sum(x => x * x));

        public double Roundoff => 64 * Value.Order * Epsilon * Size;
    }

    public sealed record Rectangle(int Rows, int Columns, double[] Values)
    {
        public double[] Row(int row) => Values[(row * Columns)..((row + 1) * Columns)];
    }

    public static class Matrices
    {
        /// <summary>Full, sparse, diagonal, of one row times itself, graded over many magnitudes, and zero.</summary>
        public static Arbitrary<Symmetric> Symmetric() =>
            (from n in Gen.Frequency((1, Gen.Constant(1)), (1, Gen.Constant(2)), (6, Gen.Choose(3, 12)))
             from element in Gen.Elements(
                 Generators.Between(-3, 3), Gen.Elements(0, 0, 0, 1.0, -2), Generators.PowersOfTen(-60, 3))
             from values in element.ArrayOf(n * n)
             from shape in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Constant(1)), (1, Gen.Constant(2)))
             select new Symmetric(SymmetricMatrix.OfUpperTriangle(n, shape switch
             {
                 0 => values,
                 1 => [.. values.Select((x, i) => i / n == i % n ? x : 0)],
                 _ => [.. Pairs(n).Select(p => values[p.Row] * values[p.Column])],
             }))).ToArbitrary();

        public static Arbitrary<Rectangle> Rectangles() =>
            (from rows in Gen.Choose(1, 8)
             from columns in Gen.Choose(1, 19)
             from element in Gen.Elements(Generators.Between(-3, 3), Gen.Elements(0, 0, 1.0, -2))
             from values in element.ArrayOf(rows * columns)
             select new Rectangle(rows, columns, values)).ToArbitrary();

        public static Arbitrary<Pixel> Pixels() => Generators.Pixels();
    }
}

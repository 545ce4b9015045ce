using Ddpm.Pure.Numerics;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Numerics;

/// <summary>
/// Matrices whose elements are of very different size: there a reflection that subtracts two numbers of one size instead of adding them loses the small
/// elements.
/// </summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class GradedMatrixLaws
{
    /// <summary>A·v = λ·v to a few n·ε of the largest element, whatever the sign of the element beside the diagonal and however small the next one.</summary>
    [Law]
    public bool Eigenvectors_stay_eigenvectors_where_elements_differ_in_size(Fraction tiny, Fraction other, bool negative)
    {
        var (beside, far) = (negative ? -1.0 : 1.0, tiny.Value);
        double[] rows = [2, beside, far, 0, beside, 3, 0.5, other.Value, far, 0.5, 4, beside, 0, other.Value, beside, -1];
        var matrix = SymmetricMatrix.Of(4, new Arr<double>(rows)).Valid();
        var eigen = EigenDecomposition.Of(matrix);
        return Enumerable.Range(0, 4).All(k => Enumerable.Range(0, 4).All(i => Near(
            eigen.Values[k] * eigen.Vectors[4 * k + i],
            Enumerable.Range(0, 4).Sum(j => matrix[i, j] * eigen.Vectors[4 * k + j]),
            256 * Epsilon)));
    }

    [Fact]
    public void A_matrix_of_zeros_has_no_other_eigenvalues() =>
        Assert.Equal([0.0, 0], EigenDecomposition.Of(SymmetricMatrix.Of(2, new Arr<double>(new double[4])).Valid()).Values.AsEnumerable());
}

using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Numerics;

/// <summary>A real symmetric matrix of n rows and columns.</summary>
public sealed record SymmetricMatrix
{
    private SymmetricMatrix(int order, Arr<double> values) => (Order, Values) = (order, values);

    /// <summary>n ≥ 1.</summary>
    public int Order { get; }

    /// <summary>The elements, n×n row by row, finite; both triangles.</summary>
    public Arr<double> Values { get; }

    /// <summary>One element.</summary>
    public double this[int row, int column] => Values[row * Order + column];

    /// <summary>The sum of the diagonal.</summary>
    public double Trace => Enumerable.Range(0, Order).Sum(i => this[i, i]);

    /// <summary>The matrix of given elements.</summary>
    /// <param name="order">n ≥ 1.</param>
    /// <param name="values">n×n elements row by row, finite and symmetric.</param>
    /// <returns>The matrix, or every fault: of the order, of their number, or each element that is not finite or differs from its mirror image.</returns>
    public static Validation<Error, SymmetricMatrix> Create(int order, Arr<double> values)
    {
        if (order < 1 || values.Count != (long)order * order)
        {
            return (Check.AtLeast("order", order, 1), Check.That("values", values.Count, order < 1 || values.Count == (long)order * order,
                    Invariant($"must be {(long)order * order} in number"))).Apply((_, _) => Zero);
        }

        var faults = toSeq(Enumerable.Range(0, values.Count)).Bind(place =>
        {
            var (row, column) = (place / order, place % order);
            var (value, mirrored) = (values[place], values[column * order + row]);
            var name = Invariant($"value[{row}, {column}]");
            return !double.IsFinite(value) ? Faults(name, value, "must be finite")
                : column < row && double.IsFinite(mirrored) && value != mirrored ? Faults(name, value, Invariant($"must be its mirror image, {mirrored}"))
                : Seq<Error>();
        });
        return faults.IsEmpty ? Success<Error, SymmetricMatrix>(new(order, values)) : Fail<Error, SymmetricMatrix>(faults);
    }

    /// <summary>The matrix whose upper triangle (row ≤ column) is given; the lower one is overwritten. Takes the array over.</summary>
    internal static SymmetricMatrix OfUpperTriangle(int order, double[] values)
    {
        for (var row = 1; row < order; row++)
        {
            for (var column = 0; column < row; column++)
                values[row * order + column] = values[column * order + row];
        }

        return new(order, new Arr<double>(values));
    }

    private static SymmetricMatrix Zero { get; } = new(1, new Arr<double>([0.0]));

    private static Seq<Error> Faults(string name, double value, string rule) =>
        Check.That(name, value, false, rule).Match(Succ: _ => Seq<Error>(), Fail: faults => faults);
}

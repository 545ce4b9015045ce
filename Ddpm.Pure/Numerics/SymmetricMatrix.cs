using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Numerics;

/// <summary>A real symmetric n×n matrix.</summary>
public sealed record SymmetricMatrix
{
    private SymmetricMatrix(int order, Arr<double> values) => (Order, Values) = (order, values);

    /// <summary>n ≥ 1.</summary>
    public int Order { get; }

    /// <summary>The n×n elements row by row, finite, with both triangles.</summary>
    public Arr<double> Values { get; }

    /// <summary>The element at a row and a column.</summary>
    public double this[int row, int column] => Values[row * Order + column];

    /// <summary>The trace, the sum of the diagonal.</summary>
    public double Trace => Enumerable.Range(0, Order).Sum(i => this[i, i]);

    /// <summary>The matrix of given elements.</summary>
    /// <param name="order">n ≥ 1.</param>
    /// <param name="values">n×n elements row by row, finite and symmetric.</param>
    /// <returns>
    /// The matrix, or every fault: a wrong order, a wrong number of elements, or each element that is not finite or differs from its mirror image.
    /// </returns>
    public static Validation<Error, SymmetricMatrix> Of(int order, Arr<double> values)
    {
        if (order < 1 || values.Count != (long)order * order)
        {
            return (Check.AtLeast("order", order, 1),
                    Check.That(
                        "values",
                        values.Count,
                        order < 1 || values.Count == (long)order * order,
                        Invariant($"must have length {(long)order * order}")))
                .Apply((_, _) => Zero);
        }

        var faults = toSeq(Enumerable.Range(0, values.Count)).Bind(place =>
        {
            var (row, column) = (place / order, place % order);
            var (value, mirrored) = (values[place], values[column * order + row]);
            var name = Invariant($"value[{row}, {column}]");
            if (!double.IsFinite(value))
            {
                return Faults(name, value, "must be finite");
            }

            return column < row && double.IsFinite(mirrored) && value != mirrored
                ? Faults(name, value, Invariant($"must equal its mirror image, {mirrored}"))
                : Seq<Error>();
        });
        return faults.IsEmpty ? Success<Error, SymmetricMatrix>(new(order, values)) : Fail<Error, SymmetricMatrix>(faults);
    }

    /// <summary>The matrix with a given upper triangle (row ≤ column). Overwrites the lower triangle and keeps the array.</summary>
    internal static SymmetricMatrix OfUpperTriangle(int order, double[] values)
    {
        for (var row = 1; row < order; row++)
        {
            for (var column = 0; column < row; column++)
            {
                values[row * order + column] = values[column * order + row];
            }
        }

        return new(order, new Arr<double>(values));
    }

    private static SymmetricMatrix Zero { get; } = new(1, new Arr<double>([0.0]));

    private static Seq<Error> Faults(string name, double value, string rule) =>
        Check.That(name, value, false, rule).Match(Succ: _ => Seq<Error>(), Fail: faults => faults);
}

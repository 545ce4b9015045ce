using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Metrics;

/// <summary>The features of N images, D numbers each. The quality metrics compare feature sets.</summary>
public sealed record FeatureSet
{
    /// <summary>10⁴⁰, the largest magnitude of a feature. Up to here no metric can overflow.</summary>
    public const double Largest = 1e40;

    private const int MostFaults = 10;

    private FeatureSet(int count, int dimension, Arr<double> values) => (Count, Dimension, Values) = (count, dimension, values);

    /// <summary>N ≥ 2.</summary>
    public int Count { get; }

    /// <summary>D ≥ 1.</summary>
    public int Dimension { get; }

    /// <summary>The features, N×D image by image, each finite and within ±10⁴⁰.</summary>
    public Arr<double> Values { get; }

    /// <summary>The set of given features.</summary>
    /// <param name="count">N ≥ 2: every metric needs at least two images.</param>
    /// <param name="dimension">D ≥ 1.</param>
    /// <param name="values">N×D numbers, image by image, each within ±10⁴⁰.</param>
    /// <returns>The set, or its faults: wrong sizes, a wrong number of values, the first ten wrong features and the number of the others.</returns>
    public static Validation<Error, FeatureSet> Of(int count, int dimension, Arr<double> values)
    {
        var sized = count >= 2 && dimension >= 1;
        var outside = Enumerable.Range(0, values.Count).Where(i => !(Math.Abs(values[i]) <= Largest));
        var faulty = toSeq(outside.Take(MostFaults).ToArray());
        var more = outside.Skip(MostFaults).Count();
        return (Check.AtLeast("count", count, 2), Check.AtLeast("dimension", dimension, 1),
                Check.That(
                    "features",
                    values.Count,
                    !sized || values.Count == (long)count * dimension,
                    Invariant($"must have length {count}×{dimension}")),
                faulty.Map(i => Check.That(
                        sized ? Invariant($"feature[{i / dimension}, {i % dimension}]") : Invariant($"feature[{i}]"),
                        values[i],
                        false,
                        "must lie in [-1E+40, 1E+40]"))
                    .Sequence(),
                more == 0 ? Success<Error, Unit>(unit) : Fail<Error, Unit>(Error.New(Invariant($"and {more} more features"))))
            .Apply((n, d, _, _, _) => new FeatureSet(n, d, values));
    }

    /// <summary>Checks that two sets have the same dimension.</summary>
    internal static Validation<Error, int> OneDimension(int real, int generated) =>
        Check.That("generated-dimension", generated, generated == real, Invariant($"must equal the dimension of the real features, {real}"));

    /// <summary>The features transposed to D×N, so that sums over dimensions vectorise across pairs.</summary>
    internal double[] ByDimension() => Rows.Transposed(Values.ToArray(), Count, Dimension);
}

using Ddpm.Pure.Metrics;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Metrics;

/// <summary>All are counts over counts, so equalities are exact.</summary>
[Properties(Arbitrary = [typeof(FeatureSets)])]
public sealed class PrecisionRecallLaws
{
    [Law]
    public bool It_counts_what_lies_within_reach_of_a_kth_neighbour(ThreeFeatureSets sets, byte choice)
    {
        var (real, generated, k) = (sets.Real, sets.Generated, Neighbours(sets, choice));
        double Radius(FeatureSet set, int i) =>
            Enumerable.Range(0, set.Count).Where(j => j != i).Select(j => Square(set.Feature(i), set.Feature(j))).Order().ElementAt(k - 1);
        bool Within(FeatureSet of, int i, FeatureSet from, int j) => Square(of.Feature(i), from.Feature(j)) <= Radius(of, i);
        var (rows, columns) = (Enumerable.Range(0, real.Count).ToArray(), Enumerable.Range(0, generated.Count).ToArray());
        return PrecisionRecall.Of(real, generated, k).Valid() == new PrecisionRecall(
            columns.Count(j => rows.Any(i => Within(real, i, generated, j))) / (double)generated.Count,
            rows.Count(i => columns.Any(j => Within(generated, j, real, i))) / (double)real.Count,
            columns.Sum(j => rows.Count(i => Within(real, i, generated, j))) / ((double)k * generated.Count),
            rows.Count(i => columns.Any(j => Within(real, i, generated, j))) / (double)real.Count);
    }

    [Law]
    public bool Of_a_set_with_itself_all_is_covered(ThreeFeatureSets sets, byte choice) =>
        PrecisionRecall.Of(sets.Real, sets.Real.Permuted(choice), 1 + choice % (sets.Real.Count - 1)).Valid()
            is { Precision: 1, Recall: 1, Coverage: 1, Density: >= 1 };

    [Law]
    public bool Exchanging_the_sets_exchanges_precision_and_recall(ThreeFeatureSets sets, byte choice)
    {
        var k = Neighbours(sets, choice);
        var (one, other) = (PrecisionRecall.Of(sets.Real, sets.Generated, k).Valid(), PrecisionRecall.Of(sets.Generated, sets.Real, k).Valid());
        return one.Precision == other.Recall && one.Recall == other.Precision;
    }

    /// <summary>Features lie within ±5, so balls reach 10·√D at most.</summary>
    [Law]
    public bool Of_sets_far_apart_nothing_is_covered(ThreeFeatureSets sets, byte choice) =>
        PrecisionRecall.Of(sets.Real, sets.Generated.Map(x => [.. x.Select(y => y + 100)]), Neighbours(sets, choice)).Valid()
            == new PrecisionRecall(0, 0, 0, 0);

    [Law]
    public bool More_neighbours_never_cover_less(ThreeFeatureSets sets)
    {
        var most = Math.Min(sets.Real.Count, sets.Generated.Count) - 1;
        var measures = Enumerable.Range(1, most).Select(k => PrecisionRecall.Of(sets.Real, sets.Generated, k).Valid()).ToArray();
        return measures.Zip(measures.Skip(1)).All(pair => pair.Item1.Precision <= pair.Item2.Precision
            && pair.Item1.Recall <= pair.Item2.Recall && pair.Item1.Coverage <= pair.Item2.Coverage);
    }

    [Law]
    public bool The_order_of_the_features_does_not_matter(ThreeFeatureSets sets, byte choice) =>
        PrecisionRecall.Of(sets.Real, sets.Generated, Neighbours(sets, choice)).Valid()
        == PrecisionRecall.Of(sets.Real.Permuted(choice), sets.Generated.Permuted(choice), Neighbours(sets, choice)).Valid();

    /// <summary>Counted by comparing all pairs in Python.</summary>
    [Theory]
    [InlineData(1, 5, 8, 7, 4)]
    [InlineData(2, 7, 8, 15, 6)]
    [InlineData(3, 7, 8, 25, 8)]
    [InlineData(5, 7, 8, 45, 8)]
    public void Known_counts(int k, int precise, int recalled, int held, int covered) => Assert.Equal(
        new PrecisionRecall(precise / 7.0, recalled / 8.0, held / (7.0 * k), covered / 8.0),
        PrecisionRecall.Of(FeatureSets.Examples.Real, FeatureSets.Examples.Generated, k).Valid());

    private static int Neighbours(ThreeFeatureSets sets, byte choice) => 1 + choice % (Math.Min(sets.Real.Count, sets.Generated.Count) - 1);

    private static double Square(double[] x, double[] y)
    {
        var sum = 0.0;
        for (var d = 0; d < x.Length; d++)
        {
            sum += (x[d] - y[d]) * (x[d] - y[d]);
        }

        return sum;
    }
}

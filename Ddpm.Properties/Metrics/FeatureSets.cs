using Ddpm.Pure.Metrics;
using Ddpm.Pure.Random;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Metrics;

/// <summary>Sets of one dimension and any sizes; the third is for the laws of three.</summary>
public sealed record ThreeFeatureSets(FeatureSet Real, FeatureSet Generated, FeatureSet Third)
{
    public int Dimension => Real.Dimension;

    /// <summary>The mean squares of the features: of this size are the numbers that a Fréchet distance subtracts.</summary>
    public double MeanSquare => new[] { Real, Generated, Third }.Sum(set => set.Values.Sum(x => x * x) / set.Count);

    /// <summary>Sums over features and dimensions, and rotations, round by a few ε for each of those.</summary>
    public double Roundoff => 64 * (Real.Count + Generated.Count + Dimension) * Epsilon * MeanSquare;
}

/// <summary>Valid feature sets by construction, with fewer features than dimensions, one dimension and repeated features among them.</summary>
public static class FeatureSets
{
    public static Arbitrary<ThreeFeatureSets> Three() =>
        (from dimension in Gen.Frequency((1, Gen.Constant(1)), (4, Gen.Choose(2, 9)))
         from real in Set(dimension)
         from generated in Set(dimension)
         from third in Set(dimension)
         select new ThreeFeatureSets(real, generated, third)).ToArbitrary();

    /// <summary>Examples: cos(0.3·i) + j/10 and sin(0.2·i) + ¼, with i the index of all elements and j the index in a row.</summary>
    public static (FeatureSet Real, FeatureSet Generated) Examples { get; } = (
        FeatureSet.Of(8, 3, Enumerable.Range(0, 24).Select(i => Math.Cos(0.3 * i) + i % 3 / 10.0).ToArr()).Valid(),
        FeatureSet.Of(7, 3, Enumerable.Range(0, 21).Select(i => Math.Sin(0.2 * i) + 0.25).ToArr()).Valid());

    /// <summary>Standard normal features.</summary>
    public static FeatureSet Normal(int count, int dimension, int draw)
    {
        var values = new float[count * dimension];
        new RandomStream(11, StreamName.InitialNoise).At(draw, 0).FillNormals(values);
        return FeatureSet.Of(count, dimension, values.Select(x => (double)x).ToArr()).Valid();
    }

    /// <summary>The features in another order.</summary>
    public static FeatureSet Permuted(this FeatureSet set, int draw) => FeatureSet.Of(
        set.Count, set.Dimension,
        Permutation.Of(new RandomStream(3, StreamName.Shuffling).At(0, draw), set.Count).SelectMany(i => set.Feature(i)).ToArr()).Valid();

    public static double[] Feature(this FeatureSet set, int i) => [.. set.Values.Skip(i * set.Dimension).Take(set.Dimension)];

    public static FeatureSet Map(this FeatureSet set, Func<double[], double[]> change) =>
        FeatureSet.Of(set.Count, set.Dimension, Enumerable.Range(0, set.Count).SelectMany(i => change(set.Feature(i))).ToArr()).Valid();

    private static Gen<FeatureSet> Set(int dimension) =>
        from count in Gen.Frequency((1, Gen.Constant(2)), (6, Gen.Choose(3, 24)))
        from centre in Generators.Between(-3, 3)
        from element in Gen.Frequency((6, Gen.Constant(Generators.Between(-2, 2))), (1, Gen.Constant(Gen.Elements(0, 1.0, -1))))
        from values in element.ArrayOf(count * dimension)
        select FeatureSet.Of(count, dimension, values.Select(x => centre + x).ToArr()).Valid();
}

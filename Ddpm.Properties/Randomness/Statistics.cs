using Ddpm.Pure.Numerics;
using Ddpm.Pure.Random;
using Xunit;

namespace Ddpm.Properties.Randomness;

/// <summary>
/// Statistical laws on 2¹⁸ draws each of one fixed seed, so that they never flicker, at five standard deviations: of nearly normal sums 5.7·10⁻⁷, two-sided.
/// χ² is skewed, and its upper five are 4·10⁻⁵ of 49 free cells and 1.4·10⁻⁶ of 999.
/// </summary>
public sealed class Statistics
{
    private const int Count = 1 << 18;
    private const double Sigmas = 5;

    /// <summary>√(ln(2/5.7·10⁻⁷)/2): Kolmogorov's distribution is exceeded with probability 2·exp(−2λ²).</summary>
    private const double KolmogorovSmirnov = 2.745;

    private static readonly Draws Fixed = new RandomStream(2026, StreamName.TrainingNoise).At(7, 3);
    private static readonly double[] Uniforms = [.. Enumerable.Range(0, Count).Select(Fixed.Uniform)];
    private static readonly double[] Normals = [.. FilledNormals().Select(x => (double)x)];

    /// <summary>E z = 0, E z² = 1, E z³ = 0, E z⁴ = 3; Var z, z², z³, z⁴ = 1, 2, 15, 96.</summary>
    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(3, 0, 15)]
    [InlineData(4, 3, 96)]
    public void Normals_have_a_standard_normal_s_moments(int power, double mean, double variance) =>
        Within(mean, variance, Normals.Average(z => Math.Pow(z, power)));

    /// <summary>E uᵏ = 1/(k + 1), Var uᵏ = 1/(2k + 1) − 1/(k + 1)².</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Uniforms_have_a_uniform_s_moments(int power) =>
        Within(1.0 / (power + 1), 1.0 / (2 * power + 1) - 1.0 / ((power + 1) * (power + 1)), Uniforms.Average(u => Math.Pow(u, power)));

    [Fact]
    public void Uniforms_follow_the_uniform_distribution() => Follow(Uniforms, u => u);

    [Fact]
    public void Normals_follow_the_normal_distribution() => Follow(Normals, NormalDistribution.Cdf);

    /// <summary>The product of two independent standard numbers has variance 1.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(784)]
    public void Draws_do_not_correlate_with_draws_some_places_on(int lag)
    {
        Uncorrelated(Normals, Normals.Skip(lag));
        Uncorrelated(Uniforms.Select(Standard), Uniforms.Skip(lag).Select(Standard));
    }

    [Fact]
    public void Normals_do_not_correlate_in_their_squares()
    {
        var squares = Normals.Select(z => (z * z - 1) / Math.Sqrt(2)).ToArray();
        for (var lag = 1; lag <= 4; lag++)
        {
            Uncorrelated(squares, squares.Skip(lag));
        }
    }

    [Fact]
    public void Neighbouring_images_epochs_streams_and_seeds_do_not_correlate()
    {
        Draws[] neighbours =
        [
            Fixed with { Index = 8 }, Fixed with { Step = 4 }, Fixed with { Name = StreamName.SamplingNoise }, Fixed with { Seed = 2027 },
            Fixed with { Seed = 2026 + (1UL << 32) },
        ];
        foreach (var neighbour in neighbours)
        {
            var other = new float[Count];
            neighbour.FillNormals(other);
            Uncorrelated(Normals, other.Select(x => (double)x));
        }
    }

    /// <summary>A cell's count is binomial, n draws with p = 1/k.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(1000)]
    public void Integers_below_a_bound_are_equally_frequent(int bound)
    {
        var (expected, deviation) = (Count / (double)bound, Math.Sqrt(Count * (1.0 / bound) * (1 - 1.0 / bound)));
        Assert.All(CountsBelow(bound), cell => Assert.InRange(cell, expected - Sigmas * deviation, expected + Sigmas * deviation));
    }

    /// <summary>Together they are neither too uneven nor too even: χ².</summary>
    [Fact]
    public void Integers_below_1000_are_uniform() => HasChiSquare(999, CountsBelow(1000), Count / 1000.0);

    /// <summary>
    /// Each item lands in each place once in n. Rows and columns of the n² cells have fixed sums, and the cells of one permutation depend on each other: the
    /// sum is n/(n − 1) times a χ² of (n − 1)².
    /// </summary>
    [Fact]
    public void A_permutation_sends_each_item_to_each_place_equally_often()
    {
        const int n = 8, orders = 20_000;
        var cells = new int[n * n];
        for (var epoch = 0; epoch < orders; epoch++)
        {
            var order = Permutation.Of(new RandomStream(2026, StreamName.Shuffling).At(0, epoch), n);
            for (var place = 0; place < n; place++)
            {
                cells[place * n + order[place]]++;
            }
        }

        HasChiSquare((n - 1) * (n - 1), cells, orders / (double)n, (n - 1) / (double)n);
    }

    private static int[] CountsBelow(int bound)
    {
        var cells = new int[bound];
        for (var i = 0; i < Count; i++)
        {
            cells[Fixed.Below(i, bound)]++;
        }

        return cells;
    }

    /// <summary>χ² of f free cells has mean f and variance 2f; it is the given part of the sum over all cells.</summary>
    private static void HasChiSquare(int free, int[] cells, double expected, double part = 1) => Assert.InRange(
        part * cells.Sum(cell => (cell - expected) * (cell - expected) / expected), free - Sigmas * Math.Sqrt(2.0 * free),
        free + Sigmas * Math.Sqrt(2.0 * free));

    private static double Standard(double uniform) => (uniform - 0.5) * Math.Sqrt(12);

    private static void Uncorrelated(IEnumerable<double> one, IEnumerable<double> other)
    {
        var products = one.Zip(other, (u, v) => u * v).ToArray();
        Assert.InRange(products.Average(), -Sigmas / Math.Sqrt(products.Length), Sigmas / Math.Sqrt(products.Length));
    }

    private static void Within(double mean, double variance, double observed) =>
        Assert.InRange(observed, mean - Sigmas * Math.Sqrt(variance / Count), mean + Sigmas * Math.Sqrt(variance / Count));

    private static void Follow(double[] sample, Func<double, double> distribution)
    {
        var distance = sample.Order().Select((x, i) => distribution(x) is var p
            ? Math.Max(Math.Abs(p - i / (double)Count), Math.Abs(p - (i + 1) / (double)Count))
            : 0).Max();
        Assert.InRange(distance * Math.Sqrt(Count), 0, KolmogorovSmirnov);
    }

    private static float[] FilledNormals()
    {
        var values = new float[Count];
        Fixed.FillNormals(values);
        return values;
    }
}

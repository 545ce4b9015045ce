using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(Changes)])]
public sealed class GeometricAugmentationLaws
{
    private const int Count = 1 << 16;
    private const double Sigmas = 5;

    [Law]
    public bool Labels_are_0_exactly_where_the_map_changes_nothing(GeometricAugmentation change) =>
        change.Labels.Count == GeometricAugmentation.LabelCount
        && change.Labels.ForAll(label => label == 0) == (change.Map(28, 20) == AffineMap.Identity);

    /// <summary>Without shifts, scaling and stretching leave the area 2^(2·a_2/5), and mirroring turns its sign.</summary>
    [Law]
    public bool The_map_keeps_the_centre_but_for_the_shift_and_has_the_area_of_its_size(GeometricAugmentation change)
    {
        var map = change.Map(28, 20);
        var area = Math.Pow(2, 0.4 * change.Size) * (change.Mirrored == change.UpsideDown ? 1 : -1);
        return map.Of(0, 0) == (20 * change.Right / 8, 28 * change.Down / 8)
            && Closeness.NearRelative(area, map.XX * map.YY - map.XY * map.YX, 100 * Closeness.Epsilon);
    }

    /// <summary>Table 6 of Karras et al. 2022, one row after another, worked out by hand.</summary>
    [Fact]
    public void Each_number_does_what_the_paper_s_table_says()
    {
        static void Is(GeometricAugmentation change, AffineMap map, params double[] labels)
        {
            var made = change.Map(16, 32);
            double[] Entries(AffineMap some) => [some.XX, some.XY, some.YX, some.YY, some.X, some.Y];
            Assert.All(Entries(map).Zip(Entries(made)), pair => Assert.Equal(pair.Item1, pair.Item2, 1e-15));
            Assert.All(labels.Zip(change.Labels), pair => Assert.Equal(pair.Item1, pair.Item2, 1e-15));
        }

        GeometricAugmentation none = default;
        Is(none with { Mirrored = true }, new(-1, 0, 0, 1, 0, 0), 1, 0, 0, 0, 0, 0, 0, 0, 0);
        Is(none with { UpsideDown = true }, new(1, 0, 0, -1, 0, 0), 0, 1, 0, 0, 0, 0, 0, 0, 0);
        Is(none with { Size = 5 }, new(2, 0, 0, 2, 0, 0), 0, 0, 5, 0, 0, 0, 0, 0, 0);
        Is(none with { Turn = Math.PI / 2 }, new(0, -1, 1, 0, 0, 0), 0, 0, 0, -1, 1, 0, 0, 0, 0);
        Is(none with { Stretch = 5 }, new(2, 0, 0, 0.5, 0, 0), 0, 0, 0, 0, 0, 5, 0, 0, 0);
        Is(none with { Stretch = 5, Direction = Math.PI / 2 }, new(0.5, 0, 0, 2, 0, 0), 0, 0, 0, 0, 0, 0, 5, 0, 0);
        Is(none with { Stretch = -5, Direction = Math.PI / 4 }, new(1.25, -0.75, -0.75, 1.25, 0, 0), 0, 0, 0, 0, 0, -5 / Math.Sqrt(2), -5 / Math.Sqrt(2), 0, 0);
        Is(none with { Right = 1, Down = -2 }, new(1, 0, 0, 1, 4, -4), 0, 0, 0, 0, 0, 0, 0, 1, -2);
        // Mirrored, then turned clockwise: the left edge comes to the right, then below.
        Is(none with { Mirrored = true, Turn = Math.PI / 2, Right = 1 }, new(0, -1, -1, 0, 4, 0), 1, 0, 0, -1, 1, 0, 0, 1, 0);
    }

    /// <summary>Counts are binomial; angles in (−π, π) have variance π²/3; the square of a normal number has variance 2.</summary>
    [Theory]
    [InlineData(0.12)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Each_number_has_its_distribution(double probability)
    {
        var stream = new RandomStream(2026, StreamName.GeometricAugmentation);
        GeometricAugmentation[] drawn = [.. Enumerable.Range(0, Count).Select(image => GeometricAugmentation.Of(stream.At(image, 3), probability))];
        Frequent(0.5, change => change.Mirrored);
        Frequent(probability / 2, change => change.UpsideDown);
        Frequent(probability, change => change.Size != 0);
        Frequent(probability, change => change.Turn != 0);
        Frequent(probability, change => change.Stretch != 0);
        Frequent(probability, change => change.Right != 0);
        Assert.All(drawn, change => Assert.True(change.Right == 0 == (change.Down == 0) && change.Stretch == 0 == (change.Direction == 0)));
        // Independent of each other.
        Frequent(probability * probability, change => change.Size != 0 && change.Turn != 0);
        Frequent(probability * probability, change => change.Stretch != 0 && change.Right != 0);
        Frequent(probability / 4, change => change.Mirrored && change.UpsideDown);
        foreach (var of in (Func<GeometricAugmentation, double>[])[c => c.Size, c => c.Stretch, c => c.Right, c => c.Down])
        {
            var made = Made(of);
            Near(0, 1, made.Average(), made.Length);
            Near(1, 2, made.Average(z => z * z), made.Length);
        }

        foreach (var of in (Func<GeometricAugmentation, double>[])[c => c.Turn, c => c.Direction])
        {
            var (made, variance) = (Made(of), Math.PI * Math.PI / 3);
            Assert.All(made, angle => Assert.InRange(angle, -Math.PI, Math.PI));
            Near(0, variance, made.Average(), made.Length);
            Near(variance, variance * variance * 4 / 5, made.Average(angle => angle * angle), made.Length); // E θ⁴ = π⁴/5
        }

        var both = drawn.Where(change => change.Right != 0).ToArray();
        Near(0, 1, both.Average(change => change.Right * change.Down), both.Length);

        double[] Made(Func<GeometricAugmentation, double> of) => [.. drawn.Select(of).Where(number => number != 0)];

        void Frequent(double p, Func<GeometricAugmentation, bool> occurs) => Near(p, p * (1 - p), drawn.Average(change => occurs(change) ? 1.0 : 0), Count);

        static void Near(double mean, double variance, double observed, int count) =>
            Assert.InRange(Math.Abs(observed - mean), 0, Sigmas * Math.Sqrt(variance / count));
    }

    public static class Changes
    {
        public static Arbitrary<GeometricAugmentation> All() =>
            (from mirrored in Gen.Elements(false, false, true)
             from inverted in Gen.Elements(false, false, true)
             from size in Number
             from turn in Number
             from direction in Number
             from stretch in Number
             from right in Number
             from down in Number
             select new GeometricAugmentation(mirrored, inverted, size, turn, stretch == 0 ? 0 : direction, stretch, right, down)).ToArbitrary();

        private static Gen<double> Number { get; } = Gen.Frequency((3, Gen.Constant(0.0)), (1, Gen.Choose(-300, 300).Select(n => n / 100.0)));
    }
}

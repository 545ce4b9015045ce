using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Diffusion;

[Properties(Arbitrary = [typeof(Gaussians)])]
public sealed class DiscretisedGaussianLaws
{
    /// <summary>The ends of an interval are off by ε/s standard deviations wherever the mean is beside them, and neighbours share theirs.</summary>
    [Law]
    public bool The_256_masses_sum_to_1(DiscretisedGaussian g) => Near(1, Masses(g).Sum(Math.Exp), 256 * Epsilon);

    [Law]
    public bool Every_mass_is_a_probability_and_none_is_lost(DiscretisedGaussian g) => Masses(g).All(mass => mass <= 0 && double.IsFinite(mass));

    /// <summary>Turning the scale around turns every operation around, but for where sums over both tails begin.</summary>
    [Law]
    public bool The_mirrored_gaussian_has_the_mirrored_masses(DiscretisedGaussian g) =>
        Masses(g).Zip(Masses(g with { Mean = -g.Mean }).Reverse()).All(pair => Near(pair.Item1, pair.Item2, 16 * Epsilon * (1 + Math.Abs(pair.Item1))));

    /// <summary>The interior intervals are equally long and the density falls on either side.</summary>
    [Law]
    public bool Interior_masses_fall_away_from_the_mean(DiscretisedGaussian g)
    {
        var masses = Masses(g);
        bool NotAbove(double farther, double nearer) =>
            farther <= nearer + 64 * Epsilon * (1 + Math.Abs(farther)) / Math.Min(1, g.StandardDeviation);
        return Enumerable.Range(1, 253).All(k => PixelScale.Value(k) >= g.Mean
            ? NotAbove(masses[k + 1], masses[k])
            : PixelScale.Value(k + 1) > g.Mean || NotAbove(masses[k], masses[k + 1]));
    }

    /// <summary>A Gaussian much wider than a level is nearly its density there: by the middle rule, but for (width/s)²·(1 + z²)/24.</summary>
    [Law]
    public bool An_interior_mass_is_nearly_density_times_width(DiscretisedGaussian g, byte level)
    {
        double z = (PixelScale.Value(level) - g.Mean) / g.StandardDeviation, width = 2 / 255.0 / g.StandardDeviation;
        return level is 0 or 255 || width * (1 + Math.Abs(z)) > 0.5
            || Near(Math.Log(width) - z * z / 2 - Math.Log(2 * Math.PI) / 2, g.LogMass(level),
                width * width * (1 + z * z) / 12 + 64 * Epsilon * (1 + z * z) / Math.Min(1, g.StandardDeviation));
    }

    /// <summary>
    /// The central difference over 2h in ln s errs by h²/6 times the third derivative, at most some (1 + z²)³ for a level z standard deviations away; and a
    /// logarithm's rounding of (1 + z²) ulps, over h and over the width of the interval.
    /// </summary>
    [Law]
    public bool The_slope_of_a_mass_is_its_central_difference(DiscretisedGaussian g, byte level)
    {
        const double h = 1e-4;
        var (z, width) = ((PixelScale.Value(level) - g.Mean) / g.StandardDeviation, 2 / 255.0 / g.StandardDeviation);
        var reach = 1 + Math.Pow(Math.Abs(z) + width, 2);
        double LogMass(double off) => (g with { StandardDeviation = g.StandardDeviation * Math.Exp(off) }).LogMass(level);
        return reach > 1e3
            || Near(
                (LogMass(h) - LogMass(-h)) / (2 * h), g.LogMassSlope(level),
                h * h * reach * reach * reach + 64 * Epsilon * reach / h / Math.Min(1, width));
    }

    [Fact]
    public void Levels_are_those_of_bytes_from_minus_1_to_1()
    {
        Assert.Equal(-1, PixelScale.Value(0));
        Assert.Equal(1, PixelScale.Value(255));
        Assert.All(Enumerable.Range(0, 256), k => Assert.Equal(-PixelScale.Value(255 - k), PixelScale.Value(k)));
        Assert.All(Enumerable.Range(0, 256), k => Assert.Equal(-1 + 2 * k / 255.0, PixelScale.Value(k), 2 * Epsilon));
    }

    /// <summary>A mean below all levels gives the first one nearly everything, and a vanishing spread gives all to the level it is at.</summary>
    [Fact]
    public void Edges_are_open()
    {
        Assert.Equal(0, new DiscretisedGaussian(-100, 1).LogMass(0), Epsilon);
        Assert.Equal(0, new DiscretisedGaussian(100, 1).LogMass(255), Epsilon);
        Assert.Equal(0, new DiscretisedGaussian(PixelScale.Value(77), 1e-12).LogMass(77));
        Assert.Equal(-0.5 * 1e24 * Math.Pow(1 / 255.0, 2), new DiscretisedGaussian(PixelScale.Value(77), 1e-12).LogMass(78), 1e14);
    }

    private static double[] Masses(DiscretisedGaussian g) => [.. Enumerable.Range(0, DiscretisedGaussian.Levels).Select(g.LogMass)];

    public static class Gaussians
    {
        public static Arbitrary<DiscretisedGaussian> All() =>
            (from mean in Gen.Frequency((6, Generators.Between(-1.5, 1.5)), (1, Gen.Elements(0, 1.0, -1)),
                (2, Gen.Choose(0, 255).Select(PixelScale.Value)), (1, Generators.Between(-50, 50)))
             from deviation in Gen.Frequency(
                 (4, Generators.PowersOfTen(-6, 2)), (2, Generators.Between(0.005, 0.2)), (1, Gen.Constant(0.01)))
             select new DiscretisedGaussian(mean, deviation)).ToArbitrary();
    }
}

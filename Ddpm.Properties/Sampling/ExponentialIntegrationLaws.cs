using Ddpm.Pure.Sampling;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Sampling;

/// <summary>The length of a step in λ, from next to none to infinite.</summary>
public readonly record struct StepLength(double Value);

/// <summary>Places of values in units of a step: its beginning first, then earlier ones, and perhaps its end.</summary>
public sealed record StepPlaces(Arr<double> Value);

[Properties(Arbitrary = [typeof(Steps), typeof(Generators)])]
public sealed class ExponentialIntegrationLaws
{
    private static IEnumerable<int> Powers => Enumerable.Range(0, 4);

    /// <summary>
    /// ψ_k(h) = ∫₀ʰ e^(−u)·(1 − u/h)ᵏ du. Gauss's five points, on panels no longer than ¼ and a quarter of h, give it to the last digit; the part beyond
    /// u = 45 is lost in rounding. ψ_k = 1 − k·ψ_{k−1}/h multiplies an error by k/h ≤ k/2, and for k ≤ 3 and ψ_k ≥ 0.35 by less than 16 in all.
    /// </summary>
    [Law]
    public bool Moments_are_the_integral_that_defines_them(StepLength h) =>
        double.IsInfinity(h.Value) || Powers.All(k => NearRelative(Quadrature(k, h.Value), ExponentialIntegration.Moment(k, h.Value), 128 * Epsilon));

    [Law]
    public bool Moments_rise_with_the_step_and_fall_with_the_power(StepLength one, StepLength other)
    {
        var (shorter, longer) = (Math.Min(one.Value, other.Value), Math.Max(one.Value, other.Value));
        double Moment(int k, double h) => ExponentialIntegration.Moment(k, h);
        return Powers.All(k => Moment(k, shorter) > 0 && Moment(k, longer) <= 1 && Moment(k, shorter) <= Moment(k, longer) * (1 + 64 * Epsilon)
            && (k == 0 || double.IsInfinity(longer) || Moment(k, longer) < Moment(k - 1, longer)));
    }

    /// <summary>h·ψ_k + k·ψ_{k−1} = h by parts: a sum of two that are not negative, on either side of the series.</summary>
    [Law]
    public bool Moments_follow_their_recursion(StepLength h) =>
        double.IsInfinity(h.Value) || Powers.Skip(1).All(k => NearRelative(
            h.Value, h.Value * ExponentialIntegration.Moment(k, h.Value) + k * ExponentialIntegration.Moment(k - 1, h.Value), 64 * Epsilon));

    /// <summary>Of an infinite step only its end counts; of one without length nothing; of a short one ψ_k = h/(k + 1).</summary>
    [Fact]
    public void Moments_at_the_ends()
    {
        Assert.All(Powers, k => Assert.Equal(1, ExponentialIntegration.Moment(k, double.PositiveInfinity)));
        Assert.All(Powers, k => Assert.Equal(0, ExponentialIntegration.Moment(k, 0)));
        Assert.All(Powers, k => Known(1e-300 / (k + 1), ExponentialIntegration.Moment(k, 1e-300), 2 * Epsilon));
    }

    /// <summary>
    /// The series ends where the recursion begins. In closed form ψ_0(2) = 1 − e⁻², ψ_1 = (1 + e⁻²)/2, ψ_2 = (1 − e⁻²)/2 and ψ_3 = (1 + 3e⁻²)/4.
    /// </summary>
    [Fact]
    public void Moments_are_continuous_where_the_series_ends()
    {
        const double inverseSquare = 0.1353352832366127; // e⁻², WolframAlpha: 0.13533528323661269189…
        double[] expected = [1 - inverseSquare, (1 + inverseSquare) / 2, (1 - inverseSquare) / 2, (1 + 3 * inverseSquare) / 4];
        Assert.All(Powers, k => Known(expected[k], ExponentialIntegration.Moment(k, 2), 16 * Epsilon));
        Assert.All(Powers, k => Known(expected[k], ExponentialIntegration.Moment(k, Math.BitDecrement(2)), 16 * Epsilon));
    }

    /// <summary>
    /// Through n values goes one polynomial of degree n − 1, and Σ weight_j·q(τ_j) = Σ c_k·ψ_k. The tolerance sums the sizes of all terms of Lagrange's basis.
    /// </summary>
    [Law]
    public bool Weights_are_exact_for_polynomials(StepLength h, StepPlaces places, Pixel a, Pixel b, Pixel c, Pixel d)
    {
        var coefficients = ((double[])[a.Value, b.Value, c.Value, d.Value]).Take(places.Value.Count).ToArray();
        var values = places.Value.Map(place => coefficients.Select((coefficient, k) => coefficient * Math.Pow(place, k)).Sum()).ToArray();
        var sizes = places.Value.Map(place => coefficients.Select((coefficient, k) => Math.Abs(coefficient) * Math.Pow(Math.Abs(place), k)).Sum()).ToArray();
        var weights = ExponentialIntegration.Weights(h.Value, places.Value);
        var tolerance = 64 * Epsilon * ExponentialIntegration.Moment(0, h.Value) * sizes.Zip(Conditions(places.Value)).Sum(pair => pair.Item1 * pair.Item2);
        return weights.Count == places.Value.Count && Near(
            coefficients.Select((coefficient, k) => coefficient * ExponentialIntegration.Moment(k, h.Value)).Sum(),
            weights.Zip(values).Sum(pair => pair.Item1 * pair.Item2), tolerance);
    }

    /// <summary>A constant x_0 has the exact solution ψ_0·x_0.</summary>
    [Law]
    public bool Weights_sum_to_the_first_moment(StepLength h, StepPlaces places) => Near(
        ExponentialIntegration.Moment(0, h.Value), ExponentialIntegration.Weights(h.Value, places.Value).Sum(),
        64 * Epsilon * ExponentialIntegration.Moment(0, h.Value) * Conditions(places.Value).Sum());

    [Law]
    public bool Weights_go_with_their_places(StepLength h, StepPlaces places)
    {
        var turned = places.Value.Reverse().ToArr();
        return ExponentialIntegration.Weights(h.Value, places.Value)
            .Zip(ExponentialIntegration.Weights(h.Value, turned).Reverse())
            .Zip(Conditions(places.Value))
            .All(three => Near(three.Item1.Item1, three.Item1.Item2, 64 * Epsilon * ExponentialIntegration.Moment(0, h.Value) * three.Item2));
    }

    /// <summary>Π (1 + |τ_m|)/|τ_j − τ_m| for each place j: the sum of the sizes of its basis polynomial's coefficients at most.</summary>
    private static IEnumerable<double> Conditions(Arr<double> places) => places.Select((place, j) =>
        places.Where((_, m) => m != j).Aggregate(1.0, (product, root) => product * (1 + Math.Abs(root)) / Math.Abs(place - root)));

    private static double Quadrature(int k, double h)
    {
        var (near, far) = (Math.Sqrt(5 - 2 * Math.Sqrt(10.0 / 7)) / 3, Math.Sqrt(5 + 2 * Math.Sqrt(10.0 / 7)) / 3);
        var (nearWeight, farWeight) = ((322 + 13 * Math.Sqrt(70)) / 1800, (322 - 13 * Math.Sqrt(70)) / 1800);
        (double Node, double Weight)[] rule = [(-far, farWeight), (-near, nearWeight), (0, 64.0 / 225), (near, nearWeight), (far, farWeight)];
        var panels = 4 + (int)Math.Ceiling(4 * Math.Min(h, 45));
        var width = Math.Min(h, 45) / panels;
        return Enumerable.Range(0, panels).Sum(panel => rule.Sum(point =>
            ((panel + (1 + point.Node) / 2) * width) is var u ? width * point.Weight * Math.Exp(-u) * Math.Pow(1 - u / h, k) : 0));
    }

    public static class Steps
    {
        public static Arbitrary<StepLength> Lengths() => Gen.Frequency(
            (6, Generators.PowersOfTen(-12, 2)),
            (3, Generators.Between(1.5, 2.5)),
            (1, Gen.Elements(2, Math.BitDecrement(2), Math.BitIncrement(2), 1e-300, 1e4, double.PositiveInfinity)))
                .Select(h => new StepLength(h)).ToArbitrary();

        public static Arbitrary<StepPlaces> Places() =>
            (from count in Gen.Choose(1, 3)
             from gaps in Generators.PowersOfTen(-1.5, 1).ArrayOf(count - 1)
             from end in Gen.Elements(true, false)
             let earlier = Enumerable.Range(0, count).Select(k => 0 - gaps.Take(k).Sum())
             select new StepPlaces(new Arr<double>(end ? earlier.Append(1) : earlier))).ToArbitrary();
    }
}

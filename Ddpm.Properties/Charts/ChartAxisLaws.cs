using System.Globalization;
using Ddpm.Pure.Charts;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Charts;

/// <summary>Numbers for an axis: of one sign or of both, close together or over many decades, and sometimes none or only one.</summary>
public sealed record AxisNumbers(Arr<double> Values, bool Logarithmic, int Most)
{
    public ChartAxis Axis => Logarithmic ? ChartAxis.Logarithmic(Values, Most) : ChartAxis.Linear(Values, Most);

    public IEnumerable<double> Shown => Values.Filter(value => ChartAxis.CanShow(value, Logarithmic));
}

[Properties(Arbitrary = [typeof(ChartAxisLaws)])]
public sealed class ChartAxisLaws
{
    public static Arbitrary<AxisNumbers> Numbers() =>
        (from logarithmic in Gen.Elements(true, false)
         from most in Gen.Choose(logarithmic ? 4 : 2, 12)
         from count in Gen.Choose(0, 12)
         from power in Gen.Choose(-290, 290)
         from decades in Gen.Elements(0.0, 0.01, 1, 5, 100, 600)
         from parts in Generators.Between(-0.5, 0.5).ArrayOf(count)
         from signs in Gen.Elements(-1.0, 0, 1, 1, 1).ArrayOf(count)
         let values = parts.Zip(signs, (part, sign) => sign * Math.Pow(10, Math.Clamp(power + decades * part, -299, 299)))
         select new AxisNumbers(values.ToArr(), logarithmic, most)).ToArbitrary();

    /// <summary>Each tick is a round number, or on a linear axis a multiple of one, and its label has at most two digits besides zeros.</summary>
    [Law]
    public bool Ticks_are_round_ascend_within_the_ends_and_are_enough_but_not_too_many(AxisNumbers numbers)
    {
        var axis = numbers.Axis;
        // A tick is a product that is rounded once, of a number that was rounded once.
        bool Round(double tick) => axis.Label(tick) is var label && label.Split('E')[0].Count(digit => digit is >= '1' and <= '9') <= 2
            && Closeness.NearRelative(double.Parse(label, CultureInfo.InvariantCulture), tick, 2 * Closeness.Epsilon);
        return axis.Ticks.Count >= 2 && axis.Ticks.Count <= numbers.Most + 1
            && axis.Ticks.ForAll(tick => tick >= axis.Low && tick <= axis.High && Round(tick))
            && axis.Ticks.Zip(axis.Ticks.Skip(1)).All(pair => pair.Item1 < pair.Item2);
    }

    [Law]
    public bool An_axis_holds_its_values_between_ends_that_lie_at_0_and_1(AxisNumbers numbers)
    {
        var axis = numbers.Axis;
        // The end of a linear axis is a product, which may be rounded to just below the value.
        var slack = Math.Max(Math.Abs(axis.Low), Math.Abs(axis.High)) * Closeness.Epsilon;
        return (axis.Place(axis.Low), axis.Place(axis.High)) == (0, 1)
            && numbers.Shown.All(value => value >= axis.Low - slack && value <= axis.High + slack && axis.Place(value) is >= 0 and <= 1);
    }

    [Law]
    public bool A_greater_number_has_no_lower_place(AxisNumbers numbers)
    {
        var places = numbers.Shown.Order().Select(numbers.Axis.Place).ToArray();
        return places.Zip(places.Skip(1)).All(pair => pair.Item1 <= pair.Item2);
    }

    /// <summary>The ends of a logarithmic axis are the next round numbers, and neighbours among these have a ratio of at most 2.5.</summary>
    [Law]
    public bool Halfway_is_the_mean_or_the_geometric_mean_and_no_end_is_far_from_the_values(AxisNumbers numbers)
    {
        var axis = numbers.Axis;
        if (!axis.IsLogarithmic)
        {
            var step = axis.Ticks[1] - axis.Ticks[0];
            var ends = numbers.Shown.Append(0).ToArray();
            return Closeness.Near(0.5, axis.Place(axis.Low / 2 + axis.High / 2), 4 * Closeness.Epsilon)
                && (ends.All(value => value == 0) || (ends.Min() - axis.Low < step * 1.01 && axis.High - ends.Max() < step * 1.01));
        }

        var (low, high) = (Math.Log(axis.Low), Math.Log(axis.High));
        // Logarithms up to 700, and their mean, are off by a few parts ε, on an axis that is high − low long.
        var tolerance = 4 * Closeness.Epsilon * (1 + 700 / (high - low));
        var shown = numbers.Shown.Select(value => Math.Log(value)).ToArray();
        return Closeness.Near(0.5, axis.Place(Math.Exp((low + high) / 2)), tolerance)
            && (shown.Length == 0 || (shown.Min() - low < Math.Log(2.51) && high - shown.Max() < Math.Log(2.51)));
    }

    [Law]
    public bool Numbers_that_an_axis_cannot_show_change_nothing(AxisNumbers numbers)
    {
        double[] others = numbers.Logarithmic ? [0, -1, 1e-310] : [];
        var more = others.Concat([double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e301]);
        return (numbers with { Values = numbers.Values + more.ToArr() }).Axis == numbers.Axis;
    }

    [Fact]
    public void Axes_of_usual_numbers()
    {
        Assert.Equal([0, 5, 10, 15, 20], ChartAxis.Linear([1, 20], 7).Ticks.AsEnumerable());
        Assert.Equal([0, 200, 400, 600, 800, 1000], ChartAxis.Linear([0, 999], 7).Ticks.AsEnumerable());
        Assert.Equal([-1, 0, 1, 2], ChartAxis.Linear([-0.5, 1.5], 3).Ticks.AsEnumerable());
        Assert.Equal([0, 1], ChartAxis.Linear([], 2).Ticks.AsEnumerable().Where(tick => tick % 1 == 0));
        Assert.Equal([0.02, 0.05, 0.1, 0.2, 0.5, 1], ChartAxis.Logarithmic([0.7, 0.12, 0.041], 10).Ticks.AsEnumerable());
        Assert.Equal([0.1, 0.2], ChartAxis.Logarithmic([0.1], 10).Ticks.AsEnumerable());
        Assert.Equal([1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000], ChartAxis.Logarithmic([1e-4, 1e3], 7).Ticks.AsEnumerable());
        Assert.Equal([1e-4, 1e-2, 1, 100, 1e4], ChartAxis.Logarithmic([1e-4, 1e4], 7).Ticks.AsEnumerable());
        Assert.Equal([1, 2, 5, 10], ChartAxis.Logarithmic([0, double.NaN], 7).Ticks.AsEnumerable());
    }

    [Fact]
    public void An_axis_has_room_for_two_ticks()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ChartAxis.Linear([1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChartAxis.Logarithmic([1], 3));
    }

    [Fact]
    public void Labels_are_plain_decimals_or_powers_of_ten()
    {
        string[] Labels(ChartAxis axis) => [.. axis.Ticks.Map(axis.Label)];
        Assert.Equal(["0", "0.0005", "0.001", "0.0015", "0.002"], Labels(ChartAxis.Linear([0.002], 5)));
        Assert.Equal(["0", "5E-5", "1E-4", "1.5E-4", "2E-4"], Labels(ChartAxis.Linear([0.0002], 5)));
        Assert.Equal(["0", "5E+5", "1E+6", "1.5E+6"], Labels(ChartAxis.Linear([1.5e6], 5)));
        Assert.Equal(["0", "200000", "400000"], Labels(ChartAxis.Linear([400_000], 3)));
        Assert.Equal(["5E-5", "0.0001", "0.0002"], Labels(ChartAxis.Logarithmic([6e-5, 0.0002], 5)));
        Assert.Equal(["200000", "500000", "1E+6"], Labels(ChartAxis.Logarithmic([2e5, 1e6], 5)));
    }
}

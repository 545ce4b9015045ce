using System.Globalization;
using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Images;

/// <summary>The losses of some epochs, and of several moments in each.</summary>
public sealed record LossHistory(Arr<LossPoint> Steps, Arr<LossPoint> Epochs)
{
    public LossChart Chart => new(Steps, Epochs);

    public IEnumerable<LossPoint> All => Steps.Append(Epochs);
}

[Properties(Arbitrary = [typeof(LossChartLaws)])]
public sealed class LossChartLaws
{
    public static Arbitrary<LossHistory> Histories() =>
        (from epochs in Gen.Choose(0, 12)
         from each in Gen.Choose(epochs == 0 ? 1 : 0, 9)
         from power in Gen.Choose(-6, 4)
         from losses in Generators.Between(-3, 3).ArrayOf(Math.Max(1, epochs) * (each + 1))
         let points = losses.Select((log, i) => new LossPoint((i + 1.0) / (each + 1), Math.Pow(10, power + log))).ToArray()
         select new LossHistory(
             points.Where((_, i) => epochs == 0 || i % (each + 1) < each).ToArr(),
             points.Where((_, i) => epochs > 0 && i % (each + 1) == each).ToArr())).ToArbitrary();

    [Law]
    public bool Every_epoch_has_a_dot_and_every_other_loss_a_mark_where_the_axes_say(LossHistory history)
    {
        var (chart, picture) = (history.Chart, history.Chart.Draw());
        byte At(LossPoint point) => picture[chart.Column(point), chart.Row(point)];
        bool Dot(LossPoint point) =>
            Enumerable.Range(-2, 5).All(x => Enumerable.Range(-2, 5).All(y => picture[chart.Column(point) + x, chart.Row(point) + y] == 0));
        return history.Epochs.ForAll(Dot) && history.Steps.ForAll(point => At(point) is 0 or 150);
    }

    [Law]
    public bool Later_is_further_right_and_less_is_further_down(LossHistory history)
    {
        var chart = history.Chart;
        return Neighbours(history.All.OrderBy(point => point.Epochs).Select(chart.Column), (left, right) => left <= right)
            && Neighbours(history.All.OrderBy(point => point.Loss).Select(chart.Row), (lower, upper) => lower >= upper);
    }

    [Law]
    public bool An_axis_holds_its_values_between_ends_that_lie_at_0_and_1(LossHistory history)
    {
        var (time, loss) = (history.Chart.Time, history.Chart.Loss);
        return (time.Place(time.Low), time.Place(time.High), loss.Place(loss.Low), loss.Place(loss.High)) == (0, 1, 0, 1)
            && time.Low == 0 && time.High == history.All.Max(point => point.Epochs)
            && history.All.All(point => loss.Low <= point.Loss && point.Loss <= loss.High);
    }

    /// <summary>The axis of time is linear, and the axis of losses is logarithmic.</summary>
    [Law]
    public bool Halfway_is_the_mean_or_the_geometric_mean(LossHistory history)
    {
        var (time, loss) = (history.Chart.Time, history.Chart.Loss);
        // The root over the low end is off by a few parts ε, so its logarithm by a few ε, on an axis that is ln(high/low) long.
        return time.Place(time.High / 2) == 0.5
            && Closeness.Near(0.5, loss.Place(Math.Sqrt(loss.Low * loss.High)), 4 * Closeness.Epsilon * (1 + 1 / Math.Log(loss.High / loss.Low)));
    }

    [Law]
    public bool Ticks_are_round_ascend_within_the_ends_and_are_enough(LossHistory history)
    {
        var (time, loss) = (history.Chart.Time, history.Chart.Loss);
        // A tick is a round number or up to ten of them, a product that is rounded once.
        bool Round(double tick) => ChartAxis.Label(tick) is var label && label.Count(char.IsAsciiDigit) <= 12
            && Closeness.NearRelative(double.Parse(label, CultureInfo.InvariantCulture), tick, 2 * Closeness.Epsilon);
        return time.Ticks.Count is >= 5 and <= 11 && time.Ticks[0] == 0 && time.Ticks.ForAll(tick => tick <= time.High && Round(tick))
            && loss.Ticks.Count >= 2 && loss.Ticks[0] == loss.Low && loss.Ticks[^1] == loss.High && loss.Ticks.ForAll(Round)
            && Neighbours(time.Ticks, (one, next) => one < next) && Neighbours(loss.Ticks, (one, next) => one < next);
    }

    /// <summary>The plot is 720×400 pixels, and a number lies in the pixel that is nearest to its place.</summary>
    [Law]
    public bool A_point_is_where_its_place_on_the_axes_is(LossHistory history)
    {
        var chart = history.Chart;
        var (left, top) = Corner(chart);
        return history.All.All(point => Math.Abs(chart.Column(point) - left - chart.Time.Place(point.Epochs) * 719) <= 0.5 + 1e-9
            && Math.Abs(chart.Row(point) - top - (1 - chart.Loss.Place(point.Loss)) * 399) <= 0.5 + 1e-9);
    }

    /// <summary>Lines run from each loss to the next, and step by step along their longer side there is a pixel less than one off.</summary>
    [Law]
    public bool Every_line_is_drawn_from_end_to_end(LossHistory history)
    {
        var (chart, picture) = (history.Chart, history.Chart.Draw());
        bool Drawn(Arr<LossPoint> points, byte ink) => points.Zip(points.Skip(1)).All(pair =>
            Along(Segment.Of(chart, pair.Item1, pair.Item2)).All(places => places.Any(at => picture[at.Column, at.Row] <= ink)));
        var (left, top) = Corner(chart);
        return Drawn(history.Steps, 150) && Drawn(history.Epochs, 0)
            && chart.Loss.Ticks.ForAll(tick => Enumerable.Range(left, 720).All(column => picture[column, chart.Row(new(1, tick))] <= 224))
            && chart.Time.Ticks.ForAll(tick => Enumerable.Range(top, 400).All(row => picture[chart.Column(new(tick, 1)), row] <= 224));
    }

    [Law]
    public bool Nothing_else_is_drawn_in_the_plot(LossHistory history)
    {
        var (chart, picture) = (history.Chart, history.Chart.Draw());
        var (left, top) = Corner(chart);
        var (rows, columns) = (chart.Loss.Ticks.Map(tick => chart.Row(new(1, tick))), chart.Time.Ticks.Map(tick => chart.Column(new(tick, 1))));
        var (steps, epochs) = (Near(chart, history.Steps, 0), Near(chart, history.Epochs, 2));
        return Enumerable.Range(top, 400).All(row => Enumerable.Range(left, 720).All(column => picture[column, row] switch
        {
            0 => epochs.Contains((column, row)),
            150 => steps.Contains((column, row)),
            224 => rows.Contains(row) || columns.Contains(column),
            255 => true,
            _ => false,
        }));
    }

    /// <summary>
    /// Where all labels of an axis have room, each stands by its tick: left of the plot, centred on the tick's row, or under the plot, centred on its column.
    /// </summary>
    [Law]
    public bool Every_tick_is_named_beside_its_line(LossHistory history)
    {
        var (chart, picture) = (history.Chart, history.Chart.Draw());
        var (left, top) = Corner(chart);
        PixelImage Label(double tick) => BitmapFont.Draw(ChartAxis.Label(tick), 2);
        var rows = chart.Loss.Ticks.Map(tick => chart.Row(new(1, tick)));
        var far = Neighbours(rows, (lower, upper) => lower - upper >= 20);
        var columns = chart.Time.Ticks.Map(tick => (Middle: chart.Column(new(tick, 1)), Half: Label(tick).Width / 2));
        var wide = Neighbours(columns, (one, next) => one.Middle + one.Half + 2 < next.Middle - next.Half);
        return picture.Height == top + 400 + 6 + 18
            && picture.Width == 2 * left + 720
            && (!far || chart.Loss.Ticks.ForAll(ShowsLoss))
            && (!wide || chart.Time.Ticks.ForAll(ShowsTime));

        bool ShowsLoss(double tick)
        {
            var label = Label(tick);
            return picture.Shows(label, left - 6 - label.Width, chart.Row(new(1, tick)) - label.Height / 2);
        }

        bool ShowsTime(double tick)
        {
            var label = Label(tick);
            return picture.Shows(label, chart.Column(new(tick, 1)) - label.Width / 2, top + 400 + 6);
        }
    }

    private static (int Column, int Row) Corner(LossChart chart) => (chart.Column(new(0, chart.Loss.High)), chart.Row(new(0, chart.Loss.High)));

    private sealed record Segment(int Column, int Row, int ToColumn, int ToRow)
    {
        public static Segment Of(LossChart chart, LossPoint from, LossPoint to) => new(chart.Column(from), chart.Row(from), chart.Column(to), chart.Row(to));
    }

    /// <summary>For each place along the longer side of a line the pixels that are less than one off it.</summary>
    private static IEnumerable<(int Column, int Row)[]> Along(Segment line)
    {
        var (wide, high) = (line.ToColumn - line.Column, line.ToRow - line.Row);
        var length = Math.Max(Math.Abs(wide), Math.Abs(high));
        for (var i = 0; i <= length; i++)
        {
            var (column, row) = length == 0 ? (line.Column, (double)line.Row) : (line.Column + (double)wide * i / length, line.Row + (double)high * i / length);
            yield return
            [
                .. from c in ((double[])[Math.Floor(column), Math.Ceiling(column)]).Distinct()
                   from r in ((double[])[Math.Floor(row), Math.Ceiling(row)]).Distinct()
                   select ((int)c, (int)r),
            ];
        }
    }

    /// <summary>The pixels near the lines between points, and of the squares around the points.</summary>
    private static System.Collections.Generic.HashSet<(int, int)> Near(LossChart chart, Arr<LossPoint> points, int around) =>
    [
        .. points.Zip(points.Skip(1)).SelectMany(pair => Along(Segment.Of(chart, pair.Item1, pair.Item2))).SelectMany(places => places),
        .. from point in points
           from x in Enumerable.Range(-around, 2 * around + 1)
           from y in Enumerable.Range(-around, 2 * around + 1)
           select (chart.Column(point) + x, chart.Row(point) + y),
    ];

    [Fact]
    public void An_axis_ends_where_its_numbers_do()
    {
        Assert.Equal(Enumerable.Range(0, 11).Select(n => n * 1e19), ChartAxis.FromZero(1e20).Ticks.AsEnumerable());
        Assert.Throws<ArgumentOutOfRangeException>(() => ChartAxis.FromZero(1.0000001e20));
        Assert.Equal([1e20, 2e20], ChartAxis.LogarithmicOver([1e30]).Ticks.AsEnumerable());
        Assert.Equal([0.1, 0.2], ChartAxis.LogarithmicOver([0.1, 0.2]).Ticks.AsEnumerable());
        Assert.Equal([5e-20, 1e-19], ChartAxis.LogarithmicOver([6e-20, 9e-20]).Ticks.AsEnumerable());
    }

    [Fact]
    public void A_long_run_with_large_losses_has_room_for_its_labels() =>
        Assert.True(new LossChart(Arr<LossPoint>.Empty, Prelude.Array(new LossPoint(1, 1), new LossPoint(400_000, 2))).Draw().Width > 800);

    [Fact]
    public void Axes_of_a_usual_run()
    {
        var chart = new LossChart(Prelude.Array(new LossPoint(0.5, 0.7)), Prelude.Array(new LossPoint(1, 0.12), new LossPoint(20, 0.041)));
        Assert.Equal([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20], chart.Time.Ticks.AsEnumerable());
        Assert.Equal([0.02, 0.05, 0.1, 0.2, 0.5, 1], chart.Loss.Ticks.AsEnumerable());
        Assert.Equal([0.1, 0.2], new LossChart(Arr<LossPoint>.Empty, Prelude.Array(new LossPoint(1, 0.1))).Loss.Ticks.AsEnumerable());
        Assert.Equal([1e-20, 2e-20], new LossChart(Arr<LossPoint>.Empty, Prelude.Array(new LossPoint(1, 0))).Loss.Ticks.AsEnumerable());
        Assert.Equal(["0", "0.05", "0.0001", "5E-5", "200000", "1E+6"], ((double[])[0, 0.05, 1e-4, 5e-5, 2e5, 1e6]).Select(ChartAxis.Label));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChartAxis.FromZero(0));
    }

    private static bool Neighbours<T>(IEnumerable<T> values, Func<T, T, bool> law) => values.Zip(values.Skip(1)).All(pair => law(pair.Item1, pair.Item2));
}

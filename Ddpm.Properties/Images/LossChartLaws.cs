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
        return history.Epochs.ForAll(point => At(point) == 0 && picture[chart.Column(point) + 2, chart.Row(point) - 2] == 0) && history.Steps.ForAll(point => At(point) is 0 or 150);
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

    /// <summary>On the axis of time as far as differences say, on that of losses as far as ratios do.</summary>
    [Law]
    public bool Halfway_is_the_mean_or_the_geometric_mean(LossHistory history)
    {
        var (time, loss) = (history.Chart.Time, history.Chart.Loss);
        return Math.Abs(time.Place(time.High / 2) - 0.5) < 1e-12 && Math.Abs(loss.Place(Math.Sqrt(loss.Low * loss.High)) - 0.5) < 1e-12;
    }

    [Law]
    public bool Ticks_are_round_ascend_within_the_ends_and_are_enough(LossHistory history)
    {
        var (time, loss) = (history.Chart.Time, history.Chart.Loss);
        bool Round(double tick) => ChartAxis.Label(tick).Count(char.IsAsciiDigit) <= 12 && double.Parse(ChartAxis.Label(tick), System.Globalization.CultureInfo.InvariantCulture) is var said && Math.Abs(said - tick) <= 1e-12 * tick;
        return time.Ticks.Count is >= 5 and <= 11 && time.Ticks[0] == 0 && time.Ticks.ForAll(tick => tick <= time.High && Round(tick))
            && loss.Ticks.Count >= 2 && loss.Ticks[0] == loss.Low && loss.Ticks[^1] == loss.High && loss.Ticks.ForAll(Round)
            && Neighbours(time.Ticks, (one, next) => one < next) && Neighbours(loss.Ticks, (one, next) => one < next);
    }

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

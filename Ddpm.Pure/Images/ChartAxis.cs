using System.Globalization;
using LanguageExt;

namespace Ddpm.Pure.Images;

/// <summary>An axis of a chart: its range of numbers, its ticks, and the place of a number on it.</summary>
public sealed record ChartAxis
{
    private const int Decades = 20;

    // 1, 2 and 5 of every decade from 10⁻²⁰ to 5·10²⁰, each the double nearest to the decimal number.
    private static readonly Arr<double> RoundNumbers = Enumerable.Range(-Decades, 2 * Decades + 1)
        .SelectMany(power => new[] { 1, 2, 5 }.Select(digit => double.Parse(Invariant($"{digit}e{power}"), CultureInfo.InvariantCulture))).ToArr();

    private ChartAxis(double low, double high, Arr<double> ticks, bool logarithmic) => (Low, High, Ticks, Logarithmic) = (low, high, ticks, logarithmic);

    /// <summary>The number at the start of the axis.</summary>
    public double Low { get; }

    /// <summary>The number at the end of the axis.</summary>
    public double High { get; }

    /// <summary>The ticks, ascending, within the range.</summary>
    public Arr<double> Ticks { get; }

    /// <summary>Whether the axis is logarithmic.</summary>
    public bool Logarithmic { get; }

    /// <summary>An axis from 0, with ticks at multiples of a round number that divide it into four to ten parts.</summary>
    /// <param name="high">The end, in (0, 10²⁰].</param>
    public static ChartAxis FromZero(double high)
    {
        if (high is not (> 0 and <= 1e20))
        {
            throw new ArgumentOutOfRangeException(nameof(high), high, "An axis from 0 ends in (0, 10²⁰].");
        }

        var step = RoundNumbers.First(number => number * 10 >= high);
        return new(0, high, Enumerable.Range(0, 11).Select(n => n * step).TakeWhile(tick => tick <= high).ToArr(), logarithmic: false);
    }

    /// <summary>
    /// A logarithmic axis between the nearest round numbers (1, 2 or 5 times a power of ten) around all values, with a tick at every round number.
    /// </summary>
    /// <param name="values">At least one value. Values are clamped to [10⁻²⁰, 10²⁰].</param>
    public static ChartAxis LogarithmicOver(IEnumerable<double> values)
    {
        var clamped = values.Select(value => Math.Clamp(value, 1e-20, 1e20)).ToArray();
        var (least, most) = (clamped.Min(), clamped.Max());
        var low = RoundNumbers.Last(number => number <= least);
        var high = RoundNumbers.First(number => number >= most && number > low);
        return new(low, high, RoundNumbers.Filter(number => number >= low && number <= high), logarithmic: true);
    }

    /// <summary>The place of a number on the axis: 0 at the start, 1 at the end. Numbers outside of the range are clamped.</summary>
    public double Place(double value)
    {
        var inside = Math.Clamp(value, Low, High);
        return Logarithmic ? Math.Log(inside / Low) / Math.Log(High / Low) : inside / High; // a linear axis starts at 0
    }

    /// <summary>The label of a tick.</summary>
    public static string Label(double tick) => tick.ToString(tick is >= 1e-4 and < 1e6 or 0 ? "0.####" : "0E+0", CultureInfo.InvariantCulture);
}

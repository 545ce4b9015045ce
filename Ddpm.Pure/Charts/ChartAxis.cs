using System.Globalization;
using LanguageExt;

namespace Ddpm.Pure.Charts;

/// <summary>An axis of a chart: its range of numbers, its ticks, and the place of a number on it.</summary>
public sealed record ChartAxis
{
    private const int Decades = 300;
    private const double Largest = 1e300, Smallest = 1e-300;

    // 1, 2 and 5 of every decade from 10⁻³⁰⁰ to 5·10³⁰⁰, each the double nearest to the decimal number.
    private static readonly double[] RoundNumbers =
    [
        .. from power in Enumerable.Range(-Decades, 2 * Decades + 1)
           from digit in (int[])[1, 2, 5]
           select double.Parse(Invariant($"{digit}e{power}"), CultureInfo.InvariantCulture),
    ];

    // Decades between two ticks, if the axis has too many round numbers.
    private static readonly int[] Strides = [1, 2, 5, 10, 20, 50, 100, 200];

    private ChartAxis(double low, double high, Arr<double> ticks, bool logarithmic) => (Low, High, Ticks, IsLogarithmic) = (low, high, ticks, logarithmic);

    /// <summary>The number at the start of the axis.</summary>
    public double Low { get; }

    /// <summary>The number at the end of the axis.</summary>
    public double High { get; }

    /// <summary>The ticks, ascending, within the range. There are at least two.</summary>
    public Arr<double> Ticks { get; }

    /// <summary>Whether the axis is logarithmic.</summary>
    public bool IsLogarithmic { get; }

    /// <summary>
    /// Whether an axis can show a number: it is finite and its magnitude is at most 10³⁰⁰. On a logarithmic axis it is also at least 10⁻³⁰⁰.
    /// </summary>
    public static bool CanShow(double value, bool logarithmic) => logarithmic ? value is >= Smallest and <= Largest : Math.Abs(value) <= Largest;

    /// <summary>
    /// A linear axis from 0 to the values. Both ends and all ticks are multiples of a round number (1, 2 or 5 times a power of ten). Without values other than
    /// 0, the axis ends at 1.
    /// </summary>
    /// <param name="values">The values. Values that an axis cannot show are left out.</param>
    /// <param name="most">The largest number of parts between ticks, at least 2.</param>
    public static ChartAxis Linear(IEnumerable<double> values, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 2);
        var shown = values.Where(value => CanShow(value, logarithmic: false)).Append(0).ToArray();
        var (least, largest) = (shown.Min(), shown.Max());
        if (least == largest)
        {
            largest = 1;
        }

        var step = RoundNumbers.First(number => Math.Ceiling(largest / number) - Math.Floor(least / number) <= most);
        var (first, last) = ((int)Math.Floor(least / step), (int)Math.Ceiling(largest / step));
        return new(first * step, last * step, Enumerable.Range(first, last - first + 1).Select(n => n * step).ToArr(), logarithmic: false);
    }

    /// <summary>
    /// A logarithmic axis between the nearest round numbers (1, 2 or 5 times a power of ten) around all values. Every round number has a tick. If these are too
    /// many, every power of ten has one, or every second, fifth or tenth power and so on. Without values, the axis runs from 1 to 10.
    /// </summary>
    /// <param name="values">The values. Values that an axis cannot show are left out.</param>
    /// <param name="most">The largest number of parts between ticks, at least 4: fewer could leave one tick.</param>
    public static ChartAxis Logarithmic(IEnumerable<double> values, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 4);
        var shown = values.Where(value => CanShow(value, logarithmic: true)).ToArray();
        if (shown.Length == 0)
        {
            shown = [1, 10];
        }

        var (least, largest) = (shown.Min(), shown.Max());
        var low = RoundNumbers.Last(number => number <= least);
        var high = RoundNumbers.First(number => number >= largest && number > low);
        var choices = Strides.Select(PowersOfTen).Prepend(RoundNumbers).Select(numbers => numbers.Where(number => number >= low && number <= high).ToArr());
        return new(low, high, choices.First(ticks => ticks.Count <= most + 1), logarithmic: true);
    }

    /// <summary>The place of a number on the axis: 0 at the start, 1 at the end. Numbers outside of the range are clamped.</summary>
    public double Place(double value)
    {
        var inside = Math.Clamp(value, Low, High);
        return IsLogarithmic
            ? (Math.Log(inside) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low))
            : (inside - Low) / (High - Low);
    }

    /// <summary>
    /// The label of a tick. A linear axis has plain decimals if its ticks have at most four places and its ends are below a million. A logarithmic axis has
    /// plain decimals at ticks from 10⁻⁴ to below a million.
    /// </summary>
    public string Label(double tick)
    {
        var (smallest, largest) = IsLogarithmic ? (tick, tick) : (Ticks[1] - Ticks[0], Math.Max(Math.Abs(Low), Math.Abs(High)));
        var isPlain = tick == 0 || (smallest > 0.9e-4 && largest < 1e6);
        return tick.ToString(isPlain ? "0.####" : "0.#E+0", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<double> PowersOfTen(int stride) => RoundNumbers.Where((_, i) => i % (3 * stride) == 0);
}

using System.Globalization;
using LanguageExt;

namespace Ddpm.Pure.Images;

/// <summary>An axis of a chart: what range of numbers it shows, which of them it names, and where on it a number lies.</summary>
public sealed record ChartAxis
{
    private const int Decades = 20;

    // 1, 2 and 5 of every decade from 10⁻²⁰ to 5·10²⁰, each the double nearest to its decimal.
    private static readonly Arr<double> RoundNumbers = Enumerable.Range(-Decades, 2 * Decades + 1)
        .SelectMany(power => new[] { 1, 2, 5 }.Select(digit => double.Parse(Invariant($"{digit}e{power}"), CultureInfo.InvariantCulture))).ToArr();

    private ChartAxis(double low, double high, Arr<double> ticks, bool logarithmic) => (Low, High, Ticks, Logarithmic) = (low, high, ticks, logarithmic);

    /// <summary>The number at the axis's beginning.</summary>
    public double Low { get; }

    /// <summary>The number at its end.</summary>
    public double High { get; }

    /// <summary>The numbers to name, ascending, within the ends.</summary>
    public Arr<double> Ticks { get; }

    /// <summary>Whether equal ratios, and not equal differences, are equally far apart.</summary>
    public bool Logarithmic { get; }

    /// <summary>From 0 to the largest number, named at the multiples of a round number that divide it into four to ten parts.</summary>
    /// <param name="high">The end, in (0, 10²⁰].</param>
    public static ChartAxis FromZero(double high)
    {
        if (high is not (> 0 and <= 1e20))
            throw new ArgumentOutOfRangeException(nameof(high), high, "An axis from 0 ends in (0, 10²⁰].");
        var step = RoundNumbers.First(number => number * 10 >= high);
        return new(0, high, Enumerable.Range(0, 11).Select(n => n * step).TakeWhile(tick => tick <= high).ToArr(), logarithmic: false);
    }

    /// <summary>Between the nearest numbers 1, 2 or 5 times a power of ten that hold all values between them, named at every such number.</summary>
    /// <param name="values">At least one; those outside of [10⁻²⁰, 10²⁰] count as the nearer end.</param>
    public static ChartAxis LogarithmicOver(IEnumerable<double> values)
    {
        var clamped = values.Select(value => Math.Clamp(value, 1e-20, 1e20)).ToArray();
        var (least, most) = (clamped.Min(), clamped.Max());
        var low = RoundNumbers.Last(number => number <= least);
        var high = RoundNumbers.First(number => number >= most && number > low);
        return new(low, high, RoundNumbers.Filter(number => number >= low && number <= high), logarithmic: true);
    }

    /// <summary>How far along the axis a number lies, 0 at its beginning and 1 at its end, where numbers outside lie too.</summary>
    public double Place(double value)
    {
        var inside = Math.Clamp(value, Low, High);
        return Logarithmic ? Math.Log(inside / Low) / Math.Log(High / Low) : inside / High; // an axis of differences begins at 0
    }

    /// <summary>A tick as it is written.</summary>
    public static string Label(double tick) => tick.ToString(tick is >= 1e-4 and < 1e6 or 0 ? "0.####" : "0E+0", CultureInfo.InvariantCulture);
}

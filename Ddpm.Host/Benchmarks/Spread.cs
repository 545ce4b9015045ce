using System.Diagnostics;
using System.Globalization;

namespace Ddpm.Host.Benchmarks;

/// <summary>The middle of some measurements, and how far apart they lie.</summary>
/// <param name="Median">The median.</param>
/// <param name="Least">The least.</param>
/// <param name="Most">The most.</param>
internal sealed record Spread(double Median, double Least, double Most)
{
    private const int Windows = 7, LeastWarmUps = 3;

    /// <summary>Of numbers.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return new(sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }

    /// <summary>
    /// The seconds that pieces of work take. They are measured in turn, so that other work on the machine disturbs all of them alike: first each until the
    /// runtime has compiled its best code, then each in seven windows.
    /// </summary>
    /// <param name="window">How long a window is at least; warming up takes two.</param>
    /// <param name="stop">Ends the work.</param>
    /// <param name="works">The pieces of work.</param>
    public static Spread[] OfSeconds(TimeSpan window, CancellationToken stop, params Action[] works)
    {
        foreach (var work in works)
        {
            Timed(work, 2 * window, LeastWarmUps, stop);
        }

        var seconds = works.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < Windows; round++)
        {
            for (var k = 0; k < works.Length; k++)
            {
                seconds[k].Add(Timed(works[k], window, 1, stop));
            }
        }

        return [.. seconds.Select(Of)];
    }

    /// <summary>The spread of a decreasing function of it, as of a rate.</summary>
    public Spread Per(double amount) => new(amount / Median, amount / Most, amount / Least);

    /// <summary>With a number added to it, but not below 0.</summary>
    public Spread Plus(double number) => new(Math.Max(0, Median + number), Math.Max(0, Least + number), Math.Max(0, Most + number));

    /// <summary>Multiplied by a number ≥ 0.</summary>
    public Spread Times(double factor) => new(Median * factor, Least * factor, Most * factor);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Text(Median),10}   {Text(Least)} to {Text(Most)}");

    private static string Text(double value)
    {
        var format = value switch { >= 100 => "F0", >= 10 => "F1", >= 1 => "F2", _ => "F3" };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static double Timed(Action work, TimeSpan least, int leastTimes, CancellationToken stop)
    {
        var (watch, times) = (Stopwatch.StartNew(), 0);
        do
        {
            stop.ThrowIfCancellationRequested();
            work();
            times++;
        }
        while (times < leastTimes || watch.Elapsed < least);
        return watch.Elapsed.TotalSeconds / times;
    }
}

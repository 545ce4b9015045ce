using System.Globalization;
using LanguageExt;
using ScottPlot;

namespace Ddpm.Host.Pictures;

/// <summary>A line of a plot.</summary>
/// <param name="Name">What it is called in the legend; empty for none.</param>
/// <param name="Points">Its points.</param>
/// <param name="Marked">Whether its points are marked; a single one always is.</param>
internal sealed record PlotLine(string Name, Seq<(double X, double Y)> Points, bool Marked = false);

/// <summary>Lines over an axis, as SVG on a transparent ground.</summary>
/// <param name="X">The horizontal axis, in words.</param>
/// <param name="Y">The vertical axis, in words.</param>
/// <param name="Lines">The lines. On a logarithmic axis what is not above 0 is left out.</param>
/// <param name="LogX">Whether the horizontal axis is logarithmic.</param>
/// <param name="LogY">Whether the vertical axis is logarithmic.</param>
internal sealed record LinePlot(string X, string Y, Seq<PlotLine> Lines, bool LogX = false, bool LogY = false)
{
    private const int Width = 720, Height = 420, ManyLines = 4, Colours = 10;

    // Beside many lines stands a legend, which would begin a second column where it is higher than the picture.
    private const int LegendWidth = 180, LegendRow = 22, LegendMargin = 80;

    private const string LinuxSans = "DejaVu Sans"; // where ScottPlot's own choice is often not installed

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        using var plot = new Plot();
        plot.Font.Set(Fonts.GetTypeface(LinuxSans, bold: false, italic: false) is null ? Fonts.Sans : LinuxSans);
        plot.FigureBackground.Color = plot.DataBackground.Color = Colors.Transparent;
        plot.Legend.BackgroundColor = plot.Legend.ShadowColor = plot.Legend.OutlineColor = Colors.Transparent;
        foreach (var (line, number) in Lines.Select((line, number) => (line, number)))
        {
            var points = line.Points.Filter(point => (!LogX || point.X > 0) && (!LogY || point.Y > 0) && double.IsFinite(point.X) && double.IsFinite(point.Y));
            var drawn = plot.Add.Scatter(points.Map(point => On(LogX, point.X)).ToArray(), points.Map(point => On(LogY, point.Y)).ToArray());
            (drawn.LegendText, drawn.LineWidth, drawn.MarkerSize) = (line.Name, 2, line.Marked || points.Count == 1 ? 6 : 0);
            drawn.MarkerShape = number < Colours ? MarkerShape.FilledCircle : MarkerShape.OpenSquare; // colours come again
        }

        if (LogX)
        {
            plot.Axes.Bottom.TickGenerator = Logarithmic(Lines.Bind(line => line.Points.Map(point => point.X)));
        }

        if (LogY)
        {
            plot.Axes.Left.TickGenerator = Logarithmic(Lines.Bind(line => line.Points.Map(point => point.Y)));
        }

        var heights = Lines.Bind(line => line.Points.Map(point => point.Y)).Filter(double.IsFinite);
        if (!LogY && !heights.IsEmpty && heights.Min() is var only && only != 0 && only == heights.Max())
        {
            // ScottPlot shows a line without height with one unit to either side, where a small number looks like 0.
            plot.Axes.SetLimitsY(Math.Min(0, 2 * only), Math.Max(0, 2 * only));
        }

        plot.XLabel(X);
        plot.YLabel(Y);
        if (Lines.Exists(line => line.Name.Length > 0))
        {
            if (Lines.Count > ManyLines)
            {
                plot.ShowLegend(Edge.Right);
            }
            else
            {
                plot.ShowLegend(Alignment.UpperRight);
            }
        }

        return Lines.Count > ManyLines
            ? plot.GetSvgXml(Width + LegendWidth, Math.Max(Height, LegendMargin + LegendRow * Lines.Count))
            : plot.GetSvgXml(Width, Height);
    }

    private static double On(bool logarithmic, double value) => logarithmic ? Math.Log10(value) : value;

    /// <summary>Ticks at 1, 2 and 5 of each power of ten, or at its powers alone where there are many.</summary>
    private static ScottPlot.TickGenerators.NumericManual Logarithmic(Seq<double> values)
    {
        var positive = values.Filter(value => value > 0 && double.IsFinite(value));
        var (low, high) = positive.IsEmpty ? (0, 0) : ((int)Math.Floor(Math.Log10(positive.Min())), (int)Math.Ceiling(Math.Log10(positive.Max())));
        int[] steps = high - low <= 4 ? [1, 2, 5] : [1];
        var powers = Enumerable.Range(low, high - low + 1);
        var ticks = powers.SelectMany(power => steps.Select(step => (At: Math.Log10(step) + power, Label: Label(step, power)))).ToArray();
        return new([.. ticks.Select(tick => tick.At)], [.. ticks.Select(tick => tick.Label)]);
    }

    private static string Label(int step, int power) => power is >= -4 and <= 5
        ? ((decimal)step * (decimal)Math.Pow(10, power)).ToString("0.####", CultureInfo.InvariantCulture)
        : FormattableString.Invariant($"{step}e{power}");
}

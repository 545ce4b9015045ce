using System.Globalization;
using LanguageExt;
using ScottPlot;

namespace Ddpm.Host.Reports;

/// <summary>A line of a plot.</summary>
/// <param name="Name">What it is called in the legend; empty for none.</param>
/// <param name="Points">Its points.</param>
/// <param name="Marked">Whether its points are marked.</param>
internal sealed record PlotLine(string Name, Seq<(double X, double Y)> Points, bool Marked = false);

/// <summary>Lines over an axis, as SVG on a transparent ground.</summary>
/// <param name="X">The horizontal axis, in words.</param>
/// <param name="Y">The vertical axis, in words.</param>
/// <param name="Lines">The lines. On a logarithmic axis what is not above 0 is left out.</param>
/// <param name="LogX">Whether the horizontal axis is logarithmic.</param>
/// <param name="LogY">Whether the vertical axis is logarithmic.</param>
internal sealed record LinePlot(string X, string Y, Seq<PlotLine> Lines, bool LogX = false, bool LogY = false)
{
    private const int Width = 720, Height = 420;

    private const string LinuxSans = "DejaVu Sans"; // where ScottPlot's own choice is often not installed

    /// <summary>The picture.</summary>
    public string ToSvg()
    {
        using var plot = new Plot();
        plot.Font.Set(Fonts.GetTypeface(LinuxSans, bold: false, italic: false) is null ? Fonts.Sans : LinuxSans);
        plot.FigureBackground.Color = plot.DataBackground.Color = Colors.Transparent;
        plot.Legend.BackgroundColor = plot.Legend.ShadowColor = plot.Legend.OutlineColor = Colors.Transparent;
        foreach (var line in Lines)
        {
            var points = line.Points.Filter(point => (!LogX || point.X > 0) && (!LogY || point.Y > 0) && double.IsFinite(point.X) && double.IsFinite(point.Y));
            var drawn = plot.Add.Scatter(points.Map(point => On(LogX, point.X)).ToArray(), points.Map(point => On(LogY, point.Y)).ToArray());
            (drawn.LegendText, drawn.LineWidth, drawn.MarkerSize) = (line.Name, 2, line.Marked ? 6 : 0);
        }

        if (LogX)
        {
            plot.Axes.Bottom.TickGenerator = Decades();
        }

        if (LogY)
        {
            plot.Axes.Left.TickGenerator = Decades();
        }

        plot.XLabel(X);
        plot.YLabel(Y);
        if (Lines.Exists(line => line.Name.Length > 0))
        {
            plot.ShowLegend(Alignment.UpperRight);
        }

        return plot.GetSvgXml(Width, Height);
    }

    private static double On(bool logarithmic, double value) => logarithmic ? Math.Log10(value) : value;

    private static ScottPlot.TickGenerators.NumericAutomatic Decades() =>
        new() { LabelFormatter = exponent => Math.Pow(10, exponent).ToString("G2", CultureInfo.InvariantCulture) };
}

using Ddpm.Pure.Images;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Charts;

/// <summary>
/// Curves over two axes, on white, with a legend of their names. The same drawing becomes SVG or a picture. The picture needs no installed font.
/// </summary>
public sealed record LineChart
{
    private const int UsualWidth = 720, PlotHeight = 360, MostColumns = 7, MostRows = 10;
    private const int Margin = 12, Gap = 8, TextHeight = BitmapFont.LineHeight * PixelDrawing.FontScale;

    // Points keep this distance from the edge of the plot, so that their dots lie inside.
    private const int Inset = 8;

    private const double GridWidth = 1, CurveWidth = 1.6, DotWidth = 7, HoleWidth = 3.5;

    private static readonly Colour Ink = Colour.Of(0x303030), Grid = Colour.Of(0xe2e2e2), Paper = Colour.Of(0xffffff);

    // The first seven can be told apart with any kind of colour vision (Okabe and Ito 2008, without yellow).
    private static readonly Colour[] Colours =
    [
        .. ((int[])[0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000, 0x7b3fa0, 0x8c564b, 0x8a8a8a]).Select(Colour.Of),
    ];

    private readonly ChartLegend _legend;

    /// <summary>A chart.</summary>
    /// <param name="horizontalTitle">What the horizontal axis shows.</param>
    /// <param name="verticalTitle">What the vertical axis shows.</param>
    /// <param name="curves">The curves. Points that an axis cannot show (<see cref="ChartAxis.CanShow"/>) are left out.</param>
    /// <param name="logarithmicX">Whether the horizontal axis is logarithmic.</param>
    /// <param name="logarithmicY">Whether the vertical axis is logarithmic.</param>
    public LineChart(string horizontalTitle, string verticalTitle, Arr<ChartCurve> curves, bool logarithmicX = false, bool logarithmicY = false)
    {
        bool IsShown((double X, double Y) point) => ChartAxis.CanShow(point.X, logarithmicX) && ChartAxis.CanShow(point.Y, logarithmicY);
        (HorizontalTitle, VerticalTitle) = (horizontalTitle, verticalTitle);
        Curves = curves.Map(curve => curve with { Points = curve.Points.Filter(IsShown) });
        var (xs, ys) = (Curves.Bind(curve => curve.Points.Map(point => point.X)), Curves.Bind(curve => curve.Points.Map(point => point.Y)));
        Horizontal = logarithmicX ? ChartAxis.Logarithmic(xs, MostColumns) : ChartAxis.Linear(xs, MostColumns);
        Vertical = logarithmicY ? ChartAxis.Logarithmic(ys, MostRows) : ChartAxis.Linear(ys, MostRows);
        _legend = new(Curves.Map(curve => curve.Name).Filter(name => name.Length > 0), UsualWidth - 2 * Margin);

        Width = Math.Max(UsualWidth, _legend.Width + 2 * Margin);
        Left = Margin + TextHeight + Gap + WidestLabel(Vertical) + Gap;
        Right = Width - Margin - WidestLabel(Horizontal) / 2;
        Top = Margin + _legend.Height + Gap;
        Bottom = Top + PlotHeight;
        Height = Bottom + Gap + TextHeight + Gap + TextHeight + Margin;
    }

    /// <summary>What the horizontal axis shows.</summary>
    public string HorizontalTitle { get; }

    /// <summary>What the vertical axis shows.</summary>
    public string VerticalTitle { get; }

    /// <summary>The curves, with the points that the axes can show.</summary>
    public Arr<ChartCurve> Curves { get; }

    /// <summary>The axis from left to right.</summary>
    public ChartAxis Horizontal { get; }

    /// <summary>The axis from bottom to top.</summary>
    public ChartAxis Vertical { get; }

    /// <summary>The width of the chart, in pixels.</summary>
    public int Width { get; }

    /// <summary>The height of the chart, in pixels.</summary>
    public int Height { get; }

    /// <summary>The left edge of the plot, in pixels from the left.</summary>
    public int Left { get; }

    /// <summary>The right edge of the plot, in pixels from the left.</summary>
    public int Right { get; }

    /// <summary>The upper edge of the plot, in pixels from the top.</summary>
    public int Top { get; }

    /// <summary>The lower edge of the plot, in pixels from the top.</summary>
    public int Bottom { get; }

    /// <summary>The place of a point in the chart, in pixels from the top left corner.</summary>
    public (double X, double Y) Place((double X, double Y) point) => (
        Left + Inset + Horizontal.Place(point.X) * (Right - Left - 2 * Inset),
        Bottom - Inset - Vertical.Place(point.Y) * (Bottom - Top - 2 * Inset));

    /// <summary>The chart as a picture.</summary>
    public PixelImage ToPicture() => PixelDrawing.Of(Draw());

    /// <summary>The chart as SVG.</summary>
    public string ToSvg() => SvgDrawing.Of(Draw());

    /// <summary>The chart as marks.</summary>
    internal Drawing Draw()
    {
        var curves = Curves.SelectMany((curve, i) => CurveMarks(i, curve, curve.Points.Map(Place))).ToArr();
        return new(Width, Height, GridLines() + Labels() + Legend() + curves);
    }

    private static int WidestLabel(ChartAxis axis) => axis.Ticks.Max(tick => BitmapFont.Width(axis.Label(tick))) * PixelDrawing.FontScale;

    private static Colour ColourOf(int curve) => Colours[curve % Colours.Length];

    /// <summary>The lines and the dots of a curve. When the colours come again, the dots have holes.</summary>
    private static Arr<Mark> CurveMarks(int number, ChartCurve curve, Arr<(double X, double Y)> places)
    {
        var line = places.Count > 1 ? Array<Mark>(new Mark.Stroke(Array(places), CurveWidth, ColourOf(number))) : Arr<Mark>.Empty;
        if (places.IsEmpty || (!curve.IsMarked && curve.Points.Count != 1))
        {
            return line;
        }

        var dots = places.Map(place => Array(place));
        var marked = line.Add(new Mark.Stroke(dots, DotWidth, ColourOf(number)));
        return number / Colours.Length % 2 == 0 ? marked : marked.Add(new Mark.Stroke(dots, HoleWidth, Paper));
    }

    /// <summary>A line lies on the centres of the pixels that are nearest to its tick, so that it is sharp.</summary>
    private Arr<Mark> GridLines()
    {
        double Column(double tick) => Math.Floor(Place((tick, Vertical.Low)).X) + 0.5;
        double Row(double tick) => Math.Floor(Place((Horizontal.Low, tick)).Y) + 0.5;
        var (left, top, right, bottom) = (Left + 0.5, Top + 0.5, Right - 0.5, Bottom - 0.5);
        var columns = Horizontal.Ticks.Map(tick => Array((Column(tick), top), (Column(tick), bottom)));
        var rows = Vertical.Ticks.Map(tick => Array((left, Row(tick)), (right, Row(tick))));
        var edges = Array(Array((left, top), (left, bottom), (right, bottom)));
        return Array<Mark>(new Mark.Stroke(columns + rows, GridWidth, Grid), new Mark.Stroke(edges, GridWidth, Ink));
    }

    private Arr<Mark> Labels()
    {
        var below = Bottom + Gap + TextHeight / 2;
        var columns = Horizontal.Ticks.Map<Mark>(tick =>
            new Mark.Words(Horizontal.Label(tick), Place((tick, Vertical.Low)).X, below, Anchor.Middle, Ink));
        var rows = Vertical.Ticks.Map<Mark>(tick =>
            new Mark.Words(Vertical.Label(tick), Left - Gap, Place((Horizontal.Low, tick)).Y, Anchor.End, Ink));
        var titles = Array<Mark>(
            new Mark.Words(HorizontalTitle, (Left + Right) / 2.0, below + TextHeight + Gap, Anchor.Middle, Ink),
            new Mark.Words(VerticalTitle, Margin + TextHeight / 2.0, (Top + Bottom) / 2.0, Anchor.Middle, Ink, IsUpright: true));
        return columns + rows + titles;
    }

    private Arr<Mark> Legend()
    {
        var corner = (X: (Width - _legend.Width) / 2, Y: Margin);
        var named = Curves.Select((curve, i) => (Number: i, Curve: curve)).Where(entry => entry.Curve.Name.Length > 0);
        return named.SelectMany((entry, i) =>
        {
            var (x, y) = _legend.Place(i);
            (double left, double middle, double right) = (corner.X + x, corner.Y + y, corner.X + x + ChartLegend.KeyLength);
            var line = new Mark.Stroke(Array(Array((left, middle), (right, middle))), CurveWidth, ColourOf(entry.Number));
            var dot = CurveMarks(entry.Number, entry.Curve, Array(((left + right) / 2, middle)));
            var name = new Mark.Words(entry.Curve.Name, right + ChartLegend.KeyGap, middle, Anchor.Start, Ink);
            return Array<Mark>(line) + dot + Array<Mark>(name);
        }).ToArr();
    }
}

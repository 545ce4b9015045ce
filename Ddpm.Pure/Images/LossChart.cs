using LanguageExt;

namespace Ddpm.Pure.Images;

/// <summary>A mean loss at a point of the run.</summary>
/// <param name="Epochs">Epochs since the run began, > 0.</param>
/// <param name="Loss">The loss, ≥ 0.</param>
public readonly record struct LossPoint(double Epochs, double Loss);

/// <summary>
/// A chart of a run's losses over its epochs, on a logarithmic axis: a grey line for the losses within epochs, a black line with dots for the epochs' mean
/// losses.
/// </summary>
public sealed record LossChart
{
    private const int PlotWidth = 720, PlotHeight = 400, Scale = 2, Gap = 6, Top = Scale * BitmapFont.LineHeight, Dot = 2;
    private const byte Paper = 255, Grid = 224, Between = 150, Ink = 0;

    private readonly Arr<LossPoint> _steps, _epochs;
    private readonly int _left;

    /// <summary>The chart of a run.</summary>
    /// <param name="steps">The losses within epochs, in order.</param>
    /// <param name="epochs">The mean losses of epochs, in order. Both lists together hold at least one point.</param>
    public LossChart(Arr<LossPoint> steps, Arr<LossPoint> epochs)
    {
        (_steps, _epochs) = (steps, epochs);
        Time = ChartAxis.FromZero((steps + epochs).Max(point => point.Epochs));
        Loss = ChartAxis.LogarithmicOver((steps + epochs).Map(point => point.Loss));
        _left = Math.Max(Loss.Ticks.Max(tick => Label(tick).Width) + Gap, Time.Ticks.Max(tick => Label(tick).Width));
    }

    /// <summary>The axis of epochs, from left to right.</summary>
    public ChartAxis Time { get; }

    /// <summary>The axis of losses, from bottom to top.</summary>
    public ChartAxis Loss { get; }

    /// <summary>The column of a point in the picture.</summary>
    public int Column(LossPoint point) => _left + (int)Math.Round(Time.Place(point.Epochs) * (PlotWidth - 1));

    /// <summary>The row of a point in the picture.</summary>
    public int Row(LossPoint point) => Top + (int)Math.Round((1 - Loss.Place(point.Loss)) * (PlotHeight - 1));

    /// <summary>The picture, grey.</summary>
    public PixelImage Draw()
    {
        var (width, height) = (_left + PlotWidth + _left, Top + PlotHeight + Gap + Top);
        var pixels = new byte[width * height];
        pixels.AsSpan().Fill(Paper);

        void Mark(int column, int row, byte ink) => pixels[row * width + column] = ink;
        void Line((int Column, int Row) from, (int Column, int Row) to, byte ink)
        {
            var length = Math.Max(1, Math.Max(Math.Abs(to.Column - from.Column), Math.Abs(to.Row - from.Row)));
            for (var i = 0; i <= length; i++)
            {
                Mark(from.Column + (to.Column - from.Column) * i / length, from.Row + (to.Row - from.Row) * i / length, ink);
            }
        }

        (int, int) Place(LossPoint point) => (Column(point), Row(point));
        void Curve(Arr<LossPoint> points, byte ink) => points.Zip(points.Skip(1)).Iter(pair => Line(Place(pair.Item1), Place(pair.Item2), ink));

        LossPoint At(double epochs, double loss) => new(epochs, loss);
        Loss.Ticks.Iter(tick => Line(Place(At(Time.Low, tick)), Place(At(Time.High, tick)), Grid));
        Time.Ticks.Iter(tick => Line(Place(At(tick, Loss.Low)), Place(At(tick, Loss.High)), Grid));
        Curve(_steps, Between);
        _steps.Iter(point => Mark(Column(point), Row(point), Between));
        Curve(_epochs, Ink);
        foreach (var point in _epochs)
        {
            for (var row = Row(point) - Dot; row <= Row(point) + Dot; row++)
            {
                for (var column = Column(point) - Dot; column <= Column(point) + Dot; column++)
                {
                    Mark(column, row, Ink);
                }
            }
        }

        var losses = Loss.Ticks.Map(tick => (Text: Label(tick), Row: Row(At(Time.Low, tick))))
            .Map(tick => new PlacedImage(tick.Text, _left - Gap - tick.Text.Width, tick.Row - tick.Text.Height / 2));
        var times = Time.Ticks.Map(tick => (Text: Label(tick), Column: Column(At(tick, Loss.Low))))
            .Map(tick => new PlacedImage(tick.Text, tick.Column - tick.Text.Width / 2, Top + PlotHeight + Gap));
        var plot = new PlacedImage(PixelImage.Create(width, height, 1, pixels), 0, 0);
        return PixelImage.Compose(width, height, 1, Paper, (losses + times).Prepend(plot));
    }

    private static PixelImage Label(double tick) => BitmapFont.Draw(ChartAxis.Label(tick), Scale);
}

using Ddpm.Pure.Images;
using LanguageExt;

namespace Ddpm.Pure.Charts;

/// <summary>The names of a chart's curves in columns, each column as wide as its longest name.</summary>
internal sealed record ChartLegend
{
    /// <summary>The length of the line before a name.</summary>
    public const int KeyLength = 24;

    /// <summary>The distance between a line and its name.</summary>
    public const int KeyGap = 6;

    /// <summary>The height of a row.</summary>
    public const int RowHeight = 22;

    private const int ColumnGap = 20;

    private readonly Arr<int> _widths;
    private readonly int _rows;

    /// <summary>A legend with as few rows as fit into a width. If a name is longer than the width, there is one column.</summary>
    /// <param name="names">The names.</param>
    /// <param name="room">The width, in pixels.</param>
    public ChartLegend(Arr<string> names, int room)
    {
        Names = names;
        _rows = Enumerable.Range(1, names.Count).FirstOrDefault(rows => Total(Columns(names, rows)) <= room, names.Count);
        _widths = names.IsEmpty ? Arr<int>.Empty : Columns(names, _rows);
    }

    /// <summary>The names, from top to bottom and then from left to right.</summary>
    public Arr<string> Names { get; }

    /// <summary>The width of the legend, in pixels.</summary>
    public int Width => Total(_widths);

    /// <summary>The height of the legend, in pixels.</summary>
    public int Height => _rows * RowHeight;

    /// <summary>The left end and the middle of the row of an entry, in pixels from the legend's corner.</summary>
    public (int X, int Y) Place(int entry) => (_widths.Take(entry / _rows).Sum(width => width + ColumnGap), entry % _rows * RowHeight + RowHeight / 2);

    /// <summary>The width of each column, if columns have a number of rows.</summary>
    private static Arr<int> Columns(Arr<string> names, int rows) => names
        .Map(name => KeyLength + KeyGap + BitmapFont.Width(name) * PixelDrawing.FontScale)
        .Chunk(rows).Select(column => column.Max()).ToArr();

    private static int Total(Arr<int> widths) => widths.Sum() + ColumnGap * Math.Max(0, widths.Count - 1);
}

using Ddpm.Pure.Images;
using LanguageExt;

namespace Ddpm.Pure.Charts;

/// <summary>A drawing as a picture, with smooth lines and text in the <see cref="BitmapFont"/>.</summary>
internal static class PixelDrawing
{
    /// <summary>The side of a pixel of the font, in pixels.</summary>
    public const int FontScale = 2;

    private const int Channels = 3;
    private const byte Paper = 255;

    // Capitals are 7 pixels high at scale 1.
    private const int HalfCapital = 7 * FontScale / 2;

    public static PixelImage Of(Drawing drawing)
    {
        var pixels = new byte[drawing.Width * drawing.Height * Channels];
        pixels.AsSpan().Fill(Paper);
        var coverage = new Coverage(drawing.Width, drawing.Height);
        foreach (var mark in drawing.Marks)
        {
            coverage.Clear();
            coverage.Blend(Cover(coverage, mark), pixels);
        }

        return PixelImage.Create(drawing.Width, drawing.Height, Channels, pixels);
    }

    private static Colour Cover(Coverage coverage, Mark mark)
    {
        switch (mark)
        {
            case Mark.Stroke stroke:
                stroke.Lines.Iter(line => Cover(coverage, line, stroke.Width));
                return stroke.Colour;
            case Mark.Words words:
                Cover(coverage, words);
                return words.Colour;
            default:
                throw new ArgumentOutOfRangeException(nameof(mark));
        }
    }

    private static void Cover(Coverage coverage, Arr<(double X, double Y)> line, double width)
    {
        for (var i = 0; i < Math.Max(1, line.Count - 1); i++)
        {
            coverage.Add(line[i], line[Math.Min(i + 1, line.Count - 1)], width);
        }
    }

    private static void Cover(Coverage coverage, Mark.Words words)
    {
        var text = BitmapFont.Draw(words.Text, FontScale, ink: 1, paper: 0);
        var before = words.Anchor switch
        {
            Anchor.Start => 0,
            Anchor.Middle => text.Width / 2,
            _ => text.Width,
        };
        var (column, row) = ((int)Math.Round(words.X), (int)Math.Round(words.Y));
        for (var y = 0; y < text.Height; y++)
        {
            for (var x = 0; x < text.Width; x++)
            {
                if (text[x, y] == 1)
                {
                    var (along, down) = (x - before, y - HalfCapital);
                    coverage.Add(words.IsUpright ? column + down : column + along, words.IsUpright ? row - 1 - along : row + down);
                }
            }
        }
    }

    /// <summary>How much of each pixel a mark covers, from 0 to 1.</summary>
    private sealed class Coverage(int width, int height)
    {
        private readonly double[] _parts = new double[width * height];

        public void Clear() => Array.Clear(_parts);

        /// <summary>A whole pixel. A text that is longer than the drawing is cut off.</summary>
        public void Add(int x, int y)
        {
            if (x >= 0 && x < width && y >= 0 && y < height)
            {
                _parts[y * width + x] = 1;
            }
        }

        /// <summary>
        /// A straight line with round ends. A pixel is covered by as much as the line reaches beyond its centre, plus a half.
        /// </summary>
        public void Add((double X, double Y) from, (double X, double Y) to, double thickness)
        {
            var reach = (thickness + 1) / 2;
            var (right, down) = (to.X - from.X, to.Y - from.Y);
            var squaredLength = right * right + down * down;
            var (firstRow, lastRow) = Span(from.Y, to.Y, reach, height);
            var (firstColumn, lastColumn) = Span(from.X, to.X, reach, width);
            for (var y = firstRow; y <= lastRow; y++)
            {
                for (var x = firstColumn; x <= lastColumn; x++)
                {
                    var (across, along) = (x + 0.5 - from.X, y + 0.5 - from.Y);
                    var nearest = squaredLength == 0 ? 0 : Math.Clamp((across * right + along * down) / squaredLength, 0, 1);
                    var (off, below) = (across - nearest * right, along - nearest * down);
                    var part = Math.Clamp(reach - Math.Sqrt(off * off + below * below), 0, 1);
                    _parts[y * width + x] = Math.Max(_parts[y * width + x], part);
                }
            }
        }

        public void Blend(Colour colour, byte[] pixels)
        {
            byte[] ink = [colour.Red, colour.Green, colour.Blue];
            for (var i = 0; i < _parts.Length; i++)
            {
                for (var channel = 0; _parts[i] > 0 && channel < Channels; channel++)
                {
                    var under = pixels[i * Channels + channel];
                    pixels[i * Channels + channel] = (byte)Math.Round(under + _parts[i] * (ink[channel] - under));
                }
            }
        }

        private static (int First, int Last) Span(double one, double other, double reach, int size) =>
            (Math.Max(0, (int)Math.Floor(Math.Min(one, other) - reach)), Math.Min(size - 1, (int)Math.Ceiling(Math.Max(one, other) + reach)));
    }
}

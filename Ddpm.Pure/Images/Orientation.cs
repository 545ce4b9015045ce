namespace Ddpm.Pure.Images;

/// <summary>
/// The orientation of a stored picture. The upright pixel (x, y) is the stored pixel (x, y), or (y, x) in a transposed picture, with columns and rows counted
/// from the right or the bottom if the flags say so.
/// </summary>
/// <param name="Transposed">Whether upright rows are stored as columns.</param>
/// <param name="FromRight">Whether stored columns are counted from the right.</param>
/// <param name="FromBottom">Whether stored rows are counted from the bottom.</param>
internal readonly record struct Orientation(bool Transposed, bool FromRight, bool FromBottom)
{
    /// <summary>Exif's number, 1 to 8 (CIPA DC-008, tag 0x0112); upright for any other.</summary>
    public static Orientation OfExif(int number) => number is < 1 or > 8
        ? default
        : new(number > 4, number is 2 or 3 or 7 or 8, number is 3 or 4 or 6 or 7);

    /// <summary>The middle square of a stored picture. It is exactly the middle square of the upright picture.</summary>
    /// <param name="width">The width of the stored picture.</param>
    /// <param name="height">The height of the stored picture.</param>
    /// <returns>The square's corner in the stored picture, and its side.</returns>
    public (int Left, int Top, int Side) MiddleSquare(int width, int height)
    {
        var side = Math.Min(width, height);
        int Start(int length, bool reversed) => reversed ? length - side - ((length - side) / 2) : (length - side) / 2;
        return (Start(width, FromRight), Start(height, FromBottom), side);
    }

    /// <summary>The upright picture.</summary>
    public PixelImage Upright(PixelImage stored)
    {
        if (this == default)
        {
            return stored;
        }

        var (width, height) = Transposed ? (stored.Height, stored.Width) : (stored.Width, stored.Height);
        var source = stored.Pixels.Span;
        var (pixels, to) = (new byte[source.Length], 0);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (column, row) = Transposed ? (y, x) : (x, y);
                var from = ((FromBottom ? stored.Height - 1 - row : row) * stored.Width) + (FromRight ? stored.Width - 1 - column : column);
                source.Slice(from * stored.Channels, stored.Channels).CopyTo(pixels.AsSpan(to));
                to += stored.Channels;
            }
        }
        return PixelImage.Create(width, height, stored.Channels, pixels);
    }
}

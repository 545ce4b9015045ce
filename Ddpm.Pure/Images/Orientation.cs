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

    /// <summary>The size of a stored picture from its upright size, and the other way round.</summary>
    public ImageSize Turned(ImageSize size) => Transposed ? new(size.Width, size.Height) : size;

    /// <summary>The largest rectangle in the middle of a stored picture with the shape of an image. It is exactly the middle of the upright picture.</summary>
    /// <param name="stored">The size of the stored picture.</param>
    /// <param name="upright">The size of the upright image, which only decides the ratio of height to width.</param>
    /// <returns>The rectangle's corner in the stored picture, and its size: at least one pixel.</returns>
    public (int Left, int Top, ImageSize Size) Middle(ImageSize stored, ImageSize upright)
    {
        var wanted = Turned(upright);
        int Part(int length, int numerator, int denominator) =>
            (int)Math.Max(1, (2L * length * numerator + denominator) / (2L * denominator)); // rounded to the nearest
        var size = (long)stored.Width * wanted.Height <= (long)stored.Height * wanted.Width
            ? new ImageSize(Part(stored.Width, wanted.Height, wanted.Width), stored.Width)
            : new ImageSize(stored.Height, Part(stored.Height, wanted.Width, wanted.Height));
        int Start(int length, int part, bool reversed) => reversed ? length - part - ((length - part) / 2) : (length - part) / 2;
        return (Start(stored.Width, size.Width, FromRight), Start(stored.Height, size.Height, FromBottom), size);
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

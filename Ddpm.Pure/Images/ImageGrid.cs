namespace Ddpm.Pure.Images;

/// <summary>
/// The layout of images of one size on one picture: row by row from the top left, with a gap between neighbours and no margin.
/// </summary>
public sealed record ImageGrid
{
    private ImageGrid(int rows, int columns, int tileWidth, int tileHeight, int gap, byte background) =>
        (Rows, Columns, TileWidth, TileHeight, Gap, Background) = (rows, columns, tileWidth, tileHeight, gap, background);

    /// <summary>Rows of tiles, at least 1.</summary>
    public int Rows { get; }

    /// <summary>Tiles in a row, at least 1.</summary>
    public int Columns { get; }

    /// <summary>Pixels in a row of a tile, at least 1.</summary>
    public int TileWidth { get; }

    /// <summary>Rows of pixels of a tile, at least 1.</summary>
    public int TileHeight { get; }

    /// <summary>Pixels between neighbouring tiles, at least 0.</summary>
    public int Gap { get; }

    /// <summary>The grey level of the gaps and of the empty cells.</summary>
    public byte Background { get; }

    /// <summary>Width of the whole picture in pixels.</summary>
    public int Width => checked(Columns * (TileWidth + Gap) - Gap);

    /// <summary>Height of the whole picture in pixels.</summary>
    public int Height => checked(Rows * (TileHeight + Gap) - Gap);

    /// <summary>The smallest grid for a number of images.</summary>
    /// <param name="count">Images, at least 1.</param>
    /// <param name="tileWidth">Width of an image.</param>
    /// <param name="tileHeight">Height of an image.</param>
    /// <param name="columns">Tiles in a row; ⌈√count⌉ if null. More columns than images leave cells empty.</param>
    /// <param name="gap">Pixels between neighbours.</param>
    /// <param name="background">Grey level of gaps and of empty cells.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static ImageGrid For(int count, int tileWidth, int tileHeight, int? columns = null, int gap = 2, byte background = 255)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tileWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tileHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(gap, 0);
        var across = columns ?? (int)Math.Ceiling(Math.Sqrt(count));
        ArgumentOutOfRangeException.ThrowIfLessThan(across, 1, nameof(columns));
        return new ImageGrid((count - 1) / across + 1, across, tileWidth, tileHeight, gap, background);
    }

    /// <summary>Where the top left pixel of an image goes, in pixels from the top left of the picture.</summary>
    /// <param name="image">Index of the image, from 0.</param>
    public (int Left, int Top) Corner(int image) => (image % Columns * (TileWidth + Gap), image / Columns * (TileHeight + Gap));

    /// <summary>The picture of at most rows × columns images.</summary>
    /// <param name="images">N×H×W×C levels.</param>
    /// <param name="channels">C, 1 or 3.</param>
    /// <exception cref="ArgumentException">The levels are not a whole number of tiles, or the number is 0 or more than the grid has cells.</exception>
    public PixelImage Draw(ReadOnlySpan<byte> images, int channels)
    {
        var size = checked(TileWidth * TileHeight * channels);
        if (images.Length == 0 || images.Length % size != 0 || images.Length / size > Rows * Columns)
        {
            throw new ArgumentException(
                $"{images.Length} levels are not 1 to {Rows * Columns} images of {TileHeight}×{TileWidth}×{channels}.", nameof(images));
        }
        var tiles = new PlacedImage[images.Length / size];
        for (var i = 0; i < tiles.Length; i++)
        {
            var (left, top) = Corner(i);
            tiles[i] = new PlacedImage(PixelImage.Create(TileWidth, TileHeight, channels, images.Slice(i * size, size)), left, top);
        }
        return PixelImage.Compose(Width, Height, channels, Background, tiles);
    }
}

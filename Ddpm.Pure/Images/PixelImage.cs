namespace Ddpm.Pure.Images;

/// <summary>
/// An 8-bit picture, grey (1 channel) or RGB (3). Pixels lie row by row from the top left, channels innermost (H×W×C).
/// Two pictures are equal when their pixels are.
/// </summary>
public sealed record PixelImage
{
    private PixelImage(int width, int height, int channels, byte[] pixels) =>
        (Width, Height, Channels, Pixels) = (width, height, channels, pixels);

    /// <summary>Pixels in a row, at least 1.</summary>
    public int Width { get; }

    /// <summary>Rows, at least 1.</summary>
    public int Height { get; }

    /// <summary>1 for grey, 3 for red, green and blue.</summary>
    public int Channels { get; }

    /// <summary>H×W×C levels.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>The level of one channel of one pixel, counted from the top left.</summary>
    public byte this[int x, int y, int channel = 0] => x >= 0 && x < Width && channel >= 0 && channel < Channels
        ? Pixels.Span[(y * Width + x) * Channels + channel]
        : throw new ArgumentOutOfRangeException(nameof(x), $"({x}, {y}), channel {channel}, lies outside {Width}×{Height}×{Channels}.");

    /// <summary>A picture with a copy of the given H×W×C levels.</summary>
    /// <exception cref="ArgumentException">A size is below 1, the channels are not 1 or 3, or there are not H·W·C levels.</exception>
    public static PixelImage Create(int width, int height, int channels, ReadOnlySpan<byte> pixels)
    {
        var length = Length(width, height, channels);
        return pixels.Length == length
            ? new PixelImage(width, height, channels, pixels.ToArray())
            : throw new ArgumentException($"A {width}×{height}×{channels} picture has {length} levels, got {pixels.Length}.");
    }

    /// <summary>
    /// Places pictures on a background of one grey level. Later pictures cover earlier ones. A grey picture stays grey on an RGB canvas.
    /// </summary>
    /// <exception cref="ArgumentException">A picture reaches outside of the canvas, or has more channels than the canvas.</exception>
    internal static PixelImage Compose(int width, int height, int channels, byte background, IEnumerable<PlacedImage> pictures)
    {
        var canvas = new byte[Length(width, height, channels)];
        canvas.AsSpan().Fill(background);
        foreach (var (picture, left, top) in pictures)
        {
            if (left < 0 || top < 0 || left > width - picture.Width || top > height - picture.Height
                || (picture.Channels != channels && picture.Channels != 1))
            {
                throw new ArgumentException(
                    $"A {picture.Width}×{picture.Height}×{picture.Channels} picture at ({left}, {top}) does not fit on {width}×{height}×{channels}.",
                    nameof(pictures));
            }
            var repeats = channels / picture.Channels;
            var stride = picture.Width * picture.Channels;
            for (var y = 0; y < picture.Height; y++)
            {
                var source = picture.Pixels.Span.Slice(y * stride, stride);
                var target = canvas.AsSpan(((top + y) * width + left) * channels, picture.Width * channels);
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = source[i / repeats];
                }
            }
        }
        return new PixelImage(width, height, channels, canvas);
    }

    /// <summary>The picture with every pixel repeated <paramref name="factor"/> times in both directions (nearest neighbour).</summary>
    public PixelImage Enlarge(int factor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        var (width, height) = (checked(Width * factor), checked(Height * factor));
        var enlarged = new byte[Length(width, height, Channels)];
        var source = Pixels.Span;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                for (var channel = 0; channel < Channels; channel++)
                {
                    enlarged[(y * width + x) * Channels + channel] = source[(y / factor * Width + x / factor) * Channels + channel];
                }
            }
        }

        return new PixelImage(width, height, Channels, enlarged);
    }

    /// <summary>The picture in grey: luma by ITU-R BT.709, computed from the stored levels. Grey pixels keep their level.</summary>
    public PixelImage Grey()
    {
        if (Channels == 1)
        {
            return this;
        }

        var levels = new byte[Width * Height];
        var source = Pixels.Span;
        for (var i = 0; i < levels.Length; i++)
        {
            levels[i] = (byte)Math.Floor((0.2126 * source[3 * i]) + (0.7152 * source[(3 * i) + 1]) + (0.0722 * source[(3 * i) + 2]) + 0.5);
        }

        return new PixelImage(Width, Height, channels: 1, levels);
    }

    /// <inheritdoc/>
    public bool Equals(PixelImage? other) => other is not null
        && (Width, Height, Channels) == (other.Width, other.Height, other.Channels)
        && Pixels.Span.SequenceEqual(other.Pixels.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add((Width, Height, Channels));
        hash.AddBytes(Pixels.Span);
        return hash.ToHashCode();
    }

    private static int Length(int width, int height, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (channels is not (1 or 3))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "A picture has 1 channel or 3.");
        }

        var length = (Int128)width * height * channels;
        return length <= Array.MaxLength
            ? (int)length
            : throw new ArgumentOutOfRangeException(nameof(width), $"A {width}×{height}×{channels} picture is larger than an array.");
    }
}

using Ddpm.Pure.Images;
using ImageMagick;

namespace Ddpm.Host.Pictures;

/// <summary>Animated GIF.</summary>
public static class Gif
{
    private const int Colours = 256;

    /// <summary>
    /// The animation, repeated for ever. Grey pictures keep every pixel's level, in a palette of all 256 greys; an RGB picture is
    /// reduced to the 256 colours that suit it best. The same pictures always give the same bytes.
    /// </summary>
    /// <remarks>
    /// Noise does not compress: a hundred frames of ten by ten tiles of 28×28 noisy pixels take 9 MB, and 21 MB enlarged by 2.
    /// </remarks>
    /// <param name="frames">At least one, of one size, each shown for 0…<see cref="AnimationFrame.MaxDelay"/>/100 s.</param>
    public static byte[] Encode(IEnumerable<TimedPicture> frames)
    {
        using var images = new MagickImageCollection();
        foreach (var (picture, delay) in frames)
        {
            if (images.Count > 0 && (picture.Width, picture.Height) != ((int)images[0].Width, (int)images[0].Height))
                throw new ArgumentException($"Frame {images.Count} has another size than the first.", nameof(frames));
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, 0);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, AnimationFrame.MaxDelay);
            var image = Indexed(picture);
            image.AnimationDelay = (uint)delay;
            image.AnimationTicksPerSecond = 100;
            image.AnimationIterations = 0;
            images.Add(image);
        }
        return images.Count > 0
            ? images.ToByteArray(MagickFormat.Gif)
            : throw new ArgumentException("An animation has at least one frame.", nameof(frames));
    }

    private static MagickImage Indexed(PixelImage picture)
    {
        var settings = new MagickReadSettings { Width = (uint)picture.Width, Height = (uint)picture.Height, Depth = 8 };
        if (picture.Channels == 1)
        {
            // A palette followed by indices into it. Left to find a palette itself, Magick loses levels and takes fifty times as long.
            settings.Format = MagickFormat.Map;
            return new MagickImage([.. Greys(), .. picture.Pixels.Span], settings);
        }
        settings.Format = MagickFormat.Rgb;
        var image = new MagickImage(picture.Pixels.Span, settings);
        image.Quantize(new QuantizeSettings { Colors = Colours, DitherMethod = DitherMethod.No });
        return image;
    }

    private static byte[] Greys()
    {
        var palette = new byte[3 * Colours];
        for (var i = 0; i < palette.Length; i++)
            palette[i] = (byte)(i / 3);
        return palette;
    }
}

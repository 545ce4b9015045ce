using Ddpm.Pure.Images;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing.Processors.Quantization;

namespace Ddpm.Host.Pictures;

/// <summary>Animated GIF.</summary>
internal static class Gif
{
    private const int Colours = 256;

    /// <summary>
    /// The animation, repeated for ever. A picture of at most 256 colours, as every grey one is, keeps each pixel's; another is reduced to the 256 colours that
    /// suit it best. The same pictures always give the same bytes.
    /// </summary>
    /// <remarks>
    /// Noise does not compress: a hundred frames of ten by ten tiles of 28×28 noisy pixels take 9 MB, and 21 MB enlarged by 2.
    /// </remarks>
    /// <param name="frames">At least one, of one size, each shown for 0…<see cref="AnimationFrame.MaxDelay"/>/100 s.</param>
    public static byte[] Encode(IEnumerable<TimedPicture> frames)
    {
        using var file = new MemoryStream();
        (int, int)? first = null;
        var count = 0;
        foreach (var (picture, delay) in frames)
        {
            if (first is { } size && size != (picture.Width, picture.Height))
            {
                throw new ArgumentException($"Frame {count} has another size than the first.", nameof(frames));
            }

            ArgumentOutOfRangeException.ThrowIfLessThan(delay, 0);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, AnimationFrame.MaxDelay);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Max(picture.Width, picture.Height), ushort.MaxValue);
            if (first is null)
            {
                file.Write("GIF89a"u8);
                Numbers(file, picture.Width, picture.Height);
                file.Write([0x70, 0, 0, 0x21, 0xff, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0]); // no palette of all frames; repeated for ever
                first = (picture.Width, picture.Height);
            }

            file.Write([0x21, 0xf9, 4, 0]);
            Numbers(file, delay);
            file.Write([0, 0]);
            Frame(file, picture);
            count++;
        }

        file.WriteByte(0x3b);
        return count > 0 ? file.ToArray() : throw new ArgumentException("An animation has at least one frame.", nameof(frames));
    }

    private static void Frame(MemoryStream file, PixelImage picture)
    {
        var (palette, indices) = Exact(picture) ?? Reduced(picture);
        var bits = 2; // the fewest that a decoder has to know
        while (1 << bits < palette.Count)
        {
            bits++;
        }

        file.WriteByte(0x2c);
        Numbers(file, 0, 0, picture.Width, picture.Height);
        file.WriteByte((byte)(0x80 | (bits - 1)));
        foreach (var colour in palette)
        {
            file.Write([colour.R, colour.G, colour.B]);
        }

        file.Write(new byte[3 * ((1 << bits) - palette.Count)]);
        file.WriteByte((byte)bits);
        GifCodes.Write(file, indices, bits);
    }

    /// <summary>A palette of all colours that there are, and which of them each pixel has; null where there are too many.</summary>
    private static (IReadOnlyCollection<Rgb24> Palette, byte[] Indices)? Exact(PixelImage picture)
    {
        var pixels = picture.Pixels.Span;
        var (colours, indices) = (new Dictionary<Rgb24, byte>(), new byte[picture.Width * picture.Height]);
        for (var i = 0; i < indices.Length; i++)
        {
            var at = i * picture.Channels;
            var colour = picture.Channels == 1 ? new Rgb24(pixels[at], pixels[at], pixels[at]) : new Rgb24(pixels[at], pixels[at + 1], pixels[at + 2]);
            if (!colours.TryGetValue(colour, out var index))
            {
                if (colours.Count == Colours)
                {
                    return null;
                }

                colours.Add(colour, index = (byte)colours.Count);
            }

            indices[i] = index;
        }

        return (colours.Keys, indices);
    }

    private static (IReadOnlyCollection<Rgb24> Palette, byte[] Indices) Reduced(PixelImage picture)
    {
        using var image = Image.LoadPixelData<Rgb24>(PictureDecoder.Bounded, picture.Pixels.Span, picture.Width, picture.Height);
        using var quantizer = new WuQuantizer(new QuantizerOptions { Dither = null, MaxColors = Colours })
            .CreatePixelSpecificQuantizer<Rgb24>(PictureDecoder.Bounded);
        using var reduced = quantizer.BuildPaletteAndQuantizeFrame(image.Frames.RootFrame, new Rectangle(0, 0, picture.Width, picture.Height));
        var indices = new byte[picture.Width * picture.Height];
        for (var y = 0; y < picture.Height; y++)
        {
            reduced.DangerousGetRowSpan(y).CopyTo(indices.AsSpan(y * picture.Width));
        }

        return (reduced.Palette.ToArray(), indices);
    }

    private static void Numbers(MemoryStream file, params ReadOnlySpan<int> numbers)
    {
        foreach (var number in numbers)
        {
            file.Write([(byte)number, (byte)(number >> 8)]);
        }
    }
}

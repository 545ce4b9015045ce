using Ddpm.Pure.Images;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;

namespace Ddpm.Host.Pictures;

/// <summary>Portable Network Graphics.</summary>
internal static class Png
{
    /// <summary>A PNG file of 8-bit grey or RGB: nothing is lost, and the same picture always gives the same bytes.</summary>
    public static byte[] Encode(PixelImage picture) =>
        picture.Channels == 1 ? Encode<L8>(picture, PngColorType.Grayscale) : Encode<Rgb24>(picture, PngColorType.Rgb);

    private static byte[] Encode<T>(PixelImage picture, PngColorType colour)
        where T : unmanaged, IPixel<T>
    {
        using var image = Image.LoadPixelData<T>(PictureDecoder.Bounded, picture.Pixels.Span, picture.Width, picture.Height);
        using var file = new MemoryStream();
        image.Save(file, new PngEncoder { ColorType = colour, BitDepth = PngBitDepth.Bit8, IgnoreMetadata = true, ChunkFilter = PngChunkFilter.ExcludeAll });
        return file.ToArray();
    }
}

using System.IO.Compression;
using Ddpm.Host.Files;
using Ddpm.Pure.Formats.Pictures;
using LanguageExt;
using LanguageExt.Common;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;
using Configuration = SixLabors.ImageSharp.Configuration;

namespace Ddpm.Host.Pictures;

/// <summary>
/// Pixels of pictures that were checked. Each format has one decoder, of managed code, and nothing chooses it but the signature: no name, no path and no
/// plug-in reaches it.
/// </summary>
internal static class PictureDecoder
{
    // The largest single piece of memory that a picture of the most pixels needs: eight bytes for each where they have 16 bits.
    private const int LargestPieceMegabytes = (int)(8L * EncodedPicture.MostPixels >> 20) + 16;

    private const int PooledMegabytes = 64;

    /// <summary>What decoders and encoders work with.</summary>
    public static Configuration Bounded { get; } = new()
    {
        MaxDegreeOfParallelism = 1,
        MemoryAllocator = MemoryAllocator.Create(new() { MaximumPoolSizeMegabytes = PooledMegabytes, AllocationLimitMegabytes = LargestPieceMegabytes }),
    };

    /// <summary>The pixels; or why there are none. Never throws, whatever the bytes.</summary>
    public static Fin<Image<T>> Decode<T>(EncodedPicture picture)
        where T : unmanaged, IPixel<T>
    {
        try
        {
            if (!HasAllRows(picture))
            {
                return Error.New("it is damaged or cut short: its data end before its picture does");
            }

            using var content = Folders.StreamOf(picture.Content);
            var image = DecoderOf(picture.Format).Decode<T>(Bounded, content, CancellationToken.None);
            if ((image.Width, image.Height) == (picture.Width, picture.Height))
            {
                return image;
            }

            image.Dispose();
            return Error.New($"its header announces {picture.Width}×{picture.Height} pixels, but it has another size");
        }
        catch (Exception e) // whatever a decoder throws at damaged bytes, it is the file's fault, and the next file may be good
        {
            return Error.New($"it is damaged: {e.Message.Split('\n')[0].TrimEnd('.', '\r')}");
        }
    }

    private static IImageDecoder DecoderOf(PictureFormat format) => format switch
    {
        PictureFormat.Png => new PngDecoder { IgnoreMetadata = true },
        PictureFormat.Jpeg => new JpegDecoder { IgnoreMetadata = true },
        PictureFormat.Webp => new WebpDecoder { IgnoreMetadata = true },
        PictureFormat.Gif => new GifDecoder { IgnoreMetadata = true },
        PictureFormat.Bmp => new BmpDecoder(),
        PictureFormat.Tiff => new TiffDecoder { IgnoreMetadata = true },
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no such format"),
    };

    /// <summary>Whether all pixels are there: the decoders of PNG and TIFF leave out rows that are not, and say nothing.</summary>
    private static bool HasAllRows(EncodedPicture picture)
    {
        var buffer = new byte[1 << 16];
        return picture.Deflated.ForAll(part =>
        {
            using var inflated = new ZLibStream(Folders.StreamOf(part.Bytes), CompressionMode.Decompress);
            var left = part.InflatedLength;
            for (var read = 1; left > 0 && read > 0; left -= read)
            {
                read = inflated.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            }

            return left == 0;
        });
    }
}

using System.Buffers.Binary;
using System.Text;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using ImageMagick;
using LanguageExt;

namespace Ddpm.Properties.Attacks;

/// <summary>Small pictures in every form of every format that is read, written by another library, and ways to change them.</summary>
internal static class SamplePictures
{
    public const int Width = 43, Height = 34;

    /// <summary>A picture file, its name, and its pixels as another library decodes them.</summary>
    public sealed record Sample(string Name, byte[] File, bool IsExact = true)
    {
        public PixelImage Decoded
        {
            get
            {
                using var image = new MagickImage(File);
                image.ColorSpace = ColorSpace.sRGB;
                using var pixels = image.GetPixels();
                return PixelImage.Create((int)image.Width, (int)image.Height, 3, pixels.ToByteArray("RGB")!);
            }
        }

        public override string ToString() => Name;
    }

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Sample> All { get; } =
    [
        new("png", Written(MagickFormat.Png24)),
        new("png interlaced", Written(MagickFormat.Png24, image => image.Settings.Interlace = Interlace.Png)),
        new("png grey", Written(MagickFormat.Png, image => image.ColorSpace = ColorSpace.Gray)),
        new("png palette", Written(MagickFormat.Png8)),
        new("png 16 bits", Written(MagickFormat.Png48)),
        new("jpeg", Written(MagickFormat.Jpeg, image => image.Quality = 80), IsExact: false),
        new("jpeg 4:4:4", Written(MagickFormat.Jpeg, image => image.Settings.SetDefine(MagickFormat.Jpeg, "sampling-factor", "1x1,1x1,1x1")), IsExact: false),
        new("jpeg progressive", Written(MagickFormat.Jpeg, image => image.Settings.Interlace = Interlace.Jpeg), IsExact: false),
        new("jpeg progressive 4:2:0", Written(MagickFormat.Jpeg, image =>
        {
            image.Settings.Interlace = Interlace.Jpeg;
            image.Settings.SetDefine(MagickFormat.Jpeg, "sampling-factor", "2x2,1x1,1x1");
        }), IsExact: false),
        new("jpeg grey", Written(MagickFormat.Jpeg, image => image.ColorSpace = ColorSpace.Gray), IsExact: false),
        new("jpeg cmyk", Written(MagickFormat.Jpeg, image => image.ColorSpace = ColorSpace.CMYK), IsExact: false),
        new("webp", Written(MagickFormat.WebP, image => image.Quality = 80), IsExact: false),
        new("webp lossless", Written(MagickFormat.WebP, image => image.Settings.SetDefine(MagickFormat.WebP, "lossless", true))),
        new("gif", Written(MagickFormat.Gif)),
        new("bmp", Written(MagickFormat.Bmp)),
        new("bmp of version 3", Written(MagickFormat.Bmp3)),
        new("tiff", Tiff(CompressionMethod.NoCompression)),
        new("tiff lzw", Tiff(CompressionMethod.LZW)),
        new("tiff zip", Tiff(CompressionMethod.Zip)),
        new("tiff packbits", Tiff(CompressionMethod.RLE)),
        new("tiff big-endian", Tiff(CompressionMethod.Zip, image => image.Settings.Endian = Endian.MSB)),
        new("tiff grey", Tiff(CompressionMethod.LZW, image => image.ColorSpace = ColorSpace.Gray)),
        new("tiff palette", Tiff(CompressionMethod.Zip, image =>
        {
            image.Quantize(new QuantizeSettings { Colors = 200 });
            image.ColorType = ColorType.Palette;
        })),
        new("tiff 16 bits", Tiff(CompressionMethod.NoCompression, image => image.Depth = 16)),
    ];

    /// <summary>The first sample of a format.</summary>
    public static byte[] Of(string name) => All.First(sample => sample.Name == name).File;

    public static IEnumerable<object[]> Names() => All.Select(sample => new object[] { sample.Name });

    /// <summary>Slopes with some noise on them.</summary>
    public static byte[] Pixels(int width, int height)
    {
        var pixels = new byte[3 * width * height];
        var draws = new RandomStream(1, StreamName.Shuffling).At(0, 0);
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)((i / 3 % width * 4) + (i / 3 / width * (1 + (i % 3))) + draws.Below(i, 16));
        }

        return pixels;
    }

    public static byte[] Written(MagickFormat format, Action<MagickImage>? change = null, int width = Width, int height = Height)
    {
        var form = new MagickReadSettings { Format = MagickFormat.Rgb, Width = (uint)width, Height = (uint)height, Depth = 8 };
        using var image = new MagickImage(Pixels(width, height), form);
        change?.Invoke(image);
        return image.ToByteArray(format);
    }

    private static byte[] Tiff(CompressionMethod compression, Action<MagickImage>? change = null) => Written(MagickFormat.Tiff, image =>
    {
        image.Settings.Compression = compression;
        image.Settings.SetDefine(MagickFormat.Tiff, "rows-per-strip", "10");
        change?.Invoke(image);
    });

    /// <summary>A chunk of a PNG.</summary>
    public static byte[] Chunk(string type, params byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        return [.. BigEndian((uint)data.Length), .. body, .. BigEndian(Crc(body))];
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xedb88320u);
            }
        }
        return ~crc;
    }

    /// <summary>A PNG with a chunk behind its header.</summary>
    public static byte[] With(byte[] png, byte[] chunk) => [.. png[..33], .. chunk, .. png[33..]];

    /// <summary>A JPEG with a segment behind its start.</summary>
    public static byte[] WithSegment(byte[] jpeg, byte marker, byte[] data) =>
        [.. jpeg[..2], 0xff, marker, .. BigEndian((uint)(data.Length + 2))[2..], .. data, .. jpeg[2..]];

    /// <summary>Exif that says an orientation.</summary>
    public static byte[] Exif(ushort orientation, bool little) => little
        ? [.. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)orientation, (byte)(orientation >> 8), 0, 0, 0, 0, 0, 0]
        : [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, (byte)(orientation >> 8), (byte)orientation, 0, 0, 0, 0, 0, 0];

    public static byte[] BigEndian(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>Where the first frame of a GIF is described.</summary>
    public static int GifFrameAt(byte[] gif)
    {
        var at = 13 + ((gif[10] & 0x80) == 0 ? 0 : 3 << ((gif[10] & 7) + 1));
        while (gif[at] == 0x21)
        {
            for (at += 2; gif[at] != 0; at += gif[at] + 1)
            {
            }

            at++;
        }

        return gif[at] == 0x2c ? at : throw new InvalidOperationException("no frame");
    }

    /// <summary>Reads a picture file as 16×16 pixels in colour, on white.</summary>
    public static Fin<ReadPicture> Read(byte[] file) => PictureFile.Of(file, new(ImageSize.Square(16), 3), Background.White);

    /// <summary>The pixels of a valid picture file, read by <see cref="Read"/>.</summary>
    public static PixelImage Picture(byte[] file) => Read(file).Valid().Picture;
}

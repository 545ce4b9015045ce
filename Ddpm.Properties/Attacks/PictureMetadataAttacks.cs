using System.Buffers.Binary;
using System.IO.Compression;
using Ddpm.Host.Pictures;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Images;
using ImageMagick;
using Xunit;
using static Ddpm.Properties.Attacks.SamplePictures;
using Orientation = Ddpm.Pure.Images.Orientation;

namespace Ddpm.Properties.Attacks;

/// <summary>Metadata of pictures: positions, profiles, texts and orientation.</summary>
public sealed class PictureMetadataAttacks
{
    /// <summary>A page that begins elsewhere, a canvas of another size, text and colour profiles: none of them is a pixel.</summary>
    [Fact]
    public void Metadata_change_no_picture()
    {
        var png = Of("png");
        var plain = Picture(png);
        byte[] bomb;
        using (var packed = new MemoryStream())
        {
            using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                zlib.Write(new byte[20_000_000]);
            }

            bomb = packed.ToArray();
        }

        foreach (var chunk in (byte[][])[
            Chunk("oFFs", [.. BigEndian(1000), .. BigEndian(2000), 0]), Chunk("oFFs", [.. BigEndian(uint.MaxValue - 29), .. BigEndian(uint.MaxValue - 29), 0]),
            Chunk("caNv", [.. BigEndian(100_000), .. BigEndian(100_000), .. BigEndian(7), .. BigEndian(7)]),
            Chunk("vpAg", [.. BigEndian(1), .. BigEndian(1), 0]), Chunk("gAMA", BigEndian(1)), Chunk("acTL", [.. BigEndian(1000), .. BigEndian(0)]),
            Chunk("zTXt", [(byte)'a', 0, 0, .. bomb]), Chunk("iCCP", [(byte)'a', 0, 0, .. bomb])])
        {
            var (read, allocated) = Decoding.Allocated(() => Read(With(png, chunk)));
            Assert.Equal(plain, read.Valid().Picture);
            Assert.InRange(allocated, 0, 2_000_000);
        }

        var gif = Of("gif");
        byte[] moved = [.. gif];
        var frame = GifFrameAt(moved);
        BinaryPrimitives.WriteUInt16LittleEndian(moved.AsSpan(frame + 1), 500);
        BinaryPrimitives.WriteUInt16LittleEndian(moved.AsSpan(6), 60_000); // the canvas
        BinaryPrimitives.WriteUInt16LittleEndian(moved.AsSpan(8), 60_000);
        Assert.Equal(Picture(gif), Picture(moved));
        Assert.Equal(Picture(Of("jpeg")), Picture(WithSegment(Of("jpeg"), 0xe2, [.. "ICC_PROFILE\0"u8, 1, 1, .. new byte[500]])));
    }

    public static IEnumerable<object[]> Orientations() => ((int[])[1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 65535]).Select(number => new object[] { number });

    /// <summary>A picture stored in any of the eight ways is the upright one: sides of odd and even lengths show that its middle is the same.</summary>
    [Theory]
    [MemberData(nameof(Orientations))]
    public void Pictures_stand_upright_whatever_their_orientation(int orientation)
    {
        foreach (var little in (bool[])[true, false])
        {
            var exif = SamplePictures.Exif((ushort)orientation, little);
            var jpeg = WithSegment(Of("jpeg"), 0xe1, exif);
            using var upright = new MagickImage(jpeg);
            if (orientation is >= 1 and <= 8)
            {
                upright.AutoOrient();
            }

            upright.Strip();
            var expected = Picture(upright.ToByteArray(MagickFormat.Png24));
            var differences = expected.Pixels.ToArray().Zip(Picture(jpeg).Pixels.ToArray(), (one, other) => Math.Abs(one - other));
            Assert.InRange(differences.Average(), 0, 2.5); // two decoders of JPEG

            var png = With(Of("png"), Chunk("eXIf", exif[6..]));
            var stored = PixelImage.Create(Width, Height, 3, Pixels(Width, Height));
            Assert.Equal(Picture(Png.Encode(Orientation.OfExif(orientation).Upright(stored))), Picture(png));
        }

        // A canvas of the picture's size, the picture and Exif behind it.
        var (plain, tag) = (Of("webp lossless"), SamplePictures.Exif((ushort)orientation, little: true));
        byte[] body = [
            .. "WEBPVP8X"u8, 10, 0, 0, 0, 8, 0, 0, 0, Width - 1, 0, 0, Height - 1, 0, 0, .. plain[12..],
            .. "EXIF"u8, (byte)tag.Length, 0, 0, 0, .. tag];
        byte[] webp = [.. "RIFF"u8, (byte)body.Length, (byte)(body.Length >> 8), 0, 0, .. body];
        var turned = Orientation.OfExif(orientation).Upright(PixelImage.Create(Width, Height, 3, Pixels(Width, Height)));
        Assert.Equal(Picture(Png.Encode(turned)), Picture(webp));
    }
}

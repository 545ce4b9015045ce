using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Ddpm.Host.Pictures;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Formats.Pictures;
using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using ImageMagick;
using LanguageExt;
using Xunit;
using Xunit.Abstractions;
using static Ddpm.Properties.Attacks.SamplePictures;

namespace Ddpm.Properties.Attacks;

/// <summary>
/// Files that are no pictures, half of one, or one that should hurt. The environment variable DDPM_HOSTILE_PICTURES says how many of each are damaged; 200
/// unless it is set.
/// </summary>
public sealed class PictureAttacks(ITestOutputHelper output)
{
    private static readonly int Inputs = EnvironmentCount.Of("DDPM_HOSTILE_PICTURES") ?? 200;

    // The allocation that a picture file without pixels may cause: messages, and copies of the file.
    private static long Allowed(byte[] file) => (8L * file.Length) + Decoding.Allowance;

    [Theory]
    [MemberData(nameof(Names), MemberType = typeof(SamplePictures))]
    public void Every_format_has_the_pixels_that_another_library_sees(string name)
    {
        var sample = All.First(one => one.Name == name);
        using var decoded = PictureDecoder.Decode<SixLabors.ImageSharp.PixelFormats.Rgb24>(EncodedPicture.Read(sample.File).Valid()).Valid();
        var (ours, theirs) = (new byte[3 * Width * Height], sample.Decoded.Pixels.ToArray());
        decoded.CopyPixelDataTo(ours);
        var differences = ours.Zip(theirs, (one, other) => Math.Abs(one - other)).ToArray();
        Assert.Equal((Width, Height), (decoded.Width, decoded.Height));
        Assert.True(sample.IsExact ? differences.Max() == 0 : differences.Average() < 2.5, $"{differences.Max()} at most, {differences.Average()} on average");
    }

    public static IEnumerable<object[]> OtherContents() => ((string[])[
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch started) (w) file\n", "%PDF-1.4\n1 0 obj\n",
        "push graphic-context\nimage over 0,0 0,0 'https://localhost/x'\n",
        "<svg xmlns='http://www.w3.org/2000/svg'><image href='text:/etc/passwd'/></svg>", "<?xml version='1.0'?><image><read filename='x'/></image>",
        "<html><img src='x'></html>",
        "8BPS\0\u0001", "\u0089HDF\r\n", "P6 9 9 255 ", "/* XPM */", "#define x_width 9",
        "II+\0\u0008\0\0\0", "MM\0+\0\0\0\u0008", "\0\0\0\u001cftypavif", "\0\0\u0001\0\u0001\0", "PK\u0003\u0004", "\u007fELF",
        "#!/bin/sh\ntouch started\n", "id=ImageMagick version=1.0", "LBLSIZE=9", "SIMPLE  =                    T",
        "viewbox 0 0 9 9", "@/etc/passwd", "-", ""])
        .Select(text => new object[] { text });

    /// <summary>Formats that start other programs or read other files: PostScript, PDF, drawings with includes, scripts.</summary>
    [Theory]
    [MemberData(nameof(OtherContents))]
    public void What_is_none_of_the_formats_is_refused_whatever_it_is_called(string content)
    {
        var (read, allocated) = Decoding.Allocated(() => Read(Encoding.Latin1.GetBytes(content)));
        var reason = content.Length == 0 ? "it is empty" : "its content is not in one of the formats PNG, JPEG, WebP, GIF, BMP and TIFF";
        Assert.Contains(reason, read.Message(), StringComparison.Ordinal);
        Assert.InRange(allocated, 0, Decoding.Allowance);
    }

    [Fact]
    public void No_library_that_starts_programs_is_part_of_the_program() => Assert.DoesNotContain(
        typeof(PictureFile).Assembly.GetReferencedAssemblies(), assembly => assembly.Name!.StartsWith("Magick", StringComparison.Ordinal));

    public static IEnumerable<object[]> Bombs()
    {
        foreach (var side in (int[])[16384, 8193, 65535])
        {
            foreach (var name in (string[])["png", "jpeg", "jpeg progressive", "gif", "bmp", "tiff lzw"])
            {
                yield return [name, side];
            }
        }
    }

    /// <summary>Sizes that no file justifies are refused before anything is decoded.</summary>
    [Theory]
    [MemberData(nameof(Bombs))]
    public void A_header_that_promises_more_pixels_than_are_read_is_refused(string name, int side)
    {
        var bomb = Resized(name, side, side);
        var (read, allocated) = Decoding.Allocated(() => Read(bomb));
        Assert.Contains($"it has {side}×{side} pixels, but at most {EncodedPicture.MostPixels} are supported", read.Message(), StringComparison.Ordinal);
        Assert.InRange(allocated, 0, Allowed(bomb));
    }

    /// <summary>A size that is allowed, in a file far too small for it: it was decoded for a minute, grey, and then trained on.</summary>
    [Theory]
    [InlineData("png"), InlineData("jpeg"), InlineData("jpeg progressive"), InlineData("gif"), InlineData("bmp"), InlineData("tiff lzw")]
    public void A_header_that_promises_more_pixels_than_follow_is_refused(string name)
    {
        var bomb = Resized(name, 8192, 8192);
        var (read, allocated) = Decoding.Allocated(() => Read(bomb));
        Assert.Contains("damaged", read.Message(), StringComparison.Ordinal);
        var coefficients = name == "jpeg progressive" ? 3 * (EncodedPicture.MostPixels / 8) : 0; // a bit for each
        Assert.InRange(allocated, 0, Allowed(bomb) + coefficients);
    }

    [Theory]
    [MemberData(nameof(Names), MemberType = typeof(SamplePictures))]
    public void A_picture_cut_short_at_any_tenth_is_refused(string name)
    {
        var file = Of(name);
        Assert.True(Read(file).IsSucc);
        for (var tenth = 0; tenth < 10; tenth++)
        {
            _ = Read(file[..(file.Length * tenth / 10)]).Message();
        }

        _ = Read(file[..^1]).Message();
    }

    [Fact]
    public void A_png_whose_data_end_before_its_rows_is_refused()
    {
        byte[] Made(int rows)
        {
            using var packed = new MemoryStream();
            using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                zlib.Write(new byte[rows * 31]);
            }

            var header = Chunk("IHDR", [.. BigEndian(10), .. BigEndian(10), 8, 2, 0, 0, 0]);
            return [.. Of("png")[..8], .. header, .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND")];
        }

        Assert.Equal(PictureTraits.OneColour, Read(Made(10)).Valid().Traits);
        Assert.Contains("its data end before its picture does", Read(Made(9)).Message(), StringComparison.Ordinal);
        Assert.Contains("its data end before its picture does", Read(Made(0)).Message(), StringComparison.Ordinal);
    }

    /// <summary>Bits turned, bytes that tell something, pieces left out, doubled and moved: each gives a picture or one line.</summary>
    [Theory]
    [MemberData(nameof(Names), MemberType = typeof(SamplePictures))]
    public void Damaged_pictures_are_read_or_refused(string name)
    {
        var (file, read, refused) = (Of(name), 0, 0);
        for (var number = 0; number < Inputs; number++)
        {
            var damaged = Damaged(file, new RandomStream(2, StreamName.Shuffling).At(number, 0));
            try
            {
                var (made, allocated) = Decoding.Allocated(() => Read(damaged));
                made.Match(
                    picture => Assert.Equal((16, 16), (picture.Picture.Width, picture.Picture.Height)),
                    fault =>
                    {
                        Assert.InRange(fault.Message.Length, 10, 500);
                        Assert.DoesNotContain(fault.Message, char.IsControl);
                    });
                (read, refused) = made.IsSucc ? (read + 1, refused) : (read, refused + 1);
                Assert.InRange(allocated, 0, 12L * EncodedPicture.MostPixels);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"input {number}, in Base64: {Convert.ToBase64String(damaged)}", e);
            }
        }

        output.WriteLine($"{name}: {read} read, {refused} refused");
        Assert.True(refused > 0);
    }

    [Fact]
    public void What_is_odd_about_a_picture_is_noticed()
    {
        byte[] Of(MagickColor colour, MagickFormat format) => Written(format, image =>
        {
            image.HasAlpha = true;
            image.Colorize(colour, new Percentage(100));
            image.Evaluate(Channels.Alpha, EvaluateOperator.Set, colour.A);
        });
        Assert.Equal(PictureTraits.None, Read(SamplePictures.Of("png")).Valid().Traits);
        Assert.Equal(PictureTraits.OneColour, Read(Of(MagickColors.Red, MagickFormat.Png)).Valid().Traits);
        const PictureTraits nothing = PictureTraits.OneColour | PictureTraits.Transparent | PictureTraits.Invisible;
        Assert.Equal(nothing, Read(Of(MagickColors.Transparent, MagickFormat.Png)).Valid().Traits);
        var half = Read(Written(MagickFormat.Png32, image =>
        {
            image.Alpha(AlphaOption.Set);
            image.Evaluate(Channels.Alpha, EvaluateOperator.Set, 128);
        })).Valid();
        Assert.Equal(PictureTraits.Transparent, half.Traits);

        // Big-endian words below 4096.
        byte[] Sixteen(byte most)
        {
            using var packed = new MemoryStream();
            using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            {
                zlib.Write([0, 1, 2, most, 255, 0, 0, 7, 0, 8]);
            }

            var header = Chunk("IHDR", [.. BigEndian(2), .. BigEndian(2), 16, 0, 0, 0, 0]);
            return [.. SamplePictures.Of("png")[..8], .. header, .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND")];
        }

        Assert.Equal(PictureTraits.Dark, Read(Sixteen(15)).Valid().Traits);
        Assert.Equal(PictureTraits.None, Read(Sixteen(16)).Valid().Traits);
    }

    /// <summary>The background shows through, in all formats with transparency.</summary>
    [Theory]
    [InlineData(MagickFormat.Png32), InlineData(MagickFormat.WebP), InlineData(MagickFormat.Gif)]
    public void Transparent_pixels_are_of_the_background(MagickFormat format)
    {
        var file = Written(format, image =>
        {
            image.Alpha(AlphaOption.Set);
            image.Evaluate(Channels.Alpha, EvaluateOperator.Set, 0);
            image.Settings.SetDefine(MagickFormat.WebP, "lossless", true);
        });
        foreach (var background in (Background[])[Background.White, Background.Black, new(1, 2, 3)])
        {
            var picture = PictureFile.Of(file, new(ImageSize.Square(4), 3), background).Valid().Picture;
            Assert.All(picture.Pixels.ToArray().Chunk(3), pixel => Assert.Equal([background.Red, background.Green, background.Blue], pixel));
        }
    }

    /// <summary>A sample with another size in its header.</summary>
    private static byte[] Resized(string name, int width, int height)
    {
        byte[] file = [.. Of(name)];
        switch (name)
        {
            case "png":
                return [.. file[..8], .. Chunk("IHDR", [.. BigEndian((uint)width), .. BigEndian((uint)height), .. file[24..29]]), .. file[33..]];
            case "bmp":
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), width);
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), height);
                return file;
            case "gif":
                var frame = GifFrameAt(file);
                BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(frame + 5), (ushort)width);
                BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(frame + 7), (ushort)height);
                return file;
            case "tiff lzw":
                for (var entry = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4)) + 2; file[entry + 1] == 1 && file[entry] <= 1; entry += 12)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(entry + 8), file[entry] == 0 ? width : height); // width is field 256, height 257
                }

                return file;
            default:
                var start = file.AsSpan().IndexOf((byte[])[0xff, name == "jpeg" ? (byte)0xc0 : (byte)0xc2]);
                BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(start + 5), (ushort)height);
                BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(start + 7), (ushort)width);
                return file;
        }
    }

    private static byte[] Damaged(byte[] file, Draws draws)
    {
        var (damaged, drawn) = (new List<byte>(file), 0);
        int Below(int limit) => limit <= 1 ? 0 : draws.Below(drawn++, limit);
        byte[] telling = [0, 1, 0x7f, 0x80, 0xff, 0xd9, 0xda, 0xc2, 0x2c, 0x3b];
        for (var changes = 1 + Below(4); changes > 0; changes--)
        {
            // Half of the changes fall on the first bytes, where sizes and tables are.
            var at = Below(Below(2) == 0 ? Math.Min(64, damaged.Count) : damaged.Count);
            var length = Below(Math.Min(24, damaged.Count - at) + 1);
            switch (Below(5))
            {
                case 0 or 1:
                    damaged[at] ^= (byte)(1 << Below(8));
                    break;
                case 2:
                    damaged[at] = telling[Below(telling.Length)];
                    break;
                case 3:
                    damaged.RemoveRange(at, Math.Min(length, damaged.Count - at - 1));
                    break;
                default:
                    damaged.InsertRange(at, damaged.GetRange(at, length));
                    break;
            }
        }

        return [.. damaged];
    }
}

using System.Buffers.Binary;
using System.Text;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ImageMagick;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(Pictures), typeof(EncodedPictureLaws)])]
public sealed class EncodedPictureLaws
{
    /// <summary>An animation of grey pictures.</summary>
    public sealed record Film(PixelImage[] Pictures, int[] Delays)
    {
        internal TimedPicture[] Frames => [.. Pictures.Zip(Delays, (picture, delay) => new TimedPicture(picture, delay))];
    }

    public static Arbitrary<Film> Films() => (
        from images in Pictures.Batches(channels: 1)
        from delays in Gen.Choose(0, AnimationFrame.MaxDelay).ArrayOf(images.Count)
        select new Film([.. Enumerable.Range(0, images.Count).Select(images.Picture)], delays)).ToArbitrary();

    [Law]
    public bool A_png_decodes_to_the_same_pixels(PixelImage picture)
    {
        using var decoded = new MagickImage(Png.Encode(picture));
        return Decoded(decoded, picture.Channels) == picture;
    }

    [Law]
    public bool A_png_holds_a_header_pixels_and_an_end_and_the_header_says_8_bit_grey_or_RGB(PixelImage picture)
    {
        var png = Png.Encode(picture);
        return Chunks(png).Distinct().SequenceEqual(["IHDR", "IDAT", "IEND"])
            && png[24] == 8 && png[25] == (picture.Channels == 1 ? 0 : 2);
    }

    [Law]
    public bool The_same_picture_gives_the_same_bytes(PixelImage picture)
    {
        var copy = PixelImage.Create(picture.Width, picture.Height, picture.Channels, picture.Pixels.Span);
        return Png.Encode(picture).SequenceEqual(Png.Encode(copy))
            && Gif.Encode([new TimedPicture(picture, 5)]).SequenceEqual(Gif.Encode([new TimedPicture(copy, 5)]));
    }

    [Law]
    public bool A_grey_gif_decodes_to_the_same_frames_with_the_same_delays_and_repeats_for_ever(Film film)
    {
        var gif = Gif.Encode(film.Frames);
        using var decoded = new MagickImageCollection(gif);
        return decoded.Count == film.Frames.Length
            && decoded.Zip(film.Frames, (image, frame) => Decoded(image, 1) == frame.Picture
                && image.AnimationDelay == frame.Delay && image.AnimationTicksPerSecond == 100).All(right => right)
            && (film.Frames.Length == 1 || decoded[0].AnimationIterations == 0);
    }

    [Law]
    public bool The_same_film_gives_the_same_bytes(Film film) =>
        Gif.Encode(film.Frames).SequenceEqual(Gif.Encode(film.Frames));

    [Fact]
    public void All_256_greys_survive_in_a_png_and_in_a_gif()
    {
        var picture = PixelImage.Create(16, 16, 1, [.. Enumerable.Range(0, 256).Select(level => (byte)level)]);
        using var png = new MagickImage(Png.Encode(picture));
        using var gif = new MagickImage(Gif.Encode([new TimedPicture(picture, 5)]));
        Assert.Equal(picture, Decoded(png, 1));
        Assert.Equal(picture, Decoded(gif, 1));
    }

    [Fact]
    public void An_animation_asks_to_be_repeated_for_ever()
    {
        var picture = PixelImage.Create(1, 1, 1, [9]);
        var gif = Gif.Encode([new TimedPicture(picture, 5), new TimedPicture(picture, 7)]);
        var extension = gif.AsSpan().IndexOf("NETSCAPE2.0"u8);
        Assert.Equal<byte>([3, 1, 0, 0, 0], gif.AsSpan(extension + 11, 5).ToArray());
    }

    [Fact]
    public void A_few_colours_survive_in_a_gif()
    {
        var picture = PixelImage.Create(2, 2, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30]);
        using var gif = new MagickImageCollection(Gif.Encode([new TimedPicture(picture, 5), new TimedPicture(picture.Enlarge(1), 6)]));
        Assert.All(gif, frame => Assert.Equal(picture, Decoded(frame, 3)));
    }

    [Fact]
    public void A_hundred_frames_of_a_hundred_noisy_tiles_stay_below_ten_megabytes()
    {
        // Noise of unit variance on the fixed scale, which clips a third of it: what most of a chain looks like.
        var frames = AnimationFrame.Spread(1000).Select(frame =>
        {
            var noise = new float[100 * 28 * 28];
            new RandomStream(1, StreamName.InitialNoise).At(0, frame.State).FillNormals(noise);
            return new TimedPicture(ImageGrid.For(100, 28, 28).Draw([.. noise.Select(PixelScale.ToLevel)], 1), frame.Delay);
        });
        Assert.InRange(Gif.Encode(frames).Length, 1, 10_000_000);
    }

    [Fact]
    public void Nonsense_is_refused()
    {
        var (one, two) = (PixelImage.Create(1, 1, 1, [0]), PixelImage.Create(2, 1, 1, [0, 0]));
        Assert.Throws<ArgumentException>(() => Gif.Encode([]));
        Assert.Throws<ArgumentException>(() => Gif.Encode([new TimedPicture(one, 5), new TimedPicture(two, 5)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gif.Encode([new TimedPicture(one, -1)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gif.Encode([new TimedPicture(one, 65536)]));
    }

    private static PixelImage Decoded(IMagickImage<byte> image, int channels)
    {
        using var pixels = image.GetPixels();
        return PixelImage.Create(
            (int)image.Width, (int)image.Height, channels, pixels.ToByteArray(channels == 1 ? "R" : "RGB")!);
    }

    private static IEnumerable<string> Chunks(byte[] png)
    {
        for (var at = 8; at < png.Length; at += 12 + BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at)))
        {
            yield return Encoding.ASCII.GetString(png, at + 4, 4);
        }
    }
}

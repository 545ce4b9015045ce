using Ddpm.Pure.Images;
using FsCheck.Xunit;
using ImageMagick;
using Xunit;
using Orientation = Ddpm.Pure.Images.Orientation;

namespace Ddpm.Properties.Images;

/// <summary>Scaling, turning and what shows through.</summary>
[Properties(Arbitrary = [typeof(Pictures)])]
public sealed class PictureGeometryLaws
{
    [Law]
    public bool A_picture_of_its_own_size_is_itself(PixelImage picture) => Resampling.To(picture, picture.Width, picture.Height) == picture;

    [Law]
    public bool One_colour_stays_that_colour_at_any_size(byte level, byte width, byte height)
    {
        var (across, down) = (1 + (width % 40), 1 + (height % 40));
        byte[] pixels = [level, 0, 255];
        var plain = PixelImage.Create(7, 5, 3, [.. Enumerable.Repeat(pixels, 35).SelectMany(pixel => pixel)]);
        return Resampling.To(plain, across, down).Pixels.ToArray().Chunk(3).All(pixel => pixel.SequenceEqual(pixels));
    }

    /// <summary>Filters are even, so left and right are alike; sums in another order may round the other way, once in 10¹³.</summary>
    [Law]
    public bool Scaling_and_turning_can_be_swapped(PixelImage picture, byte size)
    {
        var side = 1 + (size % 20);
        var square = Resampling.To(picture, picture.Width + 3, picture.Width + 3);
        return Enumerable.Range(1, 8).All(number => Orientation.OfExif(number) is var turned
            && Resampling.To(turned.Upright(square), side, side).Pixels.ToArray()
                .Zip(turned.Upright(Resampling.To(square, side, side)).Pixels.ToArray(), (one, other) => Math.Abs(one - other)).Max() <= 1);
    }

    /// <summary>The filters that pictures have always been scaled with here, as another library has them, which rounds between rows and columns.</summary>
    [Theory]
    [InlineData(64, 16), InlineData(100, 32), InlineData(33, 12), InlineData(8, 31), InlineData(17, 18)]
    public void Another_library_scales_alike(int from, int to)
    {
        var levels = Attacks.SamplePictures.Pixels(from, from).Select(level => (byte)(80 + (level / 3))); // nothing overshoots what a byte can hold
        var picture = PixelImage.Create(from, from, 3, [.. levels]);
        var form = new MagickReadSettings { Format = MagickFormat.Rgb, Width = (uint)from, Height = (uint)from, Depth = 8 };
        using var image = new MagickImage(picture.Pixels.Span, form);
        image.Resize((uint)to, (uint)to);
        using var pixels = image.GetPixels();
        var differences = pixels.ToByteArray("RGB")!
            .Zip(Resampling.To(picture, to, to).Pixels.ToArray(), (one, other) => Math.Abs(one - other)).ToArray();
        Assert.InRange(differences.Max(), 0, 2);
        Assert.InRange(differences.Average(), 0, 0.5);
    }

    [Law]
    public bool Every_orientation_keeps_all_pixels_and_is_undone_by_another(PixelImage picture) => Enumerable.Range(1, 8).All(number =>
        Orientation.OfExif(number).Upright(picture) is var turned
        && Enumerable.Range(1, 8).Any(back => Orientation.OfExif(back).Upright(turned) == picture));

    [Law]
    public bool The_eight_orientations_differ(PixelImage picture)
    {
        byte[] levels = [1, 2, 3, 4, 5, 6];
        return Enumerable.Range(1, 8).Select(number => Orientation.OfExif(number).Upright(PixelImage.Create(3, 2, 1, levels))).Distinct().Count() == 8
            && Orientation.OfExif(1).Upright(picture) == picture;
    }

    /// <summary>The middle of what is stored is the middle of what stands upright.</summary>
    [Law]
    public bool The_middle_can_be_cut_before_turning(PixelImage picture, byte tall, byte wide) => Enumerable.Range(1, 8).All(number =>
    {
        var orientation = Orientation.OfExif(number);
        byte[] Row(PixelImage whole, int left, int y, int width) =>
            whole.Pixels.Slice(((y * whole.Width) + left) * whole.Channels, width * whole.Channels).ToArray();
        PixelImage Middle(PixelImage whole, Orientation turned)
        {
            var (left, top, cut) = turned.Middle(new(whole.Height, whole.Width), new(1 + tall % 32, 1 + wide % 32));
            return PixelImage.Create(
                cut.Width, cut.Height, whole.Channels, [.. Enumerable.Range(top, cut.Height).SelectMany(y => Row(whole, left, y, cut.Width))]);
        }

        return Middle(orientation.Upright(picture), default) == orientation.Upright(Middle(picture, orientation));
    });

    /// <summary>One side is the picture's own, and the other is the nearest number of pixels to the wanted shape. A square is the shorter side's.</summary>
    [Law]
    public bool The_middle_is_the_largest_of_its_shape(byte pictureTall, byte pictureWide, byte tall, byte wide)
    {
        var (stored, wanted) = (new ImageSize(1 + pictureTall, 1 + pictureWide), new ImageSize(1 + tall, 1 + wide));
        var cut = default(Orientation).Middle(stored, wanted).Size;
        bool Near(int side, double exact) => Math.Abs(side - Math.Max(1, exact)) <= 0.5;
        return default(Orientation).Middle(stored, ImageSize.Square(1 + tall)).Size == ImageSize.Square(Math.Min(stored.Height, stored.Width))
            && cut.Height >= 1 && cut.Width >= 1 && cut.Height <= stored.Height && cut.Width <= stored.Width
            && ((cut.Height == stored.Height && Near(cut.Width, (double)stored.Height * wanted.Width / wanted.Height))
                || (cut.Width == stored.Width && Near(cut.Height, (double)stored.Width * wanted.Height / wanted.Width)));
    }

    [Law]
    public bool What_is_opaque_hides_the_background_and_what_is_not_shows_it(byte red, byte green, byte blue, byte alpha)
    {
        var background = new Background(blue, red, green);
        byte[] rgba = [red, green, blue, 255, red, green, blue, 0, red, green, blue, alpha], seen = new byte[9];
        background.Flatten(rgba, seen);
        return seen.AsSpan(0, 3).SequenceEqual([red, green, blue]) && seen.AsSpan(3, 3).SequenceEqual([blue, red, green])
            && new[] { (seen[6], red, blue), (seen[7], green, red), (seen[8], blue, green) }
                .All(one => one.Item1 >= Math.Min(one.Item2, one.Item3) && one.Item1 <= Math.Max(one.Item2, one.Item3));
    }

    [Law]
    public bool A_background_is_known_by_its_name(byte red, byte green, byte blue) =>
        new Background(red, green, blue) is var background && Background.Named("--background", background.ToString()).Valid() == background;

    [Theory]
    [InlineData("whit"), InlineData("#fff"), InlineData("#12345g"), InlineData(""), InlineData("ffffff"), InlineData("#-12345")]
    public void Other_names_are_refused(string name) =>
        Assert.Equal(
            $"--background must be white, black or a colour as #rrggbb, got {name}", Assert.Single(Background.Named("--background", name).Faults()));

    [Law]
    public bool What_is_grey_already_stays_as_it_is(byte level) =>
        PixelImage.Create(1, 1, 3, [level, level, level]).Grey() == PixelImage.Create(1, 1, 1, [level]);

    [Fact]
    public void Odd_pictures_are_counted() => Assert.Equal(
        [
            "2 pictures are partly transparent, and white is behind the transparent parts: --background changes that", "1 picture is fully transparent",
            "2 pictures have only one colour", "1 picture of 16 bits stays below 4096 and is nearly black",
        ],
        PictureCounts.Warnings(
            LanguageExt.Prelude.Seq(
                PictureTraits.Transparent, PictureTraits.Transparent | PictureTraits.Invisible | PictureTraits.OneColour, PictureTraits.OneColour,
                PictureTraits.Dark, PictureTraits.None),
            Background.White).ToArray());
}

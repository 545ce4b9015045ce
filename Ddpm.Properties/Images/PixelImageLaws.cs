using Ddpm.Pure.Images;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(Pictures)])]
public sealed class PixelImageLaws
{
    [Law]
    public bool Enlarging_repeats_every_pixel_in_both_directions(PixelImage picture)
    {
        var enlarged = picture.Enlarge(3);
        var pixels =
            from y in Enumerable.Range(0, 3 * picture.Height)
            from x in Enumerable.Range(0, 3 * picture.Width)
            from channel in Enumerable.Range(0, picture.Channels)
            select enlarged[x, y, channel] == picture[x / 3, y / 3, channel];
        return (enlarged.Width, enlarged.Height) == (3 * picture.Width, 3 * picture.Height) && pixels.All(same => same);
    }

    [Law]
    public bool Enlarging_by_one_changes_nothing_and_factors_multiply(PixelImage picture) =>
        picture.Enlarge(1) == picture && picture.Enlarge(2).Enlarge(3) == picture.Enlarge(6);

    [Law]
    public bool Pictures_are_equal_when_their_pixels_are(PixelImage picture)
    {
        var other = PixelImage.Create(picture.Width, picture.Height, picture.Channels, picture.Pixels.Span);
        var levels = picture.Pixels.ToArray();
        levels[^1] ^= 1;
        return picture == other && picture.GetHashCode() == other.GetHashCode()
            && picture != PixelImage.Create(picture.Width, picture.Height, picture.Channels, levels);
    }

    /// <summary>Two hashes agree by chance once in 2³².</summary>
    [Fact]
    public void Pictures_of_other_pixels_or_another_shape_differ_and_have_other_hashes()
    {
        var picture = PixelImage.Create(3, 1, 1, [1, 2, 3]);
        PixelImage[] others = [PixelImage.Create(3, 1, 1, [1, 2, 4]), PixelImage.Create(1, 3, 1, [1, 2, 3]), PixelImage.Create(1, 1, 3, [1, 2, 3])];
        Assert.All(others, other => Assert.True(picture != other && picture.GetHashCode() != other.GetHashCode()));
    }

    [Fact]
    public void The_largest_picture_is_the_largest_array()
    {
        Assert.Throws<ArgumentException>(() => PixelImage.Create(Array.MaxLength, 1, 1, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => PixelImage.Create(Array.MaxLength + 1, 1, 1, []));
    }

    /// <summary>Also where the level to the left or to the right, in the next row, would be there to read.</summary>
    [Theory]
    [InlineData(-1, 1, 0)]
    [InlineData(2, 0, 0)]
    [InlineData(0, 1, -1)]
    [InlineData(0, 0, 1)]
    public void There_is_no_pixel_outside_of_the_row_and_no_other_channel(int x, int y, int channel) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PixelImage.Create(2, 2, 1, new byte[4])[x, y, channel]);

    [Fact]
    public void A_picture_is_enlarged_at_least_once_and_no_further_than_numbers_go()
    {
        var picture = PixelImage.Create(2, 1, 1, new byte[2]);
        Assert.Throws<ArgumentOutOfRangeException>("factor", () => picture.Enlarge(0));
        Assert.Throws<OverflowException>(() => picture.Enlarge(1 << 30));
        Assert.Throws<OverflowException>(() => PixelImage.Create(1, 2, 1, new byte[2]).Enlarge(1 << 30));
    }

    [Law]
    public bool A_picture_keeps_no_hold_of_the_array_it_was_made_of(ImageBatch images)
    {
        var before = images.Picture(0);
        var after = images.Picture(0);
        Array.Clear(images.Levels);
        return before == after && before.Pixels.Span.SequenceEqual(after.Pixels.Span)
            && (before.Pixels.Span.IndexOfAnyExcept((byte)0) < 0 || before != images.Picture(0));
    }

    [Fact]
    public void Grey_stays_grey_on_a_canvas_of_colours_and_later_pictures_cover_earlier_ones()
    {
        var grey = PixelImage.Create(2, 1, 1, [10, 20]);
        var red = PixelImage.Create(1, 1, 3, [255, 0, 0]);
        Assert.Equal(
            PixelImage.Create(3, 1, 3, [7, 7, 7, 10, 10, 10, 255, 0, 0]),
            PixelImage.Compose(3, 1, 3, 7, [new PlacedImage(grey, 1, 0), new PlacedImage(red, 2, 0)]));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(2, 0)]
    [InlineData(0, 2)]
    public void A_picture_that_reaches_over_the_edge_is_refused(int left, int top) => Assert.Throws<ArgumentException>(() =>
        PixelImage.Compose(3, 3, 1, 0, [new PlacedImage(PixelImage.Create(2, 2, 1, new byte[4]), left, top)]));

    [Fact]
    public void Colours_on_a_grey_canvas_are_refused() => Assert.Throws<ArgumentException>(() =>
        PixelImage.Compose(3, 3, 1, 0, [new PlacedImage(PixelImage.Create(1, 1, 3, new byte[3]), 0, 0)]));

    [Theory]
    [InlineData(0, 1, 1, 0)]
    [InlineData(1, 0, 1, 0)]
    [InlineData(1, 1, 2, 2)]
    [InlineData(2, 2, 1, 3)]
    [InlineData(2, 2, 1, 5)]
    [InlineData(65536, 65536, 1, 0)]
    public void Sizes_that_do_not_agree_are_refused(int width, int height, int channels, int levels) =>
        Assert.ThrowsAny<ArgumentException>(() => PixelImage.Create(width, height, channels, new byte[levels]));
}

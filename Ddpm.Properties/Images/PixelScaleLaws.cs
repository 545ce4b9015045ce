using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(Pictures), typeof(Generators)])]
public sealed class PixelScaleLaws
{
    private static readonly PixelScale Fixed = new PixelScale.Fixed();
    private static readonly PixelScale Stretch = new PixelScale.Stretch();

    [Fact]
    public void Every_level_survives_the_way_to_the_model_and_back() =>
        Assert.All(Enumerable.Range(0, 256), level => Assert.Equal(level, PixelScale.ToLevel(PixelScale.ToModel((byte)level))));

    [Fact]
    public void Model_values_are_the_correctly_rounded_quotients_and_odd_about_the_middle()
    {
        Assert.All(Enumerable.Range(0, 256), level =>
        {
            var value = PixelScale.ToModel((byte)level);
            Assert.Equal((float)((2 * level - 255) / 255m), value);
            Assert.Equal(-value, PixelScale.ToModel((byte)(255 - level)));
        });
        Assert.Equal((-1f, 1f), (PixelScale.ToModel(0), PixelScale.ToModel(255)));
    }

    [Law]
    public bool A_value_in_range_becomes_the_nearest_level(Pixel x) =>
        (float)(x.Value / 6) is var value && Math.Abs(PixelScale.ToLevel(value) - (value + 1.0) * 127.5) <= 0.5;

    /// <summary>Also a little beyond the ends.</summary>
    [Law]
    public bool Levels_never_fall_where_values_rise(Pixel one, Pixel other) =>
        PixelScale.ToLevel((float)(Math.Min(one.Value, other.Value) / 5)) <= PixelScale.ToLevel((float)(Math.Max(one.Value, other.Value) / 5));

    [Theory]
    [InlineData(0f, 128)]
    [InlineData(-1.0001f, 0)]
    [InlineData(1.0001f, 255)]
    [InlineData(float.MaxValue, 255)]
    [InlineData(float.MinValue, 0)]
    [InlineData(float.PositiveInfinity, 255)]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.NaN, 0)]
    public void Ties_go_to_even_and_values_out_of_range_are_clamped(float value, byte level) =>
        Assert.Equal(level, PixelScale.ToLevel(value));

    [Fact]
    public void Every_tie_goes_to_even()
    {
        // On the interval 0…510 every odd value lies half-way between two levels.
        var values = Enumerable.Range(0, 511).Select(value => (float)value).ToArray();
        Assert.All(Levels(Stretch, values, 1, 1, 511).Index(), level => Assert.Equal(Math.Round(level.Index / 2.0), level.Item));
    }

    [Law]
    public bool Images_survive_the_way_to_the_model_and_back(ImageBatch images) =>
        Levels(Fixed, Values(images), images.Channels, images.Height, images.Width).SequenceEqual(images.Levels);

    [Law]
    public bool Model_values_lie_channel_by_channel_and_levels_pixel_by_pixel(ImageBatch images)
    {
        var values = Values(images);
        var places =
            from n in Enumerable.Range(0, images.Count)
            from c in Enumerable.Range(0, images.Channels)
            from y in Enumerable.Range(0, images.Height)
            from x in Enumerable.Range(0, images.Width)
            select images[n, x, y, c];
        return values.SequenceEqual(places.Select(PixelScale.ToModel));
    }

    [Law]
    public bool Stretching_spans_each_image_and_turns_a_constant_one_to_zeros(ImageBatch images)
    {
        var stretched = Levels(Stretch, Values(images), images.Channels, images.Height, images.Width).Chunk(images.Size);
        return stretched.Zip(images.Levels.Chunk(images.Size), (after, before) => before.Distinct().Count() == 1
            ? after.All(level => level == 0)
            : after.Min() == 0 && after.Max() == 255).All(right => right);
    }

    [Law]
    public bool Stretching_does_not_see_a_positive_affine_map(ImageBatch images, PositiveInt gain, int shift)
    {
        // Whole numbers below 2²⁴, so that the map itself is exact.
        var values = images.Levels.Select(level => (float)level).ToArray();
        var mapped = values.Select(value => value * gain.Get + shift).ToArray();
        return Levels(Stretch, values, images.Channels, images.Height, images.Width)
            .SequenceEqual(Levels(Stretch, mapped, images.Channels, images.Height, images.Width));
    }

    [Law]
    public bool An_image_does_not_see_its_neighbours(ImageBatch images)
    {
        var values = Values(images);
        return new[] { Fixed, Stretch }.All(scale => Levels(scale, values, images.Channels, images.Height, images.Width)
            .SequenceEqual(values.Chunk(images.Size)
                .SelectMany(image => Levels(scale, image, images.Channels, images.Height, images.Width))));
    }

    [Fact]
    public void Values_that_are_not_finite_are_stretched_to_the_ends_and_do_not_stretch()
    {
        Assert.Equal<byte>(
            [0, 255, 0, 0, 128, 255],
            Levels(Stretch, [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -2, 0, 2], 1, 2, 3));
        Assert.Equal<byte>([0, 0], Levels(Stretch, [float.PositiveInfinity, float.NaN], 1, 1, 2));
        Assert.Equal<byte>([0, 255, 0, 0], Levels(Stretch, [5, float.PositiveInfinity, float.NegativeInfinity, 5], 1, 2, 2));
    }

    [Fact]
    public void No_whole_number_of_images_is_refused()
    {
        Assert.All([Fixed, Stretch], scale => Assert.Throws<ArgumentException>(() => scale.ToLevels(new float[7], 1, 2, 2, new byte[7])));
        Assert.All([Fixed, Stretch], scale => Assert.Throws<ArgumentException>(() => scale.ToLevels(new float[8], 1, 2, 2, new byte[4])));
        Assert.Throws<ArgumentException>(() => PixelScale.ToModel(new byte[7], 1, 2, 2, new float[7]));
    }

    [Theory]
    [InlineData(0, 2, 2)]
    [InlineData(1, 0, 2)]
    [InlineData(1, 2, 0)]
    public void Images_without_pixels_are_refused(int channels, int height, int width)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PixelScale.ToModel([], channels, height, width, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fixed.ToLevels([], channels, height, width, []));
    }

    [Fact]
    public void Sizes_whose_product_overflows_throw() => Assert.Throws<OverflowException>(() => Fixed.ToLevels([], 1, 65536, 65536, []));

    private static float[] Values(ImageBatch images)
    {
        var values = new float[images.Levels.Length];
        PixelScale.ToModel(images.Levels, images.Channels, images.Height, images.Width, values);
        return values;
    }

    private static byte[] Levels(PixelScale scale, float[] values, int channels, int height, int width)
    {
        var levels = new byte[values.Length];
        scale.ToLevels(values, channels, height, width, levels);
        return levels;
    }
}

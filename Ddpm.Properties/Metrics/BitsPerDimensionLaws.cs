using Ddpm.Pure.Diffusion;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Metrics;

[Properties(Arbitrary = [typeof(Generators)])]
public sealed class BitsPerDimensionLaws
{
    [Fact]
    public void A_uniform_model_of_bytes_has_8() => Assert.Equal(8, BitsPerDimension.OfUniform(256).Valid());

    [Law]
    public bool A_uniform_model_has_as_many_bits_as_its_levels_need(byte bits) =>
        NearRelative(bits % 31, BitsPerDimension.OfUniform(1 << (bits % 31)).Valid(), 2 * Epsilon);

    [Law]
    public bool An_image_whose_numbers_are_independent_has_the_bits_of_one_of_them(Pixel nats, byte dimension) => NearRelative(
        BitsPerDimension.FromNats(nats.Value), BitsPerDimension.OfImage(nats.Value * (dimension + 1), dimension + 1).Valid(), 4 * Epsilon);

    [Law]
    public bool Two_to_the_bits_is_the_probability(Pixel nats) =>
        NearRelative(Math.Exp(-nats.Value), Math.Pow(2, -BitsPerDimension.FromNats(nats.Value)), 32 * Epsilon);

    [Fact]
    public void Wrong_values_are_refused_with_every_fault()
    {
        Assert.Equal(["nats must be finite, got NaN", "dimension must be at least 1, got 0"], BitsPerDimension.OfImage(double.NaN, 0).Faults());
        Assert.Equal(["levels must be at least 1, got 0"], BitsPerDimension.OfUniform(0).Faults());
    }
}

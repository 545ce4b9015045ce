using Ddpm.Pure.Images;
using Ddpm.Pure.Metrics;
using Xunit;

namespace Ddpm.Properties.Metrics;

/// <summary>The distance that plans are learnt by.</summary>
public sealed class SampleDistanceLaws
{
    private static readonly ImageSize Size = new(3, 5);

    private static readonly float[] Wanted = [.. Enumerable.Range(0, 3 * Size.Pixels).Select(i => MathF.Sin(1.7f * i))];

    [Fact]
    public void Equal_images_have_no_distance() => Assert.Equal(0, SampleDistance.Between(Wanted, Wanted, Size));

    /// <summary>A shift of all numbers keeps contrast and sharpness: what is left is the root mean square distance.</summary>
    [Fact]
    public void A_shift_counts_as_much_as_it_is() =>
        Assert.InRange(SampleDistance.Between([.. Wanted.Select(value => value + 0.25f)], Wanted, Size), 0.25 * (1 - 1e-5), 0.25 * (1 + 1e-5));

    /// <summary>Halved contrast and doubled contrast count 4·ln 2 for the deviation and as much for the sharpness.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    public void Lost_and_gained_contrast_count(double factor)
    {
        var distance = Math.Sqrt(Wanted.Average(value => (double)value * value)) * Math.Abs(factor - 1);
        var counted = SampleDistance.Between([.. Wanted.Select(value => (float)(factor * value))], Wanted, Size);
        Assert.Equal(distance * (1 + 8 * Math.Log(2)), counted, distance * 1e-6);
    }

    /// <summary>The mean of two images is nearer to both than they are to each other, and yet it counts as far, because it is blurred.</summary>
    [Fact]
    public void A_blurred_image_is_not_nearer()
    {
        float[] other = [.. Enumerable.Range(0, Wanted.Length).Select(i => MathF.Sin((1.7f * i) + 2))];
        float[] mean = [.. Wanted.Zip(other, (a, b) => (a + b) / 2)];
        Assert.True(SampleDistance.Between(mean, Wanted, Size) > SampleDistance.Between(other, Wanted, Size));
    }
}

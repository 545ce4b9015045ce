using Ddpm.Pure.Images;
using Ddpm.Pure.Metrics;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Metrics;

public sealed class PatchStatisticsLaws
{
    private const int PerKind = PatchStatistics.Cells * PatchStatistics.Cells;

    private static ImageSet Images(int height, int width, int channels, Func<int, byte> pixel) => ImageSet.Of(
        2, height, width, channels, Enumerable.Range(0, 2 * height * width * channels).Select(pixel).ToArray(), None).Valid();

    private static double[] First(ImageSet images) => [.. PatchStatistics.Of(images).Valid().Values.Take(PatchStatistics.Dimension(images.Channels))];

    [Law]
    public bool An_even_image_is_its_mean_and_has_no_edges(byte level)
    {
        var numbers = First(Images(28, 30, 1, _ => level));
        return numbers[..PerKind].All(mean => Math.Abs(mean - (level / 127.5 - 1)) < 1e-13) && numbers[PerKind..].All(edge => edge == 0);
    }

    /// <summary>Cells of 13 pixels hold one or two rows: each cell's mean counts by its size.</summary>
    [Law(50)]
    public bool The_means_of_the_cells_are_the_mean_of_the_image(byte[] pixels)
    {
        var (height, width) = (13, 9);
        var image = Images(height, width, 1, i => pixels.Length == 0 ? (byte)7 : pixels[i % pixels.Length]);
        int Rows(int side, int cell) => Enumerable.Range(0, side).Count(place => place * PatchStatistics.Cells / side == cell);
        var weighted = First(image)[..PerKind]
            .Select((mean, k) => mean * Rows(height, k / PatchStatistics.Cells) * Rows(width, k % PatchStatistics.Cells)).Sum() / (height * width);
        var mean = image.Pixels[..(height * width)].ToArray().Average(pixel => pixel / 127.5 - 1);
        return Math.Abs(weighted - mean) < 1e-13;
    }

    /// <summary>On x ↦ 51·x the slope is 51 levels a pixel, the two-sided difference 102/127.5 = 0.8, and the Laplacian 0 but at the borders.</summary>
    [Fact]
    public void A_slope_has_differences_and_no_Laplacian_within()
    {
        var numbers = First(Images(7, 6 + 1, 1, i => (byte)(i % 7 * 40)));
        int Cell(int kind, int y, int x) => kind * PerKind + y * PatchStatistics.Cells + x;
        Assert.Equal(0, numbers[Cell(1, 3, 3)], 1e-13);
        Assert.Equal(0, numbers[Cell(2, 3, 3)], 1e-13);
        Assert.Equal(80 / 127.5, numbers[Cell(3, 3, 3)], 1e-13);
        Assert.Equal(10 / 127.5, numbers[Cell(1, 3, 0)], 1e-13);
        Assert.Equal(40 / 127.5, numbers[Cell(3, 3, 0)], 1e-13);
    }

    [Fact]
    public void Colours_have_means_of_their_own()
    {
        var numbers = First(Images(8, 8, 3, i => (byte)(i % 3 * 100)));
        Assert.Equal(49 * 6, numbers.Length);
        foreach (var c in Enumerable.Range(0, 3))
        {
            Assert.All(numbers[(c * PerKind)..((c + 1) * PerKind)], mean => Assert.Equal(c * 100 / 127.5 - 1, mean, 1e-13));
        }

        Assert.All(numbers[(3 * PerKind)..], edge => Assert.Equal(0, edge, 1e-13));
    }

    [Fact]
    public void Images_smaller_than_the_cells_are_refused_in_both_directions() =>
        Assert.Equal(2, PatchStatistics.Of(Images(6, 5, 1, _ => 0)).Faults().Length);
}

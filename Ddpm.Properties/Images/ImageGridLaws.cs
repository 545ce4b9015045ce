using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Ddpm.Properties.Images;

[Properties(Arbitrary = [typeof(Pictures), typeof(ImageGridLaws), typeof(Generators)])]
public sealed class ImageGridLaws
{
    /// <summary>Images and a grid for them.</summary>
    public sealed record Tiling(ImageBatch Images, ImageGrid Grid)
    {
        public PixelImage Picture => Grid.Draw(Images.Levels, Images.Channels);
    }

    public static Arbitrary<Tiling> Tilings() => (
        from images in Pictures.ImageBatches().Generator
        from columns in Gen.Choose(0, 15)
        from gap in Gen.Choose(0, 3)
        from background in Gen.Choose(0, 255)
        select new Tiling(
            images,
            ImageGrid.For(images.Count, images.Width, images.Height, columns == 0 ? null : columns, gap, (byte)background)))
        .ToArbitrary();

    [Law]
    public bool Every_pixel_of_every_image_is_placed_exactly_once_and_the_rest_is_background(Tiling tiling)
    {
        var (images, grid) = tiling;
        var picture = tiling.Picture;
        var owners = new int[grid.Width, grid.Height];
        var right = true;
        for (var n = 0; n < images.Count; n++)
        {
            var (left, top) = grid.Corner(n);
            for (var y = 0; y < images.Height; y++)
            {
                for (var x = 0; x < images.Width; x++)
                {
                    owners[left + x, top + y]++;
                    for (var c = 0; c < images.Channels; c++)
                    {
                        right &= picture[left + x, top + y, c] == images[n, x, y, c];
                    }
                }
            }
        }
        for (var y = 0; y < grid.Height; y++)
        {
            for (var x = 0; x < grid.Width; x++)
            {
                for (var c = 0; c < images.Channels; c++)
                {
                    right &= owners[x, y] == 1 || (owners[x, y] == 0 && picture[x, y, c] == grid.Background);
                }
            }
        }

        return right && (picture.Width, picture.Height) == (grid.Width, grid.Height);
    }

    [Law]
    public bool Gaps_lie_between_neighbours_and_none_around(Tiling tiling) => tiling.Grid is var grid
        && grid.Width == grid.Columns * grid.TileWidth + (grid.Columns - 1) * grid.Gap
        && grid.Height == grid.Rows * grid.TileHeight + (grid.Rows - 1) * grid.Gap;

    [Law]
    public bool A_grid_of_its_own_choice_has_no_empty_row_and_is_nearly_square(Place place)
    {
        var n = 1 + place.In(1_000_000);
        var grid = ImageGrid.For(n, 28, 28);
        var (rows, columns) = (grid.Rows, grid.Columns);
        return rows * columns >= n && (rows - 1) * columns < n && columns * columns >= n && (columns - 1) * (columns - 1) < n
            && rows <= columns && columns - rows <= 1;
    }

    [Theory]
    [InlineData(0, 28, 28, null, 2)]
    [InlineData(0, 28, 28, 3, 2)]
    [InlineData(1, 0, 28, null, 2)]
    [InlineData(1, 28, 0, null, 2)]
    [InlineData(1, 28, 28, 0, 2)]
    [InlineData(1, 28, 28, null, -1)]
    public void Nonsense_is_refused(int count, int tileWidth, int tileHeight, int? columns, int gap) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageGrid.For(count, tileWidth, tileHeight, columns, gap));

    [Fact]
    public void Sizes_that_overflow_throw()
    {
        Assert.Throws<OverflowException>(() => ImageGrid.For(2, 1 << 30, 1, columns: 2).Width);
        Assert.Throws<OverflowException>(() => ImageGrid.For(2, 1, 1 << 30, columns: 1).Height);
        Assert.Throws<OverflowException>(() => ImageGrid.For(1, 1 << 16, 1 << 16).Draw(new byte[1], 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    public void Levels_that_are_not_some_of_its_tiles_are_refused(int levels) =>
        Assert.Throws<ArgumentException>(() => ImageGrid.For(4, 2, 2).Draw(new byte[levels], 1));
}

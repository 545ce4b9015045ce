using Ddpm.Host.Runs;
using Ddpm.Pure.Images;
using Xunit;

namespace Ddpm.Properties.Runs;

public sealed class SampleFilesTests
{
    [Theory]
    [InlineData(1, 28, 1)]
    [InlineData(400, 28, 400)]
    [InlineData(401, 28, 100)]
    [InlineData(1_000_000, 28, 100)]
    [InlineData(100, 256, 100)]
    [InlineData(50_000, 256, 100)]
    [InlineData(50_000, 2048, 1)]
    public void Of_very_many_images_the_first_are_drawn(int count, int size, int drawn) =>
        Assert.Equal(drawn, SampleFiles.Drawn(count, ImageSize.Square(size)));
}

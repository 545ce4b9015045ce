using Ddpm.Host.Runs;
using Xunit;

namespace Ddpm.Properties.Runs;

public sealed class SampleFilesTests
{
    [Theory]
    [InlineData(100, 256, 100)]
    [InlineData(10_404, 28, 10_404)]
    [InlineData(1_000_000, 28, 10_404)]
    [InlineData(50_000, 256, 121)]
    public void Of_very_many_images_the_first_are_drawn(int count, int size, int drawn) => Assert.Equal(drawn, SampleFiles.Drawn(count, size));
}

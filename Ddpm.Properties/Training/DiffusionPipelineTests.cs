using Ddpm.Gpu;
using Ddpm.Pure.Images;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Training;

/// <summary>Training from a program of one's own.</summary>
public sealed class DiffusionPipelineTests
{
    [Theory]
    [InlineData(12, 16)]
    [InlineData(16, 12)]
    public void Images_that_are_not_square_are_refused(int height, int width)
    {
        var images = ImageSet.Create(2, height, width, 1, new byte[2 * height * width], Option<ReadOnlyMemory<byte>>.None).Valid();
        var told = DiffusionPipeline.Train(new() { Epochs = 1, BatchSize = 2, Steps = 12 }, images).Match(_ => "", fault => fault.Message);
        Assert.Equal($"the images must be square, got {height}×{width}: cut or scale them", told);
    }
}

using Ddpm.Gpu.Sampling;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Sampling;

/// <summary>The noise of a generated image is its own.</summary>
public sealed class SampleNoiseTests
{
    [Fact]
    public void The_noise_of_an_image_does_not_depend_on_the_images_beside_it()
    {
        using var scope = NewDisposeScope();
        var together = new SampleNoise(7, 0, [5, 1, 6, 6], ScalarType.Float32, CPU);
        var later = new SampleNoise(7, 3, [2, 1, 6, 6], ScalarType.Float32, CPU);
        Assert.True(together.Initial().narrow(0, 3, 2).equal(later.Initial()).all().item<bool>());
        Assert.True(together.Line(4).narrow(0, 3, 2).equal(later.Line(4)).all().item<bool>());
        Assert.False(together.Line(4).equal(together.Line(5)).any().item<bool>());
        Assert.False(together.Initial().equal(together.Line(0)).any().item<bool>());
    }
}

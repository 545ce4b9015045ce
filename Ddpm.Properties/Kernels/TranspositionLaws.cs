using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Properties.Networks;
using Ddpm.Pure.Networks;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Kernels;

/// <summary>No layer knows rows from columns.</summary>
public class TranspositionLaws
{
    /// <summary>Each rounds every sum once in another order: some thousand products, over some thirty layers.</summary>
    private const double Tolerance = 1e-11;

    /// <summary>Weights with a height and a width are transposed too: those of convolutions, and those of the normalisations over whole images.</summary>
    [Property(MaxTest = 15, Arbitrary = [typeof(UNetLayersLaws.Configs)])]
    public bool Transposed_images_and_weights_give_the_transposed_output(UNetConfig drawn)
    {
        using var scope = NewDisposeScope();
        var config = drawn with { LearnsVariance = false };
        var size = config.ImageSize;
        int? channels = config.Family is ModernUNet ? config.Channels[0] : null;
        var turned = UNetConfig.Of(config.Family, new(size.Width, size.Height), config.ImageChannels, config.Timesteps, config.Classes, channels).Valid() with
        {
            Embedding = config.Embedding,
        };
        using UNet network = new(config, ScalarType.Float64, CPU), other = new(turned, ScalarType.Float64, CPU);
        var theta = FormulaWeights.Of(network);
        var view = network.Layout.View(theta);
        var transposed = other.Layout.Assemble(
            (parameter, _, to) => Transposed(view[parameter.Name]).contiguous().data<double>().CopyTo(to), ScalarType.Float64, CPU);
        var count = 3L * config.ImageChannels * size.Pixels;
        var x = arange(count, float64).mul(0.7).sin().reshape(3, config.ImageChannels, size.Height, size.Width);
        var (output, back) = (Of(network, theta, x), Of(other, transposed, Transposed(x)));
        return (Transposed(output) - back).abs().max().item<double>() <= Tolerance * output.abs().max().item<double>();
    }

    private static Tensor Transposed(Tensor x) => x.dim() >= 3 ? x.transpose(-2, -1) : x;

    private static Tensor Of(UNet network, Tensor theta, Tensor x)
    {
        using var executor = new KernelExecutor<double>(network);
        executor.Take(theta, withGradient: false);
        int[] timesteps = [.. Enumerable.Range(0, 3).Select(i => 497 * i % network.Config.Timesteps)];
        return executor.Forward(x.contiguous(), timesteps);
    }
}

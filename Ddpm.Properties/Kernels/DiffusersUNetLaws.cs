using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Properties.Networks;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Random;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Kernels;

/// <summary>The kernels and libtorch are two programs that share no code below the definition of the network.</summary>
public class DiffusersUNetLaws
{
    /// <summary>Each rounds every sum once in another order: some thousand products, over some thirty layers.</summary>
    private const double Tolerance = 1e-11;

    [Property(MaxTest = 25, Arbitrary = [typeof(Networks)])]
    public void The_kernels_outputs_and_gradients_are_libtorch_s(Case given)
    {
        using var scope = NewDisposeScope();
        using var network = new UNet(given.Config, ScalarType.Float64, CPU);
        using var theirs = new TensorExecutor(network);
        using var ours = new KernelExecutor<double>(network);
        var (their, our) = (Of(network, theirs, given.Images), Of(network, ours, given.Images));
        Assert.Near(their.Output, our.Output, their.Output.abs().max().item<double>());
        var (a, b) = (network.Layout.View(their.Gradient), network.Layout.View(our.Gradient));
        foreach (var parameter in network.Layout.Parameters)
        {
            Assert.Near(a[parameter.Name], b[parameter.Name], their.Gradient.abs().max().item<double>());
        }
    }

    private static (Tensor Output, Tensor Gradient) Of(UNet network, INetworkExecutor executor, int images)
    {
        var config = network.Config;
        long[] shape = [images, config.ImageChannels, config.ImageSize.Height, config.ImageSize.Width];
        Tensor Wave(double frequency) => arange(shape.Aggregate(1L, (count, size) => count * size), float64).mul(frequency).sin().reshape(shape);
        int[] timesteps = [.. Enumerable.Range(0, images).Select(i => 497 * i % 1000)], classes = [.. timesteps.Select(t => t % (config.Classes + 1))];
        var variance = config.LearnsVariance
            ? LearnedVariance.Of(Generators.Original, new Prediction.Epsilon())
            : null;
        executor.Take(FormulaWeights.Of(network), withGradient: true);
        var gradient = zeros(network.Layout.Count, float64);
        var dropout = config.HasDropout ? Enumerable.Range(0, images).Select(i => new RandomStream(5, StreamName.Dropout).At(i, 0)).ToArray() : default;
        double[] labels = config.KnowsAugmentation ? [.. Enumerable.Range(0, 9 * images).Select(i => i < 9 ? 0 : Math.Sin(i))] : [];
        executor.Gradient(Wave(0.7), timesteps, Wave(0.3), null, images, gradient, classes, variance, dropout: dropout, augmentation: labels);
        return (executor.Forward(Wave(0.7), timesteps, classes), gradient);
    }

    /// <summary>A network and a number of images.</summary>
    public sealed record Case(UNetConfig Config, int Images);

    public static class Networks
    {
        public static Arbitrary<Case> Cases() =>
            (from config in UNetLayersLaws.Configs.Unets
             from images in Gen.Elements(1, 3, 18)
             select new Case(config, images)).ToArbitrary();
    }

    private static class Assert
    {
        public static void Near(Tensor wanted, Tensor found, double scale) =>
            Xunit.Assert.InRange((wanted - found).abs().max().item<double>(), 0, Tolerance * scale);
    }
}

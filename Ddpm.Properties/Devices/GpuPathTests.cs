using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Properties.Training;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Devices;

/// <summary>
/// What a GPU would do, without one. The device <see cref="ProcessorDevice.LikeGpu"/> computes on the processor in the way of a GPU. libtorch's device `meta`
/// has shapes and no numbers. It refuses tensors of another device, as a GPU does.
/// </summary>
[Collection(nameof(Alone))]
public sealed class GpuPathTests
{
    private static readonly Device Meta = new(TorchSharp.DeviceType.META);

    /// <summary>
    /// Operations with the right shapes on the right tensors, by sums and products: libtorch's own convolutions and normalisations do not exist on `meta`.
    /// </summary>
    private static readonly TensorOperations Shapes = new(
        (c, x, weight, bias) => Spread(x, weight.mean([1, 2, 3]), bias, size => (size + 2 * c.Padding + c.TrailingPadding - c.Kernel) / c.Stride + 1),
        (c, x, weight, bias) => Spread(x, weight.mean([0, 2, 3]), bias, size => (size - 1) * c.Stride - 2 * c.Padding + c.Kernel))
    {
        Normalize = (x, _, weight, bias, _) => x * weight + bias,
        NormalizeGroups = (x, _, weight, bias, _) => x * weight.reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1),
    };

    private static readonly Dictionary<string, TrainingOptions> Options = new()
    {
        ["original"] = Tiny("original"),
        ["standard"] = Tiny("standard"),
        ["best"] = Tiny("best"),
        ["modern, by class, min-SNR"] = Tiny("best") with { Network = "modern", Conditional = true, LossWeight = "min-snr" },
        ["learned variance"] = Tiny("best") with { LearnVariance = true },
    };

    public static TheoryData<string> Recipes { get; } = [.. Options.Keys];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Each_tensor_of_training_steps_is_on_the_device(string recipe)
    {
        var (plan, images) = Run(recipe);
        using var network = new UNet(plan.Config.Model.Network, ScalarType.Float32, Meta);
        using var trainer = Trainer(network, plan, images, new Placed(new(network, inside: null, Shapes)));
        var fault = Assert.ThrowsAny<Exception>(() => trainer.Train(plan, 0, default).First());
        Assert.Contains("Cannot copy out of meta tensor; no data", fault.Message, StringComparison.Ordinal); // it asks for the losses, after an epoch's steps
        Assert.Equal(plan.Steps.PerEpoch, trainer.State.Updates);
    }

    [Fact]
    public void Each_tensor_of_a_sampling_step_is_on_the_device()
    {
        var model = Run("best").Plan.Config.Model;
        using var network = new UNet(model.Network, ScalarType.Float32, Meta);
        using var executor = new TensorExecutor(network, inside: null, Shapes);
        using var theta = network.InitialWeights(0);
        executor.Take(theta, withGradient: false);
        var noise = new SampleNoise(1, 0, [2, 1, 12, 12], ScalarType.Float32, Meta);
        var asked = new List<int>();
        var fault = Assert.ThrowsAny<Exception>(() => PlanExecutor.Run(
            TinyTraining.Sampling(model),
            (x, line) =>
            {
                asked.Add(line.Timestep);
                return network.Split(executor.Forward(x, new[] { line.Timestep, line.Timestep }));
            },
            noise.Initial(), noise.Line));
        Assert.Contains("meta tensor", fault.Message, StringComparison.Ordinal); // it asks whether all is finite, after the first line
        Assert.Equal([11], asked);
    }

    [Fact]
    public void A_tensor_that_is_not_on_the_device_is_noticed()
    {
        var (plan, images) = Run("best");
        using var network = new UNet(plan.Config.Model.Network, ScalarType.Float32, Meta);
        using var elsewhere = new UNet(plan.Config.Model.Network, ScalarType.Float32, CPU);
        using var theta = elsewhere.InitialWeights(0);
        using var executor = new TensorExecutor(network, inside: null, Shapes);
        executor.Take(theta, withGradient: false);
        using var x = zeros([2, 1, 12, 12], device: Meta);
        Assert.Contains("device", Assert.ThrowsAny<Exception>(() => executor.Forward(x, new[] { 1, 2 })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Training_in_the_way_of_a_GPU_follows_the_kernels(string recipe)
    {
        var (plan, images) = Run(recipe);
        (double[] Losses, GeneratedImages Samples) On(Device device)
        {
            using var network = new UNet(plan.Config.Model.Network, ScalarType.Float32, device);
            using var trainer = Trainer(network, plan, images, ComputeDevice.Executor(network));
            var losses = trainer.Train(plan, 0, default).Select(made => made.Outcome.Loss).ToArray();
            var sampler = new ImageSampler(new(network, trainer.State.Sampled), TinyTraining.Sampling(plan.Config.Model));
            return (losses, sampler.Sample(new(1, 3, 5, 5), [], (_, _) => { }, default).ThrowIfFail()[^1]);
        }

        var (kernels, gpu) = (On(CPU), On(ProcessorDevice.LikeGpu));
        Assert.All(kernels.Losses.Zip(gpu.Losses, (k, g) => (Kernel: k, Gpu: g)), pair => Assert.Equal(pair.Kernel, pair.Gpu, 1e-4 * pair.Kernel));
        Assert.Equal(2, gpu.Losses.Length);
        Assert.InRange(kernels.Samples.Values.ToArray().Zip(gpu.Samples.Values.ToArray(), (a, b) => Math.Abs(a - b)).Max(), 1e-9, 1e-2);
    }

    [Theory]
    [InlineData(Precision.Binary32)]
    [InlineData(Precision.BFloat16)]
    public void Training_in_the_way_of_a_GPU_keeps_the_number_of_live_tensors(Precision precision)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var (plan, images) = Run("best", epochs: 6);
        using var network = new UNet(plan.Config.Model.Network, ScalarType.Float32, ProcessorDevice.LikeGpu);
        using var trainer = Trainer(network, plan, images, new TensorExecutor(network, ComputeDevice.Inside(precision), TensorOperations.InFloat64));
        var counts = trainer.Train(plan, 0, default).Select(made => (made.Outcome.Loss, Tensors: Tensor.TotalCount)).ToArray();
        Assert.All(counts, made => Assert.True(double.IsFinite(made.Loss)));
        Assert.Equal(counts[5].Tensors, counts[11].Tensors);
    }

    private static TrainingOptions Tiny(string preset) => TrainingOptions.Of(preset, "fashion-mnist") with { Steps = 12, BatchSize = 4, Limit = 8 };

    private static (TrainingPlan Plan, ImageSet Images) Run(string recipe, int epochs = 1)
    {
        var options = Options[recipe] with { Epochs = epochs };
        ReadOnlyMemory<byte> labels = new byte[] { 0, 1, 1, 0, 1, 0, 1, 1 };
        var images = ImageSet.Of(
            8, 12, 12, 1, TinyTraining.Images.Pixels, options.Conditional ? labels : LanguageExt.Option<ReadOnlyMemory<byte>>.None).Valid();
        return (TrainingPlan.Of(TrainingConfig.Of(options, images.Size, 1, images.Classes).Valid(), images.Count).Valid(), images);
    }

    private static Trainer Trainer(UNet network, TrainingPlan plan, ImageSet images, INetworkExecutor executor) => new(
        network, plan.Config.Model, images, TrainingState.Initial(network, 0, plan.Config.Average.IsSome), Replicas.For(network.Device), executor);

    private static Tensor Spread(Tensor x, Tensor weight, Tensor bias, Func<long, long> size) =>
        (x.mean([1, 2, 3], keepdim: true) * weight.reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1))
        .expand(x.shape[0], bias.shape[0], size(x.shape[2]), size(x.shape[3]));

    /// <summary>The network's output in place of the gradient: libtorch cannot differentiate all operations on `meta`.</summary>
    private sealed class Placed(TensorExecutor inner) : INetworkExecutor
    {
        public bool ComputesEachImageByItself => inner.ComputesEachImageByItself;

        public int ShareSize(int batch, int parts) => inner.ShareSize(batch, parts);

        public long PlannedBytes(int batch, int parts, int threads) => inner.PlannedBytes(batch, parts, threads);

        public void Take(Tensor theta, bool withGradient) => inner.Take(theta, withGradient);

        public Tensor Forward(Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes = default) => inner.Forward(x, timesteps, classes);

        public Tensor Gradient(
            Tensor x, ReadOnlyMemory<int> timesteps, Tensor target, Tensor? weights, int batch, Tensor gradient, ReadOnlyMemory<int> classes = default,
            LearnedVariance? variance = null, ImportanceFactors? importance = null, ReadOnlyMemory<Draws> dropout = default,
            ReadOnlyMemory<double> augmentation = default)
        {
            using var scope = NewDisposeScope();
            var output = inner.Forward(x, timesteps, classes).narrow(1, 0, target.shape[1]);
            var errors = (output - target).square().mean([1, 2, 3]);
            gradient.add_(gradient);
            return (weights is null ? errors : errors * weights).mean().to(float64).MoveToOuterDisposeScope();
        }

        public void Dispose() => inner.Dispose();
    }
}

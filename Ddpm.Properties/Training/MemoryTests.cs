using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Host.Runs;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Random;
using Ddpm.Pure.Training;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>Memory is planned before it is taken, and a batch in parts gives the gradient of the whole.</summary>
public sealed class MemoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-").FullName;

    [Fact]
    public void A_plan_names_its_parts_and_what_to_do()
    {
        var plan = new MemoryPlan(Array(("gradients", 5L << 20), ("activations", 3L << 30)), "choose fewer threads");
        Assert.Equal((3L << 30) + (5L << 20), plan.Total);
        Assert.True(plan.FitsIn(plan.Total).IsSuccess);
        Assert.Equal(
            "training needs about 3.0 GiB of memory (activations 3.0 GiB, gradients 5 MiB), but only 2.0 GiB are free: choose fewer threads",
            Assert.Single(plan.FitsIn(2L << 30).Faults()));
    }

    [Fact]
    public void A_run_that_does_not_fit_is_refused_before_it_leaves_a_file()
    {
        var path = Path.Combine(_folder, "run");
        var refused = TinyTraining.Train(TinyTraining.Config(epochs: 1), new RunFolder(path), new(SampleEvery: 0), freeMemory: 1000);
        Assert.StartsWith("training needs about ", refused.Fault(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(path));
    }

    /// <summary>Numbers are counted where they are declared; sizes of arrays that grow before their first use are counted once.</summary>
    [Fact]
    public void The_tally_counts_each_byte_of_what_it_sees_declared()
    {
        using var outside = new NativeArray<float>(100);
        Assert.Equal(8 * 50 + 4 * 30, MemoryTally.Of(() =>
        {
            using var doubles = new NativeArray<double>(50);
            using var floats = new NativeArray<float>(10);
            floats.Reserve(30);
            floats.Reserve(20);
        }));
    }

    /// <summary>Each further thread needs a program of its own; a larger batch needs nothing more.</summary>
    [Fact]
    public void The_kernels_need_memory_for_threads_and_not_for_images()
    {
        using var network = new UNet(TinyTraining.Config(epochs: 1).Model.Network, ScalarType.Float32, CPU);
        using var kernels = new KernelExecutor<float>(network);
        var (one, two, three) = (kernels.PlannedBytes(128, 1, 1), kernels.PlannedBytes(128, 1, 2), kernels.PlannedBytes(4096, 1, 3));
        Assert.InRange(one, 1, two - 1);
        Assert.Equal(two - one, three - two);
    }

    /// <summary>One convolution, its normalisation with SiLU and so on, counted by hand for the smallest network with one level.</summary>
    [Fact]
    public void Automatic_differentiation_keeps_the_output_of_every_operation()
    {
        var family = new DiffusersUNet { ChannelsPerLevel = Array(4), Groups = 2, MiddleAttention = false };
        var config = UNetConfig.Of(family, ImageSize.Square(8), 1, 10).Valid();

        // In: 1. A block of equal channels: norm and SiLU 2, convolution 1, shift 1, norm and SiLU 2, convolution 1, sum 1.
        // Down: 1 block. Middle: 2 blocks. Up: 2 blocks, each after joining 4 + 4 channels (2 for the join, 2·2 for the first norm, 1 for the shortcut).
        // Out: norm and SiLU 2 of 4 channels, convolution of 1.
        const int Block = 8, Up = Block + 2 + 2 + 1;
        Assert.Equal(64 * (4 * (1 + 3 * Block + 2 * Up + 2) + 1), NetworkCost.KeptNumbers(config));
    }

    /// <summary>A batch of 12 images in 1, 2 and 5 parts; 3 steps of η = 0.001 whose gradients differ by rounding.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void A_batch_in_parts_trains_like_the_whole_batch(int parts)
    {
        double[] Trained(int accumulate)
        {
            var config = TinyTraining.Config(epochs: 1);
            using var network = new UNet(config.Model.Network, ScalarType.Float64, CPU);
            using var trainer = new Trainer(
                network, config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(1), new WholeBatch(new(network)), accumulate);
            foreach (var epoch in Enumerable.Range(0, 3))
            {
                trainer.Step(TrainingPlan.Of(config, TinyTraining.Images.Count).Valid().Epoch(epoch).Step(0));
            }

            return [.. trainer.State.Weights.detach().data<double>()];
        }

        Assert.InRange(Trained(1).Zip(Trained(parts), (a, b) => Math.Abs(a - b)).Max(), 1e-18, 1e-10);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A device that computes a batch whole, unless the user wants parts.</summary>
    private sealed class WholeBatch(TensorExecutor inner) : INetworkExecutor
    {
        public bool ComputesEachImageByItself => inner.ComputesEachImageByItself;

        public int ShareSize(int batch, int parts) => (batch - 1) / parts + 1;

        public long PlannedBytes(int batch, int parts, int threads) => inner.PlannedBytes(batch, parts, threads);

        public void Take(Tensor theta, bool withGradient) => inner.Take(theta, withGradient);

        public Tensor Forward(Tensor x, ReadOnlyMemory<int> timesteps, ReadOnlyMemory<int> classes = default) => inner.Forward(x, timesteps, classes);

        public Tensor Gradient(
            Tensor x, ReadOnlyMemory<int> timesteps, Tensor target, Tensor? weights, int batch, Tensor gradient, ReadOnlyMemory<int> classes = default,
            LearnedVariance? variance = null, ImportanceFactors? importance = null, ReadOnlyMemory<Draws> dropout = default,
            ReadOnlyMemory<double> augmentation = default) =>
            inner.Gradient(x, timesteps, target, weights, batch, gradient, classes, variance, importance, dropout, augmentation);

        public void Dispose() => inner.Dispose();
    }
}

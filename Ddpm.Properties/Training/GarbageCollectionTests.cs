using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Training;
using LanguageExt;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>A garbage collection may come at any moment, from any thread: also between the two halves of an operation on a tensor and a number.</summary>
[Collection(nameof(Alone))]
public sealed class GarbageCollectionTests
{
    private static readonly TrainingConfig Config = TinyTraining.Config(epochs: 16, "min-snr");

    /// <summary>
    /// By the kernels; and by libtorch's operations, which compute on other devices, in float64, as their convolutions of float32 are wrong on some processors.
    /// </summary>
    [Theory]
    [InlineData(1, ScalarType.Float32)]
    [InlineData(2, ScalarType.Float32)]
    [InlineData(1, ScalarType.Float64)]
    [InlineData(2, ScalarType.Float64)]
    public void Collections_change_no_bit_of_training(int replicas, ScalarType type)
    {
        Assert.Equal(Losses(), UnderCollections(Losses));

        double[] Losses()
        {
            using var network = new UNet(Config.Model.Network, type, CPU);
            var kernels = type == ScalarType.Float32;
            using var trainer = new Trainer(
                network, Config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(replicas),
                kernels ? null : new TensorExecutor(network), kernels ? null : new TensorUpdate());
            var plan = TrainingPlan.Of(Config, TinyTraining.Images.Count).Valid();
            return
            [
                .. Enumerable.Range(0, Config.Options.Epochs)
                    .Select(plan.Epoch)
                    .SelectMany(epoch => new[] { epoch.Step(0), epoch.Step(1) })
                    .Select(step => trainer.Step(step).Loss),
            ];
        }
    }

    [Fact]
    public void Collections_change_no_bit_of_sampling()
    {
        using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
        using var theta = network.InitialWeights(0);
        var plan = TinyTraining.Sampling(Config.Model);
        Assert.Equal(Samples(), UnderCollections(Samples));

        float[] Samples() => [.. Enumerable.Range(0, 8).SelectMany(seed =>
            new ImageSampler(new(network, theta), plan).Sample(new SampleRequest((ulong)seed, 6, 5, 16), [12], (_, _) => { }, default)
                .Valid()[0].Values.ToArray())];
    }

    [Fact]
    public void Collections_change_no_bit_of_sampling_by_libtorch_s_operations()
    {
        using var scope = NewDisposeScope();
        using var network = new UNet(Config.Model.Network, ScalarType.Float64, CPU);
        using var executor = new TensorExecutor(network);
        executor.Take(network.InitialWeights(0), withGradient: false);
        var plan = TinyTraining.Sampling(Config.Model);
        var noise = tensor(Enumerable.Range(0, 5 * 144).Select(i => Math.Sin(0.7 * i)).ToArray(), [5, 1, 12, 12], float64);
        Assert.Equal(Samples(), UnderCollections(Samples));

        // Each of the hundreds of operations of a sample waits for a collection.
        double[] Samples() => [.. Enumerable.Range(0, 2).SelectMany(_ =>
        {
            using var own = NewDisposeScope();
            var end = PlanExecutor.Run(
                plan, (x, line) => executor.Forward(x, Enumerable.Repeat(line.Timestep, 5).ToArray()), noise, _ => noise.roll(3)).Valid();
            return end.data<double>().ToArray();
        })];
    }

    private static T UnderCollections<T>(Func<T> work)
    {
        using var done = new CancellationTokenSource();
        var collector = Task.Factory.StartNew(
            () =>
            {
                // Of young objects many more collections fit into the same time; now and then one of all, for what has survived them.
                for (var count = 0; !done.IsCancellationRequested; count++)
                {
                    GC.Collect(count % 8 == 0 ? GC.MaxGeneration : 1);
                    GC.WaitForPendingFinalizers();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return work();
        }
        finally
        {
            done.Cancel();
            collector.Wait();
        }
    }
}

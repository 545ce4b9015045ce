using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Images;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>A garbage collection may come at any moment, from any thread: also between the two halves of an operation on a tensor and a number.</summary>
[Collection(nameof(Alone))]
public sealed class CollectionTests
{
    private static readonly TrainingConfig Config = TrainingConfig.From(
        new TrainingOptions { Steps = 12, BatchSize = 4, Epochs = 16, Limit = 8, LossWeight = "min-snr" }, 12, 1).Valid();

    private static readonly ImageSet Images = ImageSet.Create(
        8, 12, 12, 1, Enumerable.Range(0, 8 * 144).Select(i => (byte)(37 * i)).ToArray(), Option<ReadOnlyMemory<byte>>.None).Valid();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Collections_change_no_bit_of_training(int replicas)
    {
        Assert.Equal(Losses(), UnderCollections(Losses));

        double[] Losses()
        {
            using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(network, Config.Model, Images, TrainingState.Initial(network, 0), new Replicas(replicas));
            var plan = new TrainingPlan(Config, Images.Count);
            return [.. Enumerable.Range(0, Config.Options.Epochs).Select(plan.Epoch).SelectMany(epoch => new[] { epoch.Step(0), epoch.Step(1) }).Select(trainer.Step)];
        }
    }

    [Fact]
    public void Collections_change_no_bit_of_sampling()
    {
        using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
        using var theta = network.InitialWeights(0);
        var plan = AncestralSampler.Compile(
            new(Config.Model.Schedule, Config.Model.Prediction, Timesteps.All(12), ClipSample: true), ReverseVariance.Beta);
        Assert.Equal(Samples(), UnderCollections(Samples));

        float[] Samples() => [.. Enumerable.Range(0, 8).SelectMany(seed =>
            new ImageSampler(network, plan).Sample(theta, new SampleRequest((ulong)seed, 3, 2), [12], (_, _) => { }, default).Valid()[0].Values.ToArray())];
    }

    private static T UnderCollections<T>(Func<T> work)
    {
        using var done = new CancellationTokenSource();
        var collector = Task.Factory.StartNew(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    GC.Collect();
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

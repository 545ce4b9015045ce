using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
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

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Collections_change_no_bit_of_training(int replicas)
    {
        Assert.Equal(Losses(), UnderCollections(Losses));

        double[] Losses()
        {
            using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(network, Config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(replicas));
            var plan = TrainingPlan.Of(Config, TinyTraining.Images.Count).Valid();
            return [.. Enumerable.Range(0, Config.Options.Epochs).Select(plan.Epoch).SelectMany(epoch => new[] { epoch.Step(0), epoch.Step(1) }).Select(step => trainer.Step(step).Loss)];
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
            new ImageSampler(network, plan).Sample(theta, new SampleRequest((ulong)seed, 6, 5, 16), [12], (_, _) => { }, default).Valid()[0].Values.ToArray())];
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

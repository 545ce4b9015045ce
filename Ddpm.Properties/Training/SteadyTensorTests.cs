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

/// <summary>Tests of the whole process's memory, which run while nothing else does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Long work leaks nothing: 2n steps leave the same number of live tensors as n steps.</summary>
[Collection(nameof(Alone))]
public sealed class SteadyTensorTests
{
    public SteadyTensorTests()
    {
        // The collector must not free other tests' tensors while this test counts.
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static readonly TrainingConfig Config = TinyTraining.Config(epochs: 8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Training_keeps_the_number_of_live_tensors(int replicas)
    {
        using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
        using var trainer = new Trainer(network, Config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(replicas));
        var plan = TrainingPlan.Of(Config, TinyTraining.Images.Count).Valid();
        long After(int epoch)
        {
            trainer.Step(plan.Epoch(epoch).Step(0));
            trainer.Step(plan.Epoch(epoch).Step(1));
            return Tensor.TotalCount;
        }

        var counts = Enumerable.Range(0, 8).Select(After).ToArray();
        Assert.Equal(counts[3], counts[7]);
    }

    [Fact]
    public void Sampling_keeps_the_number_of_live_tensors_from_line_to_line_and_leaves_none()
    {
        using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
        using var theta = network.InitialWeights(0);
        var plan = TinyTraining.Sampling(Config.Model);
        var before = Tensor.TotalCount;
        var counts = new List<long>();
        new ImageSampler(new(network, theta), plan, new Replicas(1)).Sample(
            new SampleRequest(1, 0, 17, 16), [0, 6], (_, _) => counts.Add(Tensor.TotalCount), default);
        Assert.Equal(24, counts.Count);
        Assert.Equal(counts[4], counts[9]); // lines that are neither kept nor the last, which draws no noise
        Assert.Equal(before, Tensor.TotalCount);
    }
}

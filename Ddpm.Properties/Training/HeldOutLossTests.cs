using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Host.Runs;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>The loss on images that the run does not train on.</summary>
public sealed class HeldOutLossTests : IDisposable
{
    private const int Count = 40; // three shares

    private static readonly ImageSet Test = ImageSet.Of(
        Count, 12, 12, 1, Enumerable.Range(0, Count * 144).Select(i => (byte)(53 * i + i / 7)).ToArray(),
        Some<ReadOnlyMemory<byte>>(Enumerable.Range(0, Count).Select(i => (byte)(i % 4)).ToArray())).Valid();

    private static readonly TrainingOptions Options = TinyTraining.Standard with { Steps = 12, BatchSize = 4, Epochs = 4 };

    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static TrainingPlan Plan(TrainingOptions options) => TrainingPlan.Of(TrainingConfig.Of(options, ImageSize.Square(12), 1, 4).Valid(), Count).Valid();

    /// <summary>The loss of a training step with the same images, noise and timesteps. A sum in another order: 40 images of 144 pixels.</summary>
    [Theory]
    [InlineData("linear", "epsilon", "min-snr", false, false)]
    [InlineData("linear", "velocity", "p2", true, true)]
    [InlineData("rectified-flow", "flow", "uniform", false, true)]
    [InlineData("edm", "edm", "uniform", false, false)]
    public void It_is_the_loss_of_training(string schedule, string prediction, string lossWeight, bool learnVariance, bool conditional)
    {
        var options = Options with
        {
            Schedule = schedule,
            Prediction = prediction,
            LossWeight = lossWeight,
            LearnVariance = learnVariance,
            Conditional = conditional,
        };
        var plan = Plan(options);
        var heldOut = HeldOutPlan.Of(plan, Count);
        using var network = new UNet(plan.Config.Model.Network, ScalarType.Float64, CPU);
        using var trainer = new Trainer(network, plan.Config.Model, Test, TrainingState.Initial(network, 0), new Replicas(2));
        var none = heldOut.Images.Map(_ => false);
        var measured = trainer.HeldOutLoss(heldOut, Test);
        var step = new TrainingStep(0, 0, heldOut.Images, none, none, heldOut.Timesteps, heldOut.Weights, new WeightUpdate(1e-3), heldOut.Noise);
        Assert.True(Closeness.NearRelative(trainer.Step(step).Loss, measured, 1e-12));
    }

    /// <summary>With the same weights the figure has the same bits, and training has the same bits whether it is measured or not.</summary>
    [Theory]
    [InlineData(1, 4)]
    [InlineData(3, 4)]
    [InlineData(2, 40)]
    public void Threads_batches_and_measuring_change_no_bit(int threads, int batch)
    {
        var plan = Plan(Options with { BatchSize = batch, EmaDecay = 0.9 });
        (float[] Weights, double[] Losses) Trained(int replicas, bool measures)
        {
            using var network = new UNet(plan.Config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(network, plan.Config.Model, Test, TrainingState.Initial(network, 0, averaged: true), new Replicas(replicas));
            var losses = new List<double>();
            for (var epoch = 0; epoch < 3; epoch++)
            {
                if (measures)
                {
                    losses.Add(trainer.HeldOutLoss(HeldOutPlan.Of(plan, Count), Test));
                }

                trainer.Step(plan.Epoch(epoch).Step(0));
            }

            return ([.. trainer.State.Weights.data<float>()], [.. losses]);
        }

        var (weights, losses) = Trained(threads, measures: true);
        Assert.Equal(Trained(1, measures: false).Weights, weights);
        Assert.Equal(Trained(1, measures: true).Losses, losses);
        Assert.Equal(Initial, losses[0]);
        Assert.Equal(3, losses.Distinct().Count());
    }

    /// <summary>The figure of the initial weights, with any batch size.</summary>
    private static double Initial { get; } = InitialLoss();

    private static double InitialLoss()
    {
        var plan = Plan(Options);
        using var network = new UNet(plan.Config.Model.Network, ScalarType.Float32, CPU);
        using var trainer = new Trainer(network, plan.Config.Model, Test, TrainingState.Initial(network, 0), new Replicas(1));
        return trainer.HeldOutLoss(HeldOutPlan.Of(plan, Count), Test);
    }

    [Fact]
    public void It_is_measured_with_the_weights_that_sampling_uses()
    {
        var plan = Plan(Options);
        using var network = new UNet(plan.Config.Model.Network, ScalarType.Float32, CPU);
        double Loss(ulong weights, ulong? average)
        {
            var state = TrainingState.Initial(network, weights);
            state = average is { } seed ? state with { Average = network.InitialWeights(seed) } : state;
            using var trainer = new Trainer(network, plan.Config.Model, Test, state, new Replicas(1));
            return trainer.HeldOutLoss(HeldOutPlan.Of(plan, Count), Test);
        }

        Assert.Equal(Loss(1, null), Loss(0, 1));
        Assert.NotEqual(Loss(0, null), Loss(0, 1));
    }

    [Fact]
    public void A_resumed_run_measures_the_same_and_chooses_its_best_epoch_by_it()
    {
        var config = TrainingConfig.Of(Options, ImageSize.Square(12), 1).Valid();
        var whole = TinyTraining.Train(config, Folder("whole"), new(), heldOut: Test).Valid();
        using var stop = new CancellationTokenSource();
        var stopped = TinyTraining.Train(config, Folder("stopped"), new(), heldOut: Test, stop: stop.Token, report: happened =>
        {
            if (happened is TrainingEvent.Stepped(var step, _, _) && step.Number == 4)
            {
                stop.Cancel();
            }
        });
        Assert.Equal(Errors.Cancelled, stopped.Match(Succ: _ => Errors.None, Fail: fault => fault));
        Assert.Equal(whole with { Machine = null! }, TinyTraining.Train(config, Folder("stopped"), new(), heldOut: Test).Valid() with { Machine = null! });
        Assert.Equal(Losses("whole"), Losses("stopped"));

        var epochs = Losses("whole");
        var best = epochs.Min(epoch => epoch.HeldOut);
        Assert.Equal(4, epochs.Length);
        Assert.Equal((best, System.Array.FindIndex(epochs, epoch => epoch.HeldOut == best) + 1), (whole.Progress.BestLoss, whole.Progress.BestEpoch));

        // Without test images, and with an average, the epoch's own loss decides as before. The weights are the same.
        var without = TinyTraining.Train(config, Folder("without"), new()).Valid();
        Assert.Equal((whole.WeightsSha256, Losses("without").Min(epoch => epoch.Loss)), (without.WeightsSha256, without.Progress.BestLoss));
        Assert.All(Losses("without"), epoch => Assert.Null(epoch.HeldOut));
        var averaged = TinyTraining.Train(
            TrainingConfig.Of(Options with { EmaDecay = 0.9 }, ImageSize.Square(12), 1).Valid(), Folder("averaged"), new(), heldOut: Test).Valid();
        Assert.Equal(Losses("averaged").Min(epoch => epoch.Loss), averaged.Progress.BestLoss);
    }

    private RunFolder Folder(string name) => new(Path.Combine(_root, name));

    private (double Loss, double? HeldOut)[] Losses(string name) =>
        [.. MetricsLog.Read(Folder(name)).Valid().Metrics.Filter(metric => metric.Kind == "epoch").Map(metric => (metric.Loss, metric.HeldOutLoss))];
}

using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Host.Runs;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>Importance sampling from the plan to the checkpoint.</summary>
public sealed class ImportanceSamplingTests : IDisposable
{
    private static readonly TrainingConfig Config = Of(TinyTraining.Standard with
    {
        Steps = 3,
        BatchSize = 4,
        Epochs = 12,
        Limit = 8,
        TimestepSampling = "importance",
        LossWeight = "min-snr",
    });

    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void Without_enough_losses_a_step_is_the_one_with_independent_timesteps()
    {
        var independent = Plan(Of(Config.Options with { TimestepSampling = "independent" })).Epoch(3).Step(1);
        var step = Plan(Config).Epoch(3).Step(1);
        Assert.Equal(independent.Timesteps, step.Timesteps);
        Assert.Equal(independent.Weights, step.Weights);
        Assert.Equal(Prelude.Some(Prelude.Array(1.0, 1, 1, 1)), step.Importance);
        Assert.True(independent.Importance.IsNone);
    }

    [Fact]
    public void With_enough_losses_a_step_has_their_timesteps_and_factors()
    {
        var history = new FoundLosses(3, Enumerable.Range(0, 30).Select(i => (i % 3, i % 3 == 1 ? 1.0 : 0)).ToArr()).History;
        var step = Plan(Config).Epoch(0).Step(0, history);
        Assert.Equal(Prelude.Array(1, 1, 1, 1), step.Timesteps);
        Assert.Equal(Prelude.Some(step.Timesteps.Map(t => history.Factors[t])), step.Importance);
        Assert.Equal(step.Importance.Map(factors => factors.Skip(1).Take(2).ToArr()), step.Share(1, 2).Importance);
    }

    /// <summary>In float64 the executors differ by rounding alone. Timestep 0, whose bound has another form, is among the images.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Each_executor_gives_each_image_s_loss_and_weighs_it(bool learnVariance, bool weighted)
    {
        const int images = 4, batch = 6;
        var config = Of(TinyTraining.Standard with { Steps = 5, LearnVariance = learnVariance });
        var variance = learnVariance ? LearnedVariance.Of((VariancePreservingSchedule)config.Model.Schedule, config.Model.Prediction) : null;
        using var network = new UNet(config.Model.Network, ScalarType.Float64, CPU);
        Tensor Numbers(double phase) => tensor(
            Enumerable.Range(0, images * 144).Select(i => Math.Cos(0.05 * i + phase)).ToArray(), [images, 1, 12, 12], ScalarType.Float64);
        var (x, target, timesteps) = (Numbers(0), Numbers(1), new[] { 3, 0, 4, 1 });
        var weights = weighted ? tensor(new[] { 0.5, 2, 1, 3 }, ScalarType.Float64) : null;
        (double Loss, double[] Losses, Tensor Gradient) Measured(INetworkExecutor executor, double[]? factors)
        {
            using (executor)
            {
                executor.Take(FormulaWeights.Of(network), withGradient: true);
                var (gradient, losses) = (zeros(network.Layout.Count, ScalarType.Float64), new double[images]);
                var loss = executor.Gradient(
                    x, timesteps, target, weights, batch, gradient, default, variance, factors is null ? null : new(factors, losses));
                return (loss.item<double>(), losses, gradient);
            }
        }

        double[] factors = [0.25, 4, 1, 2];
        foreach (var make in (Func<INetworkExecutor>[])[() => new KernelExecutor<double>(network), () => new TensorExecutor(network)])
        {
            var (plain, ones, sampled) = (Measured(make(), null), Measured(make(), [1, 1, 1, 1]), Measured(make(), factors));
            Assert.True(Closeness.NearRelative(plain.Loss, ones.Loss, 1e-12));
            Assert.True(Distance(plain.Gradient, ones.Gradient) < 1e-12);
            Assert.True(Closeness.NearRelative(plain.Loss, ones.Losses.Sum() / batch, 1e-12));
            Assert.All(ones.Losses.Zip(sampled.Losses), pair => Assert.True(Closeness.NearRelative(pair.Item1, pair.Item2, 1e-12)));
            Assert.True(Closeness.NearRelative(sampled.Losses.Zip(factors, (loss, factor) => loss * factor).Sum() / batch, sampled.Loss, 1e-12));
            Assert.True(Distance(plain.Gradient, sampled.Gradient) > 0.01);
        }

        var (ours, theirs) = (Measured(new KernelExecutor<double>(network), factors), Measured(new TensorExecutor(network), factors));
        Assert.All(ours.Losses.Zip(theirs.Losses), pair => Assert.True(Closeness.NearRelative(pair.Item1, pair.Item2, 1e-9)));
        Assert.True(Distance(ours.Gradient, theirs.Gradient) < 1e-9);
    }

    [Fact]
    public void Kernels_without_factors_and_with_factors_of_1_give_the_same_bits()
    {
        float[] Trained(string sampling)
        {
            var config = Of(Config.Options with { TimestepSampling = sampling, Epochs = 2 });
            using var network = new UNet(config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(network, config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(1));
            Assert.Equal(4, trainer.Train(Plan(config), 0, default).Count());
            return [.. trainer.State.Weights.detach().data<float>()];
        }

        Assert.Equal(Trained("independent"), Trained("importance"));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 16)]
    public void Losses_are_the_images_own_and_no_number_of_threads_or_steps_ahead_changes_a_bit(int replicas, int ahead)
    {
        (TrainingStep Step, StepOutcome Outcome)[] Made(int threads, int most, out TimestepHistory history, out float[] weights)
        {
            using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(network, Config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(threads));
            var made = trainer.Train(Plan(Config), 0, default, most).ToArray();
            (history, weights) = (trainer.State.History!, [.. trainer.State.Weights.detach().data<float>()]);
            return made;
        }

        var made = Made(replicas, ahead, out var history, out var weights);
        Made(1, 1, out var sameHistory, out var sameWeights);
        Assert.Equal(sameHistory, history);
        Assert.Equal(sameWeights, weights);
        Assert.All(history.Counts, count => Assert.Equal(TimestepHistory.Length, count));
        Assert.Contains(made, step => step.Step.Importance.Exists(factors => factors.Exists(factor => factor != 1)));

        // The history holds the losses of the last step, whose weighted mean is that step's loss.
        var (last, outcome) = made[^1];
        var taken = last.Timesteps.Map((place, t) =>
            history.Losses[10 * t + 9 - last.Timesteps.Skip(place + 1).Count(later => later == t)] * last.Importance.IfNone(default(Arr<double>))[place]);
        Assert.True(Closeness.NearRelative(outcome.Loss, taken.Average(), 1e-9));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(17)]
    public void A_run_that_is_stopped_goes_on_to_the_same_weights(int last)
    {
        var whole = Train("whole").Valid();
        using var stop = new CancellationTokenSource();
        var stopped = Train("stopped", happened =>
        {
            if (happened is TrainingEvent.Stepped(var step, _, _) && step.Number == last)
            {
                stop.Cancel();
            }
        }, stop: stop.Token);
        Assert.Equal(Errors.Cancelled, stopped.Match(Succ: _ => Errors.None, Fail: fault => fault));
        Assert.Equal(whole.WeightsSha256, Train("stopped").Valid().WeightsSha256);
        Assert.NotEqual(
            whole.WeightsSha256, Train("other", config: Of(Config.Options with { TimestepSampling = "independent" })).Valid().WeightsSha256);
    }

    [Fact]
    public void A_checkpoint_holds_the_losses_and_refuses_others()
    {
        using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
        var history = new FoundLosses(3, Enumerable.Range(0, 17).Select(i => (i % 3, i / 7.0)).ToArr()).History;
        var header = new CheckpointHeader(Config.Options, ImageSize.Square(12), 1, TrainingProgress.Start);
        var file = Checkpoint.Save(header, network, TrainingState.Initial(network, 0) with { History = history });
        Assert.Equal(header, Checkpoint.Header(file).Valid());
        Assert.True(Checkpoint.Fits(file, Config.Model.Network).IsSucc);
        Assert.Equal(history, Checkpoint.Load(file, network, 0).Valid().History);

        string Fault(Func<SafetensorsTensor, IEnumerable<SafetensorsTensor>> change) => Checkpoint.Load(
            SafetensorsFile.Of(file.Tensors.SelectMany(change), file.Metadata).Valid(), network, 0).Fault();
        const string misfit = "its losses of timesteps (importance.losses, importance.counts) do not fit 3 timesteps: use another checkpoint";
        Assert.Equal(misfit, Fault(tensor => tensor.Name == Checkpoint.TimestepCounts ? [] : [tensor]));
        Assert.Equal(misfit, Fault(tensor => tensor.Name == Checkpoint.TimestepLosses
            ? [SafetensorsTensor.Of(tensor.Name, SafetensorsType.F64, Prelude.Array(10L, 3), tensor.Data).Valid()]
            : [tensor]));
        Assert.Equal("timestep counts must lie in [0, 10], got -1", Fault(tensor => tensor.Name == Checkpoint.TimestepCounts
            ? [SafetensorsTensor.Of(tensor.Name, SafetensorsType.I32, tensor.Shape, Enumerable.Repeat((byte)255, 12).ToArray()).Valid()]
            : [tensor]));
    }

    [Fact]
    public void A_run_is_refused_whose_checkpoint_lacks_the_losses()
    {
        var folder = new RunFolder(Path.Combine(_root, "lacking"));
        using var stop = new CancellationTokenSource();
        Train("lacking", _ => stop.Cancel(), stop: stop.Token);
        var receipt = folder.Receipt().Valid();
        var (file, header) = folder.ReadCheckpoint(receipt.Last!).Valid();
        using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
        using var state = Checkpoint.Load(file, network, header.Progress.Step).Valid();
        Assert.True(folder.Write(
            folder.CheckpointPath(receipt.Last!), Safetensors.Write(Checkpoint.Save(header, network, state with { History = null }))).IsSucc);
        Assert.Contains(
            "it lacks importance.losses, which importance sampling needs: use another checkpoint", Train("lacking").Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_losses_replace_the_density_and_a_given_one_is_refused()
    {
        string[] Faults(TrainingOptions options) => [.. TrainingConfig.Of(options with { TimestepSampling = "importance" }, ImageSize.Square(12), 1).Faults()];
        Assert.Equal(
            ["timestep-density works only with the timestep samplings independent and stratified, got uniform"], Faults(new() { TimestepDensity = "uniform" }));
        Assert.Equal(["noise-mean works only with the timestep densities logit-normal and log-normal, got 1"], Faults(new() { NoiseMean = 1 }));
        Assert.Equal(
            new TimestepDensity.Uniform(), Of(new() { TimestepSampling = "importance", Schedule = "rectified-flow", Prediction = "flow" }).TimestepDensity);
    }

    private Fin<RunReceipt> Train(string name, Action<TrainingEvent>? report = null, TrainingConfig? config = null, CancellationToken stop = default) =>
        TinyTraining.Train(
            config ?? Config, new(Path.Combine(_root, name)), new(SampleEvery: 0, LogEvery: 3, CheckpointEvery: 5, Keep: null), 3, report, stop: stop);

    private static TrainingPlan Plan(TrainingConfig config) => TrainingPlan.Of(config, TinyTraining.Images.Count).Valid();

    private static TrainingConfig Of(TrainingOptions options) => TrainingConfig.Of(options, ImageSize.Square(12), 1).Valid();

    private static double Distance(Tensor x, Tensor y) => ((x - y).norm() / y.norm()).item<double>();
}

using Ddpm.Gpu;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Likelihood;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Host.Runs;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>A network that learns the reverse variance, from its training to its samples and its bits per dimension.</summary>
public sealed class LearnedVarianceTests : IDisposable
{
    private static readonly TrainingConfig Config = Of(TinyTraining.Config(epochs: 2).Options with { LearnVariance = true });

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;

    public void Dispose()
    {
        _scope.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void A_run_that_is_stopped_goes_on_to_the_same_bits()
    {
        var recording = new Recording(SampleEvery: 0);
        RunFolder Folder(string name) => new(Path.Combine(_root, name));
        var whole = TinyTraining.Train(Config, Folder("whole"), recording).Valid();
        using var stop = new CancellationTokenSource();
        var stopped = TinyTraining.Train(Config, Folder("stopped"), recording, report: happened =>
        {
            if (happened is TrainingEvent.Stepped(var step, _, _) && step.Number == 2)
            {
                stop.Cancel();
            }
        }, stop: stop.Token);
        Assert.Equal(Errors.Cancelled, stopped.Match(Succ: _ => Errors.None, Fail: fault => fault));
        Assert.Equal(whole.WeightsSha256, TinyTraining.Train(Config, Folder("stopped"), recording).Valid().WeightsSha256);
        Assert.NotEqual(whole.WeightsSha256, TinyTraining.Train(Of(Config.Options with { Seed = 1 }), Folder("other"), recording).Valid().WeightsSha256);
    }

    /// <summary>A network whose v is 1 everywhere has s² = β, and one whose v is −1 has s² = β̃, but for the rounding of an exponential in float32.</summary>
    [Theory]
    [InlineData(1, ReverseVariance.Beta)]
    [InlineData(-1, ReverseVariance.Posterior)]
    public void At_the_ends_of_the_range_samples_and_bound_are_those_of_a_fixed_variance(int v, ReverseVariance fixedVariance)
    {
        using var network = new UNet(Config.Model.Network, ScalarType.Float32, CPU);
        var theta = WithSecondOutput(network, v);
        var model = Config.Model;
        float[] Samples(ReverseVariance variance) => new ImageSampler(
                new(network, theta), new Ancestral(variance).PlanOn(new(model.Schedule, model.Prediction, Timesteps.All(12), ClipSample: true)))
            .Sample(new(5, 0, 3, 3), [], (_, _) => { }, default).Valid()[^1].Values.ToArray();
        Assert.All(
            Samples(ReverseVariance.LearnedRange).Zip(Samples(fixedVariance), (learned, known) => Math.Abs(learned - known)),
            difference => Assert.InRange(difference, 0, 1e-4));

        Arr<VariationalBound> Bound(ReverseVariance variance) => Bounds(network, theta, model, variance);
        Assert.All(
            Bound(ReverseVariance.LearnedRange).Zip(Bound(fixedVariance)),
            pair => Assert.InRange(pair.Item1.Total, pair.Item2.Total * (1 - 1e-5), pair.Item2.Total * (1 + 1e-5)));
        Assert.NotEqual(Bound(ReverseVariance.Beta)[0].Total, Bound(ReverseVariance.Posterior)[0].Total);
    }

    [Fact]
    public void A_trained_variance_has_a_lower_bound_than_either_fixed_one()
    {
        var config = Of(Config.Options with { Epochs = 100, LearningRate = 0.003 });
        var network = new UNet(config.Model.Network, ScalarType.Float32, CPU);
        using var trainer = new Trainer(network, config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(1));
        var losses = trainer.Train(TrainingPlan.Of(config, TinyTraining.Images.Count).Valid(), from: 0, default).Select(step => step.Outcome.Loss).ToArray();
        Assert.All(losses, loss => Assert.True(double.IsFinite(loss)));
        double Bound(ReverseVariance variance) => Bounds(network, trainer.State.Weights.detach(), config.Model, variance).Average(bound => bound.Total);
        Assert.True(Bound(ReverseVariance.LearnedRange) < Math.Min(Bound(ReverseVariance.Beta), Bound(ReverseVariance.Posterior)));
    }

    [Fact]
    public void A_learned_variance_samples_and_other_networks_refuse_it_in_one_line()
    {
        using var trained = DiffusionPipeline.Train(Config.Options, TinyTraining.Images, CPU).ThrowIfFail();
        Assert.Equal(2 * 144, trained.Sample(2, sampling: new()).ThrowIfFail().Pixels.Length);
        Assert.Equal(
            "variance needs a run that was trained with --learn-variance, got learned",
            DiffusionPipeline.Train(TinyTraining.Config(epochs: 1).Options, TinyTraining.Images, CPU).ThrowIfFail()
                .Sample(2, sampling: new() { Variance = "learned" }).Match(_ => "", fault => fault.Message));
    }

    [Fact]
    public void The_sampler_ddpm_takes_the_learned_variance_unless_another_is_named()
    {
        string? Variance(DiffusionModel model, SamplingOptions options) => model.SamplingWith(options).Valid().Variance;
        var (learning, plain) = (Config.Model, TinyTraining.Config(epochs: 1).Model);
        Assert.Equal("learned", Variance(learning, new()));
        Assert.Equal("posterior", Variance(learning, new() { Variance = "posterior" }));
        Assert.Null(Variance(learning, new() { Sampler = "ddim" }));
        Assert.Null(Variance(plain, new()));
        var original = Of(Config.Options with { Preset = "original", Network = "original" }).Model;
        Assert.Equal("learned", original.UsualSampling.Variance);
    }

    private static Arr<VariationalBound> Bounds(UNet network, Tensor theta, DiffusionModel model, ReverseVariance variance) => BoundMeasurement
        .Measure(
            network, theta, model, (VariancePreservingSchedule)model.Schedule, TinyTraining.Images.Take(3), new(1, variance, ClipSample: true), (_, _) => { },
            default).Valid();

    /// <summary>θ of a network whose first output is its own and whose v is one number.</summary>
    private static Tensor WithSecondOutput(UNet network, double v)
    {
        using var still = no_grad();
        var theta = FormulaWeights.Of(network);
        var views = network.Layout.View(theta);
        views["conv_out.weight"].narrow(0, 1, 1).zero_();
        views["conv_out.bias"].narrow(0, 1, 1).copy_(tensor((float)v));
        return theta;
    }

    private static TrainingConfig Of(TrainingOptions options) => TrainingConfig.Of(options, ImageSize.Square(12), 1).Valid();
}

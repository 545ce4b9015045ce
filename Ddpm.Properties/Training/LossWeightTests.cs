using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Images;
using Ddpm.Pure.Training;
using LanguageExt;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>That the executor weighs each image's loss as the plan says.</summary>
public sealed class LossWeightTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    private const int Size = 12, Pixels = Size * Size;

    private static readonly ImageSet Images = TinyTraining.ImagesOf(5);

    /// <summary>Sums of a few hundred squares in double precision, in another order.</summary>
    [Theory]
    [InlineData("min-snr", "epsilon", 1)]
    [InlineData("min-snr", "velocity", 2)]
    [InlineData("p2", "sample", 3)]
    [InlineData("uniform", "epsilon", 2)]
    public void A_step_s_loss_is_the_weighted_mean_of_its_images_errors(string lossWeight, string prediction, int replicas)
    {
        var options = TinyTraining.Standard with { Steps = 12, BatchSize = 5, LossWeight = lossWeight, Prediction = prediction };
        var config = TrainingConfig.Of(options, ImageSize.Square(Size), 1).Valid();
        var (model, step) = (config.Model, TrainingPlan.Of(config, Images.Count).Valid().Epoch(0).Step(0));
        using var network = new UNet(model.Network, ScalarType.Float64, CPU);
        using var trainer = new Trainer(network, model, Images, TrainingState.Initial(network, 0), new Replicas(replicas));

        var noise = new float[5 * Pixels];
        step.FillNoise(noise);
        double Loss(int i)
        {
            var level = model.Schedule[step.Timesteps[i]];
            var x0 = Enumerable.Range(0, Pixels).Select(p => (double)PixelScale.ToModel(Images.Pixels.Span[step.Images[i] * Pixels + p])).ToArray();
            var epsilon = noise.Skip(i * Pixels).Take(Pixels).Select(z => (double)z).ToArray();
            var xt = x0.Zip(epsilon, (x, e) => level.A * x + level.Sigma * e).ToArray();
            var output = network.Forward(
                network.Layout.View(trainer.State.Weights), tensor(xt).reshape(1, 1, Size, Size), tensor(new long[] { step.Timesteps[i] }));
            var target = x0.Zip(epsilon, model.Prediction.Target(level).Of);
            return output.detach().data<double>().Zip(target, (o, wanted) => (o - wanted) * (o - wanted)).Average()
                * config.LossWeighting.Weight(model.Prediction, level);
        }

        var expected = Enumerable.Range(0, 5).Average(Loss);
        Assert.True(Closeness.NearRelative(expected, trainer.Step(step).Loss, 1e-12));
        Assert.True(lossWeight == "uniform" || step.Weights.Any(weight => Math.Abs(weight - 1) > 0.01));
    }

    [Fact]
    public void Weights_of_0_leave_no_gradient()
    {
        var config = TrainingConfig.Of(TinyTraining.Standard with { Steps = 12, BatchSize = 5 }, ImageSize.Square(Size), 1).Valid();
        var step = TrainingPlan.Of(config, Images.Count).Valid().Epoch(0).Step(0);
        float[] Trained(Arr<double> weights)
        {
            using var network = new UNet(config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(network, config.Model, Images, TrainingState.Initial(network, 0), new Replicas(2));
            trainer.Step(step with { Weights = weights });
            return [.. trainer.State.Weights.detach().data<float>()];
        }

        Arr<double> All(double weight) => new(Enumerable.Repeat(weight, 5));
        using var untrained = new UNet(config.Model.Network, ScalarType.Float32, CPU);
        Assert.Equal(untrained.InitialWeights(0).data<float>(), Trained(All(0)));
        Assert.NotEqual(Trained(All(0)), Trained(All(1)));
    }
}

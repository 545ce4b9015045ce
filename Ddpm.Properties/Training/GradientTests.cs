using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Training;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>What the trainer tells of a step's gradient, and how it shortens one. After a first step Adam's m is (1 − β₁)·g.</summary>
public sealed class GradientTests : IDisposable
{
    private readonly DisposeScopeOfTest _scope = new();

    public void Dispose() => _scope.Dispose();

    /// <summary>Sums of a hundred thousand squares in double precision, in another order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_longer_gradient_is_shortened_to_the_limit_and_keeps_its_direction(int replicas)
    {
        var (whole, outcome) = Gradient(null, replicas);
        Assert.True(outcome.IsFinite && Closeness.NearRelative(Norm(whole), outcome.GradientNorm, 1e-11));
        foreach (var limit in (double[])[outcome.GradientNorm / 3, outcome.GradientNorm * 0.999])
        {
            var (clipped, told) = Gradient(limit, replicas);
            Assert.Equal(outcome, told);
            Assert.True(Closeness.NearRelative(limit, Norm(clipped), 1e-11));
            Assert.True(clipped.Zip(whole, (short_, long_) => Math.Abs(short_ - long_ * limit / outcome.GradientNorm)).Max() <= 1e-12 * outcome.GradientNorm);
        }

        Assert.Equal(whole, Gradient(outcome.GradientNorm * 1.001, replicas).Values);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_step_from_a_weight_that_is_no_number_is_told_as_not_finite(float weight)
    {
        var config = TinyTraining.Config(epochs: 1);
        using var network = new UNet(config.Model.Network, ScalarType.Float32, CPU);
        using var trainer = new Trainer(network, config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(2));
        using (no_grad())
        {
            trainer.State.Weights[^1] = tensor(weight);
        }

        Assert.False(trainer.Step(new TrainingPlan(config, TinyTraining.Images.Count).Epoch(0).Step(0)).IsFinite);
    }

    [Fact]
    public void Finite_is_what_has_a_finite_loss_and_a_finite_gradient()
    {
        Assert.True(new StepOutcome(1, 0).IsFinite);
        Assert.False(new StepOutcome(1, double.PositiveInfinity).IsFinite);
        Assert.False(new StepOutcome(double.NaN, 1).IsFinite);
    }

    private static (double[] Values, StepOutcome Outcome) Gradient(double? limit, int replicas)
    {
        var config = TrainingConfig.From(TinyTraining.Config(epochs: 1).Options with { ClipNorm = limit }, 12, 1).Valid();
        using var network = new UNet(config.Model.Network, ScalarType.Float64, CPU);
        using var trainer = new Trainer(network, config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(replicas));
        var outcome = trainer.Step(new TrainingPlan(config, TinyTraining.Images.Count).Epoch(0).Step(0));
        return ([.. trainer.State.FirstMoment.data<double>().Select(m => m / (1 - new Adam().Beta1))], outcome);
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));
}

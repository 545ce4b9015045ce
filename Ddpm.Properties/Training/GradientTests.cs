using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Training;
using LanguageExt;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>The trainer's report of a step's gradient, and gradient clipping. After the first step, Adam's m is (1 − β₁)·g.</summary>
public sealed class GradientTests : IDisposable
{
    internal static readonly ImageSet Fifty = TinyTraining.ImagesOf(50);

    private readonly DisposeScope _scope = NewDisposeScope();

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
            var (clipped, reported) = Gradient(limit, replicas);
            Assert.Equal(outcome, reported);
            Assert.True(Closeness.NearRelative(limit, Norm(clipped), 1e-11));
            Assert.True(clipped.Zip(whole, (kept, before) => Math.Abs(kept - before * limit / outcome.GradientNorm)).Max() <= 1e-12 * outcome.GradientNorm);
        }

        Assert.Equal(whole, Gradient(outcome.GradientNorm * 1.001, replicas).Values);
    }

    /// <summary>Shares and their order are fixed: threads only decide who computes which.</summary>
    [Theory]
    [InlineData("adam", 0)]
    [InlineData("muon", 0.3)]
    public void Threads_change_no_bit_of_training(string optimiser, double augment)
    {
        var options = TinyTraining.Standard with { Steps = 12, BatchSize = 50, ClipNorm = 0.5, Optimiser = optimiser, Augment = augment };
        var config = TrainingConfig.Of(options, ImageSize.Square(12), 1).Valid();
        (double[] Reported, float[] Weights) Trained(int threads)
        {
            using var network = new UNet(config.Model.Network, ScalarType.Float32, CPU);
            using var trainer = new Trainer(network, config.Model, Fifty, TrainingState.Initial(network, 0), new Replicas(threads));
            var outcomes = Enumerable.Range(0, 3).Select(epoch => trainer.Step(TrainingPlan.Of(config, 50).Valid().Epoch(epoch).Step(0))).ToArray();
            return ([.. outcomes.SelectMany(outcome => (double[])[outcome.Loss, outcome.GradientNorm])], [.. trainer.State.Weights.data<float>()]);
        }

        var alone = Trained(1);
        foreach (var threads in (int[])[2, 3, 7])
        {
            Assert.Equal(alone.Reported, Trained(threads).Reported);
            Assert.Equal(alone.Weights, Trained(threads).Weights);
        }
    }

    /// <summary>
    /// The operations of every other device, in one share; the kernels use four. Three steps of η = 0.001 with gradients of norm 0.1 that differ by a relative
    /// 1e-15, divided by √v̂ + 1e-8, differ by 3e-11 at worst; measured 4e-15.
    /// </summary>
    [Theory]
    [InlineData("adam", false, 0)]
    [InlineData("adam", true, 0.5)]
    [InlineData("muon", false, 0)]
    public void Libtorch_s_operations_train_alike(string optimiser, bool learnVariance, double augment)
    {
        var options = TinyTraining.Standard with
        {
            Steps = 12,
            BatchSize = 50,
            ClipNorm = 0.1,
            LossWeight = "min-snr",
            WeightDecay = 0.5,
            EmaDecay = 0.9,
            Flip = true,
            TimestepSampling = "stratified",
            LearnVariance = learnVariance,
            Augment = augment,
            Optimiser = optimiser,
        };
        var config = TrainingConfig.Of(options, ImageSize.Square(12), 1).Valid();
        (double[] Weights, double[] Average) Trained(Func<UNet, INetworkExecutor> executor, Func<IWeightUpdate> update)
        {
            using var network = new UNet(config.Model.Network, ScalarType.Float64, CPU);
            using var trainer = new Trainer(
                network, config.Model, Fifty, TrainingState.Initial(network, 0, averaged: true), new Replicas(1), executor(network), update());
            foreach (var epoch in Enumerable.Range(0, 3))
            {
                trainer.Step(TrainingPlan.Of(config, Fifty.Count).Valid().Epoch(epoch).Step(0));
            }

            return ([.. trainer.State.Weights.detach().data<double>()], [.. trainer.State.Sampled.detach().data<double>()]);
        }

        var ours = Trained(network => new KernelExecutor<double>(network), () => new KernelUpdate<double>(new Replicas(2)));
        var theirs = Trained(network => new TensorExecutor(network), () => new TensorUpdate());
        Assert.InRange(ours.Weights.Zip(theirs.Weights, (a, b) => Math.Abs(a - b)).Max(), 0, 3e-11);
        Assert.InRange(ours.Average.Zip(theirs.Average, (a, b) => Math.Abs(a - b)).Max(), 0, 3e-11);
        Assert.NotEqual(ours.Weights, ours.Average);
    }

    /// <summary>Three updates of two matrices of weights by the kernels and by the definition. An error of u reaches O(u) by at most 485 times.</summary>
    [Theory]
    [InlineData(4, 9)]
    [InlineData(9, 4)]
    public void A_matrix_of_weights_moves_as_Muon_is_defined(int rows, int columns)
    {
        var count = rows * columns;
        var places = Prelude.Range(0, count).ToArr();
        using var theta = zeros([2 * count], float64);
        var state = new TrainingState(theta, zeros([2 * count], float64), zeros([2 * count], float64), 0);
        var update = new WeightUpdate(0.002, WeightDecay: 0.25)
        {
            Muon = new Muon(Prelude.Array(new WeightMatrix(0, rows, columns), new WeightMatrix(count, rows, columns))),
        };
        var expected = Prelude.Range(0, 2).Map(_ => (Theta: places.Map(_ => 0.0).ToArr(), M: places.Map(_ => 0.0).ToArr())).ToArr();
        foreach (var n in Enumerable.Range(1, 3))
        {
            double Gradient(int i) => Math.Cos(i * i + n);
            new KernelUpdate<double>(new Replicas(2)).Apply(state, tensor(Prelude.Range(0, 2 * count).Map(Gradient).ToArray(), float64), update);
            expected = expected.Map((int k, (Arr<double> Theta, Arr<double> M) one) =>
                Muon.Update(one.Theta, one.M, places.Map(i => Gradient(k * count + i)).ToArr(), rows, 0.002, 0.25)).ToArr();
        }

        Assert.All(expected.Bind(one => one.Theta).Zip(theta.data<double>()), pair => Assert.Equal(pair.Item1, pair.Item2, 1e-13));
        Assert.All(expected.Bind(one => one.M).Zip(state.FirstMoment.data<double>()), pair => Assert.Equal(pair.Item1, pair.Item2, 1e-15));
    }

    /// <summary>Without a gradient only the decay moves a weight, and the average follows by its own decay.</summary>
    [Fact]
    public void An_update_without_gradient_shrinks_the_weights_and_the_average_follows()
    {
        using var theta = full([37], 2.0, float64);
        using var average = full([37], 1.0, float64);
        var state = new TrainingState(theta, zeros([37], float64), zeros([37], float64), 0, average);
        new KernelUpdate<double>(new Replicas(1)).Apply(state, zeros([37], float64), new WeightUpdate(0.1, WeightDecay: 0.25, AverageDecay: 0.75));
        Assert.All(theta.data<double>(), weight => Assert.Equal(2 * (1 - 0.1 * 0.25), weight, 1e-15));
        Assert.All(average.data<double>(), mean => Assert.Equal(0.75 * 1 + 0.25 * 1.95, mean, 1e-15));
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

        Assert.False(trainer.Step(TrainingPlan.Of(config, TinyTraining.Images.Count).Valid().Epoch(0).Step(0)).IsFinite);
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
        var config = TrainingConfig.Of(TinyTraining.Config(epochs: 1).Options with { ClipNorm = limit }, ImageSize.Square(12), 1).Valid();
        using var network = new UNet(config.Model.Network, ScalarType.Float64, CPU);
        using var trainer = new Trainer(network, config.Model, TinyTraining.Images, TrainingState.Initial(network, 0), new Replicas(replicas));
        var outcome = trainer.Step(TrainingPlan.Of(config, TinyTraining.Images.Count).Valid().Epoch(0).Step(0));
        return ([.. trainer.State.FirstMoment.data<double>().Select(m => m / (1 - new Adam().Beta1))], outcome);
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));
}

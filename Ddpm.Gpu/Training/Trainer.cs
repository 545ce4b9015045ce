using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Images;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using LanguageExt;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ddpm.Gpu.Training;

/// <summary>Executes training steps: what a step is, the plan has decided.</summary>
public sealed class Trainer : IDisposable
{
    private readonly UNet _network;
    private readonly Tensor _images, _valueOfLevel, _a, _sigma, _targetOfImage, _targetOfNoise;
    private readonly Adam _adam = new();
    private readonly Replicas _replicas;
    private float[] _noise = [];

    /// <summary>Moves the images and the schedule's tables to the network's device.</summary>
    /// <param name="network">The network to train.</param>
    /// <param name="model">Its schedule and what it predicts.</param>
    /// <param name="images">N×H×W×C bytes.</param>
    /// <param name="state">Where training stands. The trainer owns it from here on.</param>
    /// <param name="replicas">How a batch is shared out.</param>
    public Trainer(UNet network, DiffusionModel model, ImageSet images, TrainingState state, Replicas replicas)
    {
        (_network, _replicas, State) = (network, replicas, state);
        State.Weights.requires_grad_();
        using var scope = NewDisposeScope();
        _images = tensor(images.Pixels.ToArray(), [images.Count, images.Height, images.Width, images.Channels], ScalarType.Byte)
            .to(network.Device).permute(0, 3, 1, 2).DetachFromDisposeScope();

        _valueOfLevel = tensor(Enumerable.Range(0, 256).Select(level => PixelScale.ToModel((byte)level)).ToArray(), network.Type)
            .to(network.Device).DetachFromDisposeScope();

        Tensor Table(Func<NoiseLevel, double> entry) =>
            tensor(model.Schedule.Levels.Map(entry).ToArray(), network.Type).to(network.Device).reshape(-1, 1, 1, 1).DetachFromDisposeScope();
        (_a, _sigma) = (Table(level => level.A), Table(level => level.Sigma));
        (_targetOfImage, _targetOfNoise) = (Table(level => model.Prediction.Target(level).First), Table(level => model.Prediction.Target(level).Second));
    }

    /// <summary>Where training stands.</summary>
    public TrainingState State { get; private set; }

    /// <summary>One update.</summary>
    public StepOutcome Step(TrainingStep step)
    {
        using var scope = NewDisposeScope();
        var timesteps = tensor(step.Timesteps.Map(timestep => (long)timestep).ToArray()).to(_network.Device);
        var x0 = Images(step);
        var weights = step.Weights.ForAll(weight => weight == 1) ? null : tensor(step.Weights.ToArray(), _network.Type).to(_network.Device);
        return Step(x0, timesteps, Noise(step, x0.shape), step.LearningRate, step.ClipNorm, weights);
    }

    /// <summary>One update from given images, timesteps and noise (Ho et al. 2020, algorithm 1).</summary>
    /// <param name="x0">Images, N×C×H×W.</param>
    /// <param name="t">Their timesteps, N integers in [0, T).</param>
    /// <param name="epsilon">Their noise, N×C×H×W.</param>
    /// <param name="learningRate">The learning rate.</param>
    /// <param name="clipNorm">How long the gradient may be at most, if there is a limit.</param>
    /// <param name="weights">How much the mean squared error of each image counts, N numbers; null for 1 each.</param>
    public StepOutcome Step(Tensor x0, Tensor t, Tensor epsilon, double learningRate, Option<double> clipNorm = default, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        var xt = (_a[t] * x0).Plus(_sigma[t] * epsilon);
        var target = (_targetOfImage[t] * x0).Plus(_targetOfNoise[t] * epsilon);
        var shares = _replicas.Run((int)x0.shape[0], (first, count) =>
        {
            using var own = NewDisposeScope(); // the thread of a replica has none yet
            return Gradient(
                xt.narrow(0, first, count), t.narrow(0, first, count), target.narrow(0, first, count), weights?.narrow(0, first, count),
                (double)count / x0.shape[0]);
        });
        var gradient = shares.Select(share => share.Gradient).Aggregate((sum, next) => sum.Add(next, 1));
        var loss = shares.Select(share => share.Loss).Aggregate((sum, next) => sum.Plus(next));
        var norm = gradient.dot(gradient).sqrt();
        clipNorm.Iter(limit => gradient.mul_(norm.reciprocal().Times(limit).Within(0, 1)));
        State = Update(State, gradient, learningRate);
        // The only time that a step waits for the device: all that is asked of it comes in one piece.
        var told = stack([loss, norm.to(float64)]).cpu().data<double>().ToArray();
        foreach (var (part, slope) in shares)
        {
            part.Dispose();
            slope.Dispose();
        }

        return new(told[0], told[1]);
    }

    /// <summary>A share's part of the batch's loss, and its gradient; the caller frees both.</summary>
    private (Tensor Loss, Tensor Gradient) Gradient(Tensor xt, Tensor t, Tensor target, Tensor? weights, double part)
    {
        using var scope = NewDisposeScope();
        var output = _network.Forward(_network.Layout.View(State.Weights), xt, t);
        var error = weights is null
            ? functional.mse_loss(output, target)
            : (functional.mse_loss(output, target, Reduction.None).mean([1, 2, 3]) * weights).mean();
        var loss = error.Times(part);
        var gradient = autograd.grad([loss], [State.Weights])[0];
        return (loss.detach().to(float64).DetachFromDisposeScope(), gradient.DetachFromDisposeScope());
    }

    /// <summary>Adam's update of every weight at once: the vectors change in place.</summary>
    private TrainingState Update(TrainingState state, Tensor gradient, double learningRate)
    {
        using var still = no_grad();
        var n = state.Updates + 1;
        state.FirstMoment.Multiply(_adam.Beta1).Add(gradient, 1 - _adam.Beta1);
        state.SecondMoment.Multiply(_adam.Beta2).AddProduct(gradient, gradient, 1 - _adam.Beta2);
        var spread = state.SecondMoment.sqrt().Multiply(_adam.RootCorrection(n)).Add(_adam.Epsilon);
        state.Weights.AddQuotient(state.FirstMoment, spread, -_adam.StepSize(n, learningRate));
        return state with { Updates = n };
    }

    /// <summary>The step's images in [−1, 1], N×C×H×W.</summary>
    private Tensor Images(TrainingStep step)
    {
        var places = tensor(step.Images.Map(image => (long)image).ToArray()).to(_network.Device);
        var levels = _images.index_select(0, places);
        return _valueOfLevel.index_select(0, levels.reshape(-1).to(int32)).reshape(levels.shape);
    }

    private Tensor Noise(TrainingStep step, long[] shape)
    {
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        if (_noise.Length != count)
        {
            _noise = new float[count];
        }

        step.FillNoise(_noise);
        return tensor(_noise, shape, _network.Type).to(_network.Device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        State.Dispose();
        foreach (var tensor in (Tensor[])[_images, _valueOfLevel, _a, _sigma, _targetOfImage, _targetOfNoise])
        {
            tensor.Dispose();
        }
    }
}

using System.Runtime.InteropServices;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using LanguageExt;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Training;

/// <summary>Executes training steps: what a step is, the plan has decided.</summary>
public sealed class Trainer : IDisposable
{
    private readonly UNet _network;
    private readonly ReadOnlyMemory<byte> _labels; // none where the network knows no classes
    private readonly Tensor _images, _valueOfLevel, _a, _sigma, _targetOfImage, _targetOfNoise;
    private readonly INetworkExecutor _executor;
    private readonly IAdamUpdate _update;
    private readonly List<Tensor> _gradients = [];
    private readonly List<Tensor> _found = []; // of each step that was not told yet: the loss of each share, and the length of the gradient
    private readonly Replicas _replicas;

    /// <summary>Moves the images and the schedule's tables to the network's device.</summary>
    /// <param name="network">The network to train.</param>
    /// <param name="model">Its schedule and what it predicts.</param>
    /// <param name="images">N×H×W×C bytes.</param>
    /// <param name="state">Where training stands. The trainer owns it from here on.</param>
    /// <param name="replicas">Who computes the shares of a batch; how many they are changes no bit.</param>
    /// <param name="executor">What computes the network, which the trainer owns from here on; null for what the device computes with.</param>
    /// <param name="update">What updates the weights; null for what the device updates with.</param>
    public Trainer(UNet network, DiffusionModel model, ImageSet images, TrainingState state, Replicas replicas, INetworkExecutor? executor = null, IAdamUpdate? update = null)
    {
        (_network, _replicas, State, _executor) = (network, replicas, state, executor ?? ComputeDevice.Executor(network));
        _update = update ?? ComputeDevice.Update(network.Device, network.Type, replicas);
        _labels = network.Config.Classes == 0 ? default : images.Labels.IfNone(() => throw new ArgumentException("the network wants classes, and the images have none", nameof(images)));
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

    /// <summary>One update, and what it found.</summary>
    public StepOutcome Step(TrainingStep step)
    {
        Begin(step);
        return Outcomes()[^1]; // those of steps that were only begun are told too, and lost: a caller does one or the other
    }

    /// <summary>One update, without waiting for what it found.</summary>
    public void Begin(TrainingStep step) => Begin(step.Images.Count, step.Update, (first, count) =>
    {
        var share = step.Share(first, count);
        var x0 = Images(share);
        var weights = share.Weights.ForAll(weight => weight == 1) ? null : tensor(share.Weights.ToArray(), _network.Type).to(_network.Device);
        return new(x0, tensor(share.Timesteps.Map(timestep => (long)timestep).ToArray()).to(_network.Device), Noise(share, x0.shape), weights, Classes(share));
    });

    /// <summary>What the updates since the last call found, in their order. All comes in one piece, as asking waits for the device.</summary>
    public IReadOnlyList<StepOutcome> Outcomes()
    {
        if (_found.Count == 0)
        {
            return [];
        }

        using var scope = NewDisposeScope();
        var all = cat([.. _found]).cpu().data<double>().ToArray();
        var (outcomes, next) = (new List<StepOutcome>(), 0);
        foreach (var found in _found)
        {
            var losses = (int)found.shape[0] - 1;
            outcomes.Add(new(all[next..(next + losses)].Sum(), all[next + losses]));
            next += losses + 1;
            found.Dispose();
        }

        _found.Clear();
        return outcomes;
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
        Begin((int)x0.shape[0], new WeightUpdate(learningRate, clipNorm), (first, count) =>
            new(x0.narrow(0, first, count), t.narrow(0, first, count), epsilon.narrow(0, first, count), weights?.narrow(0, first, count), null));
        return Outcomes()[^1];
    }

    /// <summary>Some of a batch's images, with what belongs to each.</summary>
    private readonly record struct Share(Tensor X0, Tensor Timesteps, Tensor Epsilon, Tensor? Weights, Tensor? Classes);

    private void Begin(int batch, WeightUpdate update, Func<int, int, Share> prepare)
    {
        using var scope = NewDisposeScope();
        _executor.Take(State.Weights, withGradient: true);
        var parts = BatchShares.Of(batch, (batch - 1) / _executor.ShareSize(batch) + 1);
        while (_gradients.Count < parts.Count)
        {
            _gradients.Add(zeros(_network.Layout.Count, _network.Type, _network.Device).DetachFromDisposeScope());
        }

        var losses = _replicas.Map(parts.Count, number =>
        {
            using var own = NewDisposeScope(); // the thread has none yet
            var (x0, t, epsilon, weights, classes) = prepare(parts[number].First, parts[number].Count);
            var xt = (_a[t] * x0).Plus(_sigma[t] * epsilon);
            var target = (_targetOfImage[t] * x0).Plus(_targetOfNoise[t] * epsilon);
            return _executor.Gradient(xt, t, target, weights, batch, _gradients[number].zero_(), classes).DetachFromDisposeScope();
        });
        var norm = _update.Apply(State, _gradients[..parts.Count], update);
        State = State with { Updates = State.Updates + 1 };
        _found.Add(stack([.. losses, norm]).DetachFromDisposeScope());
        foreach (var loss in losses)
        {
            loss.Dispose();
        }
    }

    /// <summary>The step's images in [−1, 1], N×C×H×W.</summary>
    private Tensor Images(TrainingStep step)
    {
        var places = tensor(step.Images.Map(image => (long)image).ToArray()).to(_network.Device);
        var levels = _images.index_select(0, places);
        var images = _valueOfLevel.index_select(0, levels.reshape(-1).to(int32)).reshape(levels.shape);
        return step.Flipped.Exists(flipped => flipped)
            ? where(tensor(step.Flipped.ToArray(), [step.Flipped.Count, 1, 1, 1]).to(_network.Device), images.flip(3), images)
            : images;
    }

    /// <summary>The class of each of the step's images, or the one that stands for none.</summary>
    private Tensor? Classes(TrainingStep step) => _network.Config.Classes == 0
        ? null
        : tensor(step.Images.Map((place, image) => step.Unlabelled[place] ? _network.Config.Classes : (long)_labels.Span[image]).ToArray()).to(_network.Device);

    private Tensor Noise(TrainingStep step, long[] shape)
    {
        var noise = empty(shape, float32);
        step.FillNoise(MemoryMarshal.Cast<byte, float>(noise.bytes));
        return noise.to(_network.Type).to(_network.Device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        State.Dispose();
        _executor.Dispose();
        foreach (var tensor in (Tensor[])[.. _gradients, .. _found, _images, _valueOfLevel, _a, _sigma, _targetOfImage, _targetOfNoise])
        {
            tensor.Dispose();
        }
    }
}

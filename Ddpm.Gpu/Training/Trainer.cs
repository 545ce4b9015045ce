using System.Runtime.InteropServices;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Training;

/// <summary>Makes training steps. The plan decides what a step is: its images, timesteps, noise and learning rate.</summary>
public sealed class Trainer : IDisposable
{
    private readonly UNet _network;
    private readonly ImageSet _source;
    private readonly ReadOnlyMemory<byte> _labels; // none where the network knows no classes
    private readonly Tensor _images, _valueOfLevel, _a, _sigma, _targetOfImage, _targetOfNoise;
    private readonly GradientDescent _descent;
    private readonly LearnedVariance? _variance; // none where the network learns none
    private readonly List<Tensor> _pending = []; // for each step whose outcome is not fetched yet: the loss of each share, and the norm of the gradient
    private readonly Replicas _replicas;
    private readonly RankGroup _ranks;
    private readonly bool _drops; // whether the network has dropout

    /// <summary>Moves the images and the schedule's tables to the network's device.</summary>
    /// <param name="network">The network to train.</param>
    /// <param name="model">Its schedule and what it predicts.</param>
    /// <param name="images">N×H×W×C bytes.</param>
    /// <param name="state">Where training stands. The trainer owns it from here on.</param>
    /// <param name="replicas">The threads that compute the shares of a batch. Their number changes no bit.</param>
    /// <param name="executor">Computes the network. The trainer owns it from here on. Null for the device's usual one.</param>
    /// <param name="accumulate">
    /// In how many parts a GPU computes each batch, one after another, to need less memory; ≥ 1. Processors use parts of 16 images.
    /// </param>
    public Trainer(
        UNet network, DiffusionModel model, ImageSet images, TrainingState state, Replicas replicas, INetworkExecutor? executor = null, int accumulate = 1)
        : this(network, model, images, state, replicas, executor, update: null, accumulate)
    {
    }

    /// <summary>
    /// A trainer that updates the weights by <paramref name="update"/> (null for the device's usual way), together with the processes of
    /// <paramref name="ranks"/> (null for this one alone). Every rank has to make the same steps.
    /// </summary>
    internal Trainer(
        UNet network, DiffusionModel model, ImageSet images, TrainingState state, Replicas replicas, INetworkExecutor? executor, IWeightUpdate? update,
        int accumulate = 1, RankGroup? ranks = null)
    {
        (_network, _replicas, _source, _drops) = (network, replicas, images, network.Config.HasDropout);
        _ranks = ranks ?? RankGroup.Alone;
        _labels = network.Config.Classes == 0
            ? default
            : images.Labels.IfNone(() => throw new ArgumentException("the network needs classes, and the images have none", nameof(images)));
        _variance = network.Config.LearnsVariance && model.Schedule is VariancePreservingSchedule chain ? LearnedVariance.Of(chain, model.Prediction) : null;
        _descent = new(network, state, replicas, executor, update, _variance, accumulate, ranks);
        using var scope = NewDisposeScope();
        _images = tensor(images.Pixels.ToArray(), [images.Count, images.Height, images.Width, images.Channels], ScalarType.Byte)
            .to(network.Device).permute(0, 3, 1, 2).DetachFromDisposeScope();

        _valueOfLevel = tensor(PixelScale.ModelValues.ToArray(), network.Type).to(network.Device).DetachFromDisposeScope();

        Tensor Table(Func<NoiseLevel, double> entry) =>
            tensor(model.Schedule.Levels.Map(entry).ToArray(), network.Type).to(network.Device).reshape(-1, 1, 1, 1).DetachFromDisposeScope();
        // What the network sees of x_t: its input factor times (a, σ).
        (_a, _sigma) = (
            Table(level => model.Prediction.InputScale(level) * level.A), Table(level => model.Prediction.InputScale(level) * level.Sigma));
        (_targetOfImage, _targetOfNoise) = (Table(level => model.Prediction.Target(level).First), Table(level => model.Prediction.Target(level).Second));
    }

    /// <summary>Where training stands.</summary>
    public TrainingState State
    {
        get => _descent.State;
        private set => _descent.State = value;
    }

    /// <summary>
    /// The training loop: makes the steps of a run in their order, and yields each with its outcome. Asking for an outcome waits for the device, so a GPU makes
    /// several steps before their outcomes are fetched together. <see cref="State"/> may then be ahead of the yielded step.
    /// </summary>
    /// <param name="plan">The run.</param>
    /// <param name="from">The first step, counted from 0.</param>
    /// <param name="stop">
    /// Ends the loop after a step at which <see cref="State"/> and the yielded steps agree. Of several ranks rank 0 alone decides: if it leaves the loop, the
    /// others wait until it ends the common work.
    /// </param>
    /// <param name="ahead">
    /// How many steps are made before their outcomes are fetched; null for the device's usual number. With importance sampling it is always 1, because the
    /// losses of a step decide the next.
    /// </param>
    /// <param name="fetchAfter">Whether <see cref="State"/> must not be ahead of this number of steps made. It never is at the end of an epoch.</param>
    public IEnumerable<(TrainingStep Step, StepOutcome Outcome)> Train(
        TrainingPlan plan, int from, CancellationToken stop, int? ahead = null, Func<int, bool>? fetchAfter = null)
    {
        var needsOutcomes = plan.Config.TimestepSampling == TimestepSampling.Importance;
        var most = needsOutcomes ? 1 : ahead ?? ComputeDevice.StepsAhead(_network.Device);
        var made = new List<TrainingStep>();
        for (var (epoch, first) = Math.DivRem(from, plan.Steps.PerEpoch); epoch < plan.Config.Options.Epochs; (epoch, first) = (epoch + 1, 0))
        {
            var steps = plan.Epoch(epoch);
            for (var k = first; k < plan.Steps.PerEpoch; k++)
            {
                if (made.Count == 0 && ((_ranks.Leads && stop.IsCancellationRequested) || !_ranks.GoesOn()))
                {
                    yield break;
                }

                var step = steps.Step(k, Optional(State.History));
                Begin(step);
                made.Add(step);
                if (made.Count < most && k + 1 < plan.Steps.PerEpoch && fetchAfter?.Invoke(step.Number + 1) != true)
                {
                    continue;
                }

                foreach (var (finished, outcome) in made.Zip(Outcomes()))
                {
                    yield return (finished, outcome);
                }

                made.Clear();
            }
        }
    }

    /// <summary>Makes a step without waiting for its outcome. A batch is computed in shares, so that several threads can work on it.</summary>
    private void Begin(TrainingStep step)
    {
        var importance = step.Importance.Map(factors => new ImportanceFactors(factors.ToArray(), new double[factors.Count]));
        MakeStep(step.Images.Count, step.Update, (first, count) =>
        {
            var share = step.Share(first, count);
            var x0 = Images(share);
            return new(
                x0, share.Timesteps.ToArray(), Noise(share, x0.shape), Weights(share), Classes(share),
                importance.Map(whole => whole.Share(first, count)).ToNullable(), _drops ? share.Dropout.ToArray() : default,
                share.Augmentations.Map(changes => changes.Bind(change => change.Labels).ToArray()).IfNone([]));
        }, importance.Map(sampled => sampled.Losses).IfNone(default(Memory<double>)));
        importance.Iter(sampled =>
            State = State with { History = (State.History ?? TimestepHistory.Start(_network.Config.Timesteps)).With(step.Timesteps, sampled.Losses.Span) });
    }

    /// <summary>
    /// One training step (Ho et al. 2020, algorithm 1): it makes x_t = a·x_0 + σ·ε, scales it for the network, measures the network's error
    /// against its target, computes the gradient, and updates the weights. If the network learns the variance, the loss of it is added.
    /// </summary>
    private void MakeStep(int batch, WeightUpdate update, Func<int, int, Share> prepare, Memory<double> ofImages = default)
    {
        _pending.Add(_descent.Step(batch, update, (first, count) =>
        {
            var (x0, timesteps, epsilon, weights, classes, importance, dropout, augmentation) = prepare(first, count);
            var t = timesteps.ToTensor(_network.Device);
            var seen = (_a[t] * x0).Plus(_sigma[t] * epsilon);
            var target = (_targetOfImage[t] * x0).Plus(_targetOfNoise[t] * epsilon);
            return new(seen, timesteps, target, weights, classes, importance, dropout, augmentation);
        }, ofImages));
    }

    /// <summary>
    /// The mean loss on held-out images with the weights that sampling uses. It changes nothing. Each image is computed in the same share whatever the batch
    /// size of the run and the number of threads and ranks, and the losses are added in the images' order. All ranks have to ask.
    /// </summary>
    /// <param name="plan">Which images, with which timesteps and noise.</param>
    /// <param name="images">The images that it numbers, of the network's size, with classes if the network knows classes.</param>
    public double HeldOutLoss(HeldOutPlan plan, ImageSet images)
    {
        _descent.Executor.Take(State.Sampled, withGradient: false);
        var (count, most) = (plan.Images.Count, ComputeDevice.MicroBatch(_network.Device));
        var shares = (count - 1) / most + 1;
        (int First, int Count) Part(int rank)
        {
            var (first, those) = RankedSum.Terms(shares, rank, _ranks.Size);
            return (Math.Min(count, first * most), Math.Min(count, (first + those) * most) - Math.Min(count, first * most));
        }

        var losses = new double[count];
        var mine = RankedSum.Terms(shares, _ranks.Rank, _ranks.Size);
        _replicas.ForEach(mine.Count, number =>
        {
            var first = (mine.First + number) * most;
            HeldOutLosses(plan, images, first, Math.Min(most, count - first)).CopyTo(losses, first);
        });
        _ranks.Complete(losses, Part);
        return losses.Sum() / count;
    }

    /// <summary>The weighted loss of each of some held-out images.</summary>
    private double[] HeldOutLosses(HeldOutPlan plan, ImageSet images, int first, int count)
    {
        using var still = no_grad(); // of this thread, as is the scope
        using var scope = NewDisposeScope();
        int[] places = [.. plan.Images.Skip(first).Take(count)];
        ReadOnlyMemory<int> timesteps = plan.Timesteps.Skip(first).Take(count).ToArray();
        long[] shape = [count, images.Channels, images.Height, images.Width];
        Tensor OnDevice(float[] numbers) => tensor(numbers, shape, float32).to(_network.Type).to(_network.Device);
        var noise = new float[count * images.Channels * images.Height * images.Width];
        plan.FillNoise(first, count, noise);
        var (x0, epsilon) = (OnDevice([.. places.SelectMany(image => images.ToModel(image, 1))]), OnDevice(noise));
        var classes = _network.Config.Classes == 0
            ? default
            : images.Labels.Map(labels => places.Select(image => (int)labels.Span[image]).ToArray())
                .IfNone(() => throw new ArgumentException("the network needs classes, and the images have none", nameof(images)));
        var at = timesteps.ToTensor(_network.Device);
        var seen = (_a[at] * x0).Plus(_sigma[at] * epsilon);
        var target = (_targetOfImage[at] * x0).Plus(_targetOfNoise[at] * epsilon);
        var (output, fraction) = _network.Split(_descent.Executor.Forward(seen, timesteps, classes));
        var (given, wanted, found) = (Numbers(seen), Numbers(target), Numbers(output));
        var learned = fraction.Map(Numbers).IfNone([]);
        var pixels = wanted.Length / count;
        return [.. Enumerable.Range(0, count).Select(image =>
        {
            var (errors, nats, t) = (0.0, 0.0, timesteps.Span[image]);
            for (var i = image * pixels; i < (image + 1) * pixels; i++)
            {
                errors += (found[i] - wanted[i]) * (found[i] - wanted[i]);
                nats += _variance?.Terms[t].Of(given[i], wanted[i], found[i], learned[i]).Nats ?? 0;
            }

            return (plan.Weights[first + image] * errors + (_variance?.LossWeight ?? 0) * nats) / pixels;
        })];
    }

    private static double[] Numbers(Tensor tensor) => tensor.to(float64).contiguous().cpu().data<double>().ToArray();

    /// <summary>One training step and its outcome.</summary>
    public StepOutcome Step(TrainingStep step)
    {
        Begin(step);
        return Outcomes()[^1];
    }

    /// <summary>One training step from given images, timesteps and noise.</summary>
    /// <param name="x0">Images, N×C×H×W.</param>
    /// <param name="timesteps">Their timesteps, N numbers in [0, T).</param>
    /// <param name="epsilon">Their noise, N×C×H×W.</param>
    /// <param name="learningRate">The learning rate.</param>
    public StepOutcome Step(Tensor x0, ReadOnlyMemory<int> timesteps, Tensor epsilon, double learningRate)
    {
        MakeStep((int)x0.shape[0], new WeightUpdate(learningRate), (first, count) =>
            new(x0.narrow(0, first, count), timesteps.Slice(first, count), epsilon.narrow(0, first, count)));
        return Outcomes()[^1];
    }

    /// <summary>The outcomes of the steps since the last call, in their order, fetched from the device together.</summary>
    private List<StepOutcome> Outcomes()
    {
        using var scope = NewDisposeScope();
        var numbers = cat([.. _pending]).cpu().data<double>().ToArray();
        var (outcomes, next) = (new List<StepOutcome>(), 0);
        foreach (var pending in _pending)
        {
            var losses = (int)pending.shape[0] - 1;
            outcomes.Add(new(numbers[next..(next + losses)].Sum(), numbers[next + losses]));
            next += losses + 1;
            pending.Dispose();
        }

        _pending.Clear();
        return outcomes;
    }

    /// <summary>Some of a batch's images, and what belongs to each.</summary>
    private readonly record struct Share(
        Tensor X0, ReadOnlyMemory<int> Timesteps, Tensor Epsilon, Tensor? Weights = null, ReadOnlyMemory<int> Classes = default,
        ImportanceFactors? Importance = null, ReadOnlyMemory<Draws> Dropout = default, ReadOnlyMemory<double> Augmentation = default);

    /// <summary>The step's images in [−1, 1], N×C×H×W, changed as the step says.</summary>
    private Tensor Images(TrainingStep step) => step.Augmentations.Match(changes => Changed(step, changes), () => Mirrored(step));

    /// <summary>Images are changed by the processor, so that they are the same bits on every device.</summary>
    private Tensor Changed(TrainingStep step, Arr<GeometricAugmentation> changes)
    {
        var (height, width, each) = (_source.Height, _source.Width, _source.Height * _source.Width * _source.Channels);
        var values = new float[step.Images.Count * each];
        for (var place = 0; place < step.Images.Count; place++)
        {
            var map = (step.Flipped[place] ? AffineMap.Scaling(-1, 1) : AffineMap.Identity).Then(changes[place].Map(height, width));
            map.Apply(_source.ToModel(step.Images[place], 1), height, width, values.AsSpan(place * each, each));
        }

        return tensor(values, [step.Images.Count, _source.Channels, height, width], float32).to(_network.Type).to(_network.Device);
    }

    private Tensor Mirrored(TrainingStep step)
    {
        var places = tensor(step.Images.Map(image => (long)image).ToArray()).to(_network.Device);
        var levels = _images[places];
        var images = _valueOfLevel[levels.to(int64)];
        return step.Flipped.Exists(flipped => flipped)
            ? where(tensor(step.Flipped.ToArray(), [step.Flipped.Count, 1, 1, 1]).to(_network.Device), images.flip(3), images)
            : images;
    }

    /// <summary>The class of each of the step's images, K where it is withheld; none where the network knows no classes.</summary>
    private ReadOnlyMemory<int> Classes(TrainingStep step) => _network.Config.Classes == 0
        ? default
        : step.Images.Map((place, image) => step.Unlabelled[place] ? _network.Config.Classes : _labels.Span[image]).ToArray();

    /// <summary>How much the error of each of the step's images counts; null where all count 1.</summary>
    private Tensor? Weights(TrainingStep step) => step.Weights.ForAll(weight => weight == 1)
        ? null
        : tensor(step.Weights.ToArray(), _network.Type).to(_network.Device);

    private Tensor Noise(TrainingStep step, long[] shape)
    {
        var noise = empty(shape, float32);
        step.FillNoise(MemoryMarshal.Cast<byte, float>(noise.bytes));
        return noise.to(_network.Type).to(_network.Device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _descent.Dispose();
        foreach (var tensor in (Tensor[])[.. _pending, _images, _valueOfLevel, _a, _sigma, _targetOfImage, _targetOfNoise])
        {
            tensor.Dispose();
        }
    }
}

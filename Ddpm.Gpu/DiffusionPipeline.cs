using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Pretrained;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu;

/// <summary>
/// Training and sampling for your own program, without files or a command line. A model is trained, or comes with the library (<see cref="Pretrained"/>). The
/// same options, images and seed give the same weights as the `train` of Ddpm.Host, bit by bit. Samples use the moving average of the weights if the run keeps
/// one, else the last weights (`sample` then takes the checkpoint with the lowest loss). They are always on the fixed scale.
/// </summary>
public sealed class DiffusionPipeline : IDisposable
{
    private readonly UNet _network;
    private readonly Tensor _theta;
    private readonly Option<Tensor> _past;
    private readonly DiffusionModel _model;
    private readonly SamplingOptions _usual;

    private DiffusionPipeline(UNet network, Tensor theta, Option<Tensor> past, DiffusionModel model, SamplingOptions usual) =>
        (_network, _theta, _past, _model, _usual) = (network, theta, past, model, usual);

    /// <summary>Trains a model, from its first step to its last.</summary>
    /// <param name="options">What to train; the default is the preset "best", as in `train`. <see cref="TrainingOptions.Of"/> gives other presets.</param>
    /// <param name="images">
    /// The training images: N×H×W×C bytes, N ≥ 1, H and W from 12 to 256 and divisible by 4, C 1 or 3. Conditional training needs their labels.
    /// </param>
    /// <param name="device">Where; null for <see cref="ComputeDevice.Usual"/>.</param>
    /// <param name="progress">Receives, after every step, the steps made, the number of steps, and the step's loss.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>The model; or every fault of the options and the images; or that a loss is no number; or <see cref="Errors.Cancelled"/>.</returns>
    public static Fin<DiffusionPipeline> Train(
        TrainingOptions options, ImageSet images, Device? device = null, Action<int, int, double>? progress = null, CancellationToken stop = default) =>
        from config in TrainingConfig.Of(options, images.Size, images.Channels, images.Classes).ToFin()
        let wanted = images.Take(options.Limit ?? images.Count)
        from plan in TrainingPlan.Of(config, wanted.Count).ToFin()
        from trained in Train(plan, wanted, device ?? ComputeDevice.Usual, progress, stop)
        select trained;

    /// <summary>Opens a trained model that comes with the library. Its samples are those of `sample --pretrained`, bit by bit.</summary>
    /// <param name="name">The model: fashion-mnist, or fashion-mnist-by-class, whose images have classes.</param>
    /// <param name="device">Where; null for <see cref="ComputeDevice.Usual"/>.</param>
    /// <returns>The model; or that there is none of this name.</returns>
    public static Fin<DiffusionPipeline> Pretrained(string name = "fashion-mnist", Device? device = null) =>
        from model in PretrainedModel.All.Find("name", name).ToFin()
        from checkpoints in model.Checkpoints.Map(Safetensors.Read).Sequence()
        from opened in Open(checkpoints, device ?? ComputeDevice.Usual)
        select opened;

    /// <summary>Generates images.</summary>
    /// <param name="count">How many, ≥ 1; their numbers have to fit into one array.</param>
    /// <param name="seed">The seed of their noise: image i of a seed is always the same.</param>
    /// <param name="sampling">How; null for the run's usual way, as `sample` does. The only guide is <see cref="Preset.PastGuide"/>.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>
    /// Bytes N×H×W×C, on the fixed scale, with their classes where the model knows any; or every fault of the request; or <see cref="Errors.Cancelled"/>.
    /// </returns>
    public Fin<ImageSet> Sample(int count, ulong seed = 1, SamplingOptions? sampling = null, CancellationToken stop = default)
    {
        var (size, channels, classes) = (_network.Config.ImageSize, _network.Config.ImageChannels, _network.Config.Classes);
        var condition = classes == 0 ? Validation<Error, Option<ClassCondition>>.Success(None) : ClassCondition.Of(classes, None).Map(Some);
        var asked = sampling ?? _usual;
        var compiled = (_model.SamplingWith(asked), asked.Guidance(classes), CheckGuide(asked)).Apply((completed, _, _) => completed)
            .Bind(completed => completed.Compile(_model.Schedule, _model.Prediction, _model.Preset.ClipSample));
        var wanted = (compiled, condition, _network.Config.CountOfImages("count", count)).Apply((plan, known, _) => (Plan: plan, Known: known));
        var trained = new TrainedNetwork(_network, _theta, _past.Map(past => new TrainedNetwork(_network, past)));
        ReadOnlyMemory<byte> Labels(ClassCondition known) => Enumerable.Range(0, count).Select(image => (byte)known.ClassOf(image)).ToArray();
        return from request in wanted.ToFin()
               from moments in new ImageSampler(trained, request.Plan).Sample(new(seed, 0, count, count, request.Known), [], (_, _) => { }, stop)
               let levels = moments[^1].ToLevels(new PixelScale.Fixed())
               from made in ImageSet.Of(count, size.Height, size.Width, channels, levels, request.Known.Map(Labels)).ToFin()
               select made;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _theta.Dispose();
        _past.Iter(past => past.Dispose());
        _network.Dispose();
    }

    private Validation<Error, Unit> CheckGuide(SamplingOptions sampling) => sampling.Guide is not { } name || (name == Preset.PastGuide && _past.IsSome)
        ? Validation<Error, Unit>.Success(unit)
        : Check.Fail<Unit>("guide", name, $"must be {Preset.PastGuide}, in a run that trains beyond its guide's epoch");

    /// <summary>Opens the last of some checkpoints of a run. The one before it, if any, is the guide.</summary>
    private static Fin<DiffusionPipeline> Open(Seq<SafetensorsFile> checkpoints, Device device) =>
        from header in Checkpoint.Header(checkpoints.Last)
        from config in header.Config.ToFin()
        from network in Checkpoint.Network(checkpoints.Last, config.Model.Network, device)
        from weights in checkpoints.Map(checkpoint => Checkpoint.LoadWeights(checkpoint, network)).Sequence()
        let past = weights.Count > 1 ? Some(weights[^2]) : None
        select new DiffusionPipeline(network, weights.Last, past, config.Model, UsualSampling(config, past));

    private static SamplingOptions UsualSampling(TrainingConfig config, Option<Tensor> past) =>
        past.IsSome ? config.Model.UsualSamplingAfter(config.Options.Epochs) : config.Model.UsualSampling;

    private static Fin<DiffusionPipeline> Train(TrainingPlan plan, ImageSet images, Device device, Action<int, int, double>? progress, CancellationToken stop)
    {
        var config = plan.Config;
        var network = new UNet(config.Model.Network, ScalarType.Float32, device);
        using var trainer = new Trainer(
            network, config.Model, images, TrainingState.Initial(network, config.Options.Seed, config.Average.IsSome), Replicas.For(device),
            ComputeDevice.Executor(network, config.Precision));
        var made = 0;
        var past = Option<Tensor>.None;
        var guideStep = config.Model.Preset.GuideEpoch(config.Options.Epochs) * plan.Steps.PerEpoch;
        foreach (var (step, outcome) in trainer.Train(plan, from: 0, stop))
        {
            if (!outcome.IsFinite)
            {
                past.Iter(weights => weights.Dispose());
                network.Dispose();
                return Error.New(FormattableString.Invariant($"the loss of step {step.Number} is not a number: try a lower learning rate or a clip norm"));
            }

            made = step.Number + 1;
            if (made == guideStep && made < plan.Steps.Total)
            {
                past = trainer.State.Sampled.clone().DetachFromDisposeScope();
            }

            progress?.Invoke(made, plan.Steps.Total, outcome.Loss);
        }

        if (made < plan.Steps.Total)
        {
            past.Iter(weights => weights.Dispose());
            network.Dispose();
            return Errors.Cancelled;
        }

        return new DiffusionPipeline(
            network, trainer.State.Sampled.clone().DetachFromDisposeScope(), past, config.Model, UsualSampling(config, past));
    }
}

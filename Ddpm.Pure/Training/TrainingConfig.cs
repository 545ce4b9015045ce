using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Training;

/// <summary>A model: what is needed to sample from trained weights.</summary>
/// <param name="Network">The network.</param>
/// <param name="Schedule">The noise schedule; as many steps as the network's embedding has rows.</param>
/// <param name="Prediction">What the network predicts.</param>
/// <param name="Preset">How its samples are made and shown by default.</param>
public sealed record DiffusionModel(UNetConfig Network, NoiseSchedule Schedule, Prediction Prediction, Preset Preset)
{
    /// <summary>
    /// The default way to sample: the preset's for this prediction, capped at the steps that the schedule has. If that has no plan on this schedule, all steps
    /// of ddpm.
    /// </summary>
    public SamplingOptions UsualSampling
    {
        get
        {
            var preset = Preset.SamplingOf(Prediction);
            var wanted = preset.SamplingSteps is { } steps ? preset with { SamplingSteps = Math.Min(steps, preset.MostStepsOn(Schedule)) } : preset;
            return WithVariance(wanted.Compile(Schedule, Prediction, Preset.ClipSample).Bind(plan => plan.InFloat32()).IsSuccess ? wanted : new());
        }
    }

    /// <summary>Completes a user's sampling options for this model.</summary>
    /// <param name="options">The options. If they ask for ddpm and name no variance, a network that learns the variance decides it.</param>
    /// <returns>The options; or an error if they ask for a learned variance, and the network learns none.</returns>
    public Validation<Error, SamplingOptions> SamplingWith(SamplingOptions options) =>
        options.Variance == Ancestral.LearnedName && !Network.LearnsVariance
            ? Check.Fail<SamplingOptions>("variance", options.Variance, "needs a run that was trained with --learn-variance")
            : WithVariance(options);

    private SamplingOptions WithVariance(SamplingOptions options) =>
        Network.LearnsVariance && options.Variance is null && options.Sampler == new Ancestral().Name
            ? options with { Variance = Ancestral.LearnedName }
            : options;
}

/// <summary>A training run, checked: nothing downstream checks again.</summary>
public sealed record TrainingConfig
{
    private TrainingConfig(
        TrainingOptions options, DiffusionModel model, LossWeighting lossWeighting, Precision precision, TimestepSampling timestepSampling,
        Option<ExponentialMovingAverage> average) =>
        (Options, Model, LossWeighting, Precision, TimestepSampling, Average) = (options, model, lossWeighting, precision, timestepSampling, average);

    /// <summary>The options as the user gave them.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The model to train.</summary>
    public DiffusionModel Model { get; }

    /// <summary>The name of the network: the preset's, unless the user chose another.</summary>
    public string NetworkName => Options.Network ?? Model.Preset.Network;

    /// <summary>The name of the timestep embedding.</summary>
    public string EmbeddingName => Choices.Embeddings.First(choice => choice.Item2 == Model.Network.Embedding).Item1;

    /// <summary>The weight of each noise level in the loss.</summary>
    public LossWeighting LossWeighting { get; }

    /// <summary>The number format of the network.</summary>
    public Precision Precision { get; }

    /// <summary>How timesteps are drawn.</summary>
    public TimestepSampling TimestepSampling { get; }

    /// <summary>The moving average of the weights that samples are made with; none to sample with the weights themselves.</summary>
    public Option<ExponentialMovingAverage> Average { get; }

    /// <summary>
    /// The longest schedule. Measured with the standard network: a checkpoint takes 400 bytes a step, 10 MB in all; training takes some 20 MB more than with a
    /// thousand steps, and so does a plan of all steps. Runs of earlier versions with more steps are refused.
    /// </summary>
    public const int MostSteps = 10_000;

    /// <summary>The noise schedule that options describe.</summary>
    /// <param name="options">The options; only those of the schedule are read.</param>
    /// <returns>The schedule, or what is wrong.</returns>
    public static Validation<Error, NoiseSchedule> ScheduleOf(TrainingOptions options) =>
        Check.That("steps", options.Steps, options.Steps <= MostSteps, Invariant($"must be at most {MostSteps}"))
            .Bind(_ => NoiseSchedule.Families.Find("schedule", options.Schedule))
            .Bind(family => family.Build(new(options.Steps, options.MinBeta, options.MaxBeta, options.CosineOffset)))
            .Map(built => options.ZeroTerminalSnr ? built.WithZeroTerminalSnr() : built);

    /// <summary>Checks everything that can be checked without data.</summary>
    /// <param name="options">The options as the user gave them.</param>
    /// <param name="imageSize">Height and width of the images.</param>
    /// <param name="imageChannels">Their channels.</param>
    /// <param name="classes">The number of classes; 0 for images without labels.</param>
    /// <returns>The configuration, or every fault at once.</returns>
    public static Validation<Error, TrainingConfig> Of(TrainingOptions options, int imageSize, int imageChannels, int classes = 0)
    {
        var preset = Choices.Presets.Find("preset", options.Preset);
        var schedule = ScheduleOf(options);
        var network = NetworkOf(options, preset.Match(found => found.Network, _ => Preset.Standard.Network), imageSize, imageChannels, classes);
        var model = (preset, Choices.Predictions.Find("prediction", options.Prediction), schedule, network)
            .Apply((chosen, prediction, levels, layers) => new DiffusionModel(layers, levels, prediction, chosen));
        var training = (
                Choices.LossWeightings.Find("loss-weight", options.LossWeight).Bind(build => build(options)),
                Choices.Precisions.Find("precision", options.Precision),
                Choices.TimestepSamplings.Find("timestep-sampling", options.TimestepSampling),
                Optional(options.EmaDecay).Map(ExponentialMovingAverage.Of).Sequence())
            .Apply((weights, precision, timesteps, average) => (weights, precision, timesteps, average));
        var rest = (
                CheckOwners(options),
                CheckZeroTerminalSnr(options),
                schedule.Match(levels => CheckLevels(options, levels), _ => unit),
                Choices.LearningRates.Find("learning-rate-schedule", options.LearningRateSchedule),
                Check.That("conditional", options.Conditional, !options.Conditional || classes >= 2, "needs images with labels of at least two classes"),
                TrainingOption.CheckRanges(options))
            .Apply((_, _, _, _, _, _) => unit);
        return (model, training, rest).Apply((built, how, _) =>
            new TrainingConfig(options, built, how.weights, how.precision, how.timesteps, how.average));
    }

    /// <summary>The network. The schedule reports a wrong number of steps, so the network is built with one that it accepts.</summary>
    private static Validation<Error, UNetConfig> NetworkOf(TrainingOptions options, string presetNetwork, int imageSize, int imageChannels, int classes)
    {
        var steps = Math.Clamp(options.Steps, 1, MostSteps);
        var network = Choices.Networks.Find("network", options.Network ?? presetNetwork)
            .Bind(family => UNetConfig.Of(family, imageSize, imageChannels, steps, options.Conditional ? classes : 0, options.Width));
        var learning = network.Map(built => built with { LearnsVariance = options.LearnVariance });
        return options.Embedding is { } name
            ? learning.Bind(built => Choices.Embeddings.Find("embedding", name).Map(embedding => built with { Embedding = embedding }))
            : learning;
    }

    /// <summary>Refuses numbers of one schedule, or of one loss weighting, that are given with another.</summary>
    private static Validation<Error, Unit> CheckOwners(TrainingOptions options)
    {
        Validation<Error, Unit> OfSchedule(string name, double? value)
        {
            string[] owners = [.. NoiseSchedule.Families.Where(row => row.Value.Options.Contains(name)).Select(row => row.Name)];
            return BelongsTo($"the schedule{(owners.Length > 1 ? "s" : "")} {string.Join(", ", owners)}", name, value, owners.Contains(options.Schedule));
        }

        return (
                OfSchedule("min-beta", options.MinBeta),
                OfSchedule("max-beta", options.MaxBeta),
                OfSchedule("cosine-offset", options.CosineOffset),
                BelongsTo("the loss weight min-snr", "min-snr-gamma", options.MinSnrGamma, options.LossWeight == "min-snr"))
            .Apply((_, _, _, _) => unit);
    }

    private static Validation<Error, Unit> BelongsTo(string owners, string name, double? value, bool isUsed) =>
        value is null || isUsed ? unit : Check.Fail<Unit>(name, Invariant($"{value}"), $"works only with {owners}");

    /// <summary>At ᾱ = 0, an ε-prediction does not determine the image.</summary>
    private static Validation<Error, Unit> CheckZeroTerminalSnr(TrainingOptions options) => options.ZeroTerminalSnr && !HasImageAtPureNoise(options)
        ? Check.Fail<Unit>(
            "prediction", options.Prediction,
            $"must be {Prediction.NamesWhere(AtPureNoise)} with zero-terminal-snr (at ᾱ = 0, {options.Prediction} does not determine the image)")
        : unit;

    private static bool AtPureNoise(Prediction prediction) => prediction.HasCleanImageAt(new(double.NegativeInfinity));

    /// <summary>Whether a prediction determines the image where none is left. An unknown name is reported elsewhere.</summary>
    private static bool HasImageAtPureNoise(TrainingOptions options) => Prediction.All.Find(options.Prediction).Map(AtPureNoise).IfNone(true);

    /// <summary>Refuses schedules on which training or sampling would divide by zero.</summary>
    private static Validation<Error, Unit> CheckLevels(TrainingOptions options, NoiseSchedule levels) =>
        (CheckEstimate(options, levels[levels.Steps - 1]), CheckNoise(options, levels)).Apply((_, _) => unit);

    /// <summary>With an ε-prediction, the estimate of the image divides by a in float32.</summary>
    private static Validation<Error, Unit> CheckEstimate(TrainingOptions options, NoiseLevel last)
    {
        var divides = HasImageAtPureNoise(options) || options.ZeroTerminalSnr || float.IsFinite((float)(1 / last.A));
        return divides
            ? unit
            : Check.Fail<Unit>("prediction", options.Prediction,
                Invariant($"must be {Prediction.NamesWhere(AtPureNoise)} with a schedule that leaves only {last.A:G2} of the image ")
                + $"(there, {options.Prediction} does not determine it)");
    }

    /// <summary>Noise that float32 rounds to 0 is never seen in training, and samplers divide by it.</summary>
    private static Validation<Error, Unit> CheckNoise(TrainingOptions options, NoiseSchedule levels)
    {
        for (var t = 0; t < levels.Steps; t++)
        {
            var variance = levels[t].NoiseVariance;
            if ((float)variance == 0)
            {
                return Check.Fail<Unit>("schedule", options.Schedule, Invariant(
                    $"must add more noise (after timestep {t}, float32 rounds its variance 1 − ᾱ = {variance:G3} to 0)"));
            }
        }

        return unit;
    }
}

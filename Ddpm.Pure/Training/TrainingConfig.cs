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
/// <param name="Preset">How its samples are made and shown unless told otherwise.</param>
public sealed record DiffusionModel(UNetConfig Network, NoiseSchedule Schedule, Prediction Prediction, Preset Preset)
{
    /// <summary>How samples are made unless told otherwise: as the preset says for this prediction, with no more steps than there are; or by all of ddpm where that has no plan on this schedule.</summary>
    public SamplingOptions UsualSampling
    {
        get
        {
            var preset = Preset.SamplingOf(Prediction);
            var wanted = preset.SamplingSteps is { } steps ? preset with { SamplingSteps = Math.Min(steps, preset.MostStepsOn(Schedule)) } : preset;
            return wanted.Compile(Schedule, Prediction, Preset.ClipSample).Bind(plan => plan.InFloat32()).IsSuccess ? wanted : new();
        }
    }
}

/// <summary>A training run, checked: nothing downstream checks again.</summary>
public sealed record TrainingConfig
{
    private TrainingConfig(
        TrainingOptions options, DiffusionModel model, LossWeighting lossWeighting, Precision precision, TimestepSampling timestepSampling,
        Option<ExponentialMovingAverage> average) =>
        (Options, Model, LossWeighting, Precision, TimestepSampling, Average) = (options, model, lossWeighting, precision, timestepSampling, average);

    /// <summary>What the user said.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The model to train.</summary>
    public DiffusionModel Model { get; }

    /// <summary>The name of the network: the preset's, unless the user said another.</summary>
    public string NetworkName => Options.Network ?? Model.Preset.Network;

    /// <summary>The name of the embedding of timesteps.</summary>
    public string EmbeddingName => Choices.Embeddings.First(choice => choice.Item2 == Model.Network.Embedding).Item1;

    /// <summary>How much each noise level counts in the loss.</summary>
    public LossWeighting LossWeighting { get; }

    /// <summary>What the network computes in.</summary>
    public Precision Precision { get; }

    /// <summary>How timesteps are drawn.</summary>
    public TimestepSampling TimestepSampling { get; }

    /// <summary>The average of the weights that samples are made with, if it is not the weights themselves.</summary>
    public Option<ExponentialMovingAverage> Average { get; }

    /// <summary>
    /// The longest schedule. Measured with the standard network: a checkpoint takes 400 bytes a step, 10 MB in all; training takes some 20 MB more than with a
    /// thousand steps, and so does a plan of all steps. Runs of earlier versions with more steps are refused.
    /// </summary>
    public const int MostSteps = 10_000;

    /// <summary>The noise schedule of some options.</summary>
    /// <param name="options">Those of the schedule are read.</param>
    /// <returns>The schedule, or what is wrong.</returns>
    public static Validation<Error, NoiseSchedule> ScheduleOf(TrainingOptions options) =>
        Check.That("steps", options.Steps, options.Steps <= MostSteps, Invariant($"must be at most {MostSteps}"))
            .Bind(_ => NoiseSchedule.Families.Find("schedule", options.Schedule))
            .Bind(family => family.Build(new(options.Steps, options.MinBeta, options.MaxBeta, options.CosineOffset)))
            .Map(built => options.ZeroTerminalSnr ? built.WithZeroTerminalSnr() : built);

    /// <summary>Checks everything that can be checked without data.</summary>
    /// <param name="options">What the user said.</param>
    /// <param name="imageSize">Height and width of the images.</param>
    /// <param name="imageChannels">Their channels.</param>
    /// <param name="classes">How many classes their labels tell; 0 where they have none.</param>
    /// <returns>The configuration, or every fault at once.</returns>
    public static Validation<Error, TrainingConfig> From(TrainingOptions options, int imageSize, int imageChannels, int classes = 0)
    {
        var preset = Choices.Presets.Find("preset", options.Preset);
        var prediction = Choices.Predictions.Find("prediction", options.Prediction);
        var schedule = ScheduleOf(options);
        // An estimate of the image divides by a, in float32.
        Validation<Error, Unit> Divides(NoiseLevel last) => options.Prediction != "epsilon" || options.ZeroTerminalSnr || float.IsFinite((float)(1 / last.A))
            ? unit
            : Check.Fail<Unit>("prediction", options.Prediction, Invariant($"must be sample or velocity with a schedule that leaves no more than {last.A:G2} of an image, of which ε tells nothing"));
        // Noise that float32 rounds to nothing is never seen in training, and what samplers divide by it is no number.
        Validation<Error, Unit> Noises(NoiseSchedule levels) => levels.Levels.Map((t, level) => (Timestep: t, level.NoiseVariance))
            .Find(noise => (float)noise.NoiseVariance == 0)
            .Match(
                noise => Check.Fail<Unit>("schedule", options.Schedule, Invariant(
                    $"must add noise that float32 can hold: after timestep {noise.Timestep} its variance 1 − ᾱ is {noise.NoiseVariance:G3}, which is 0 there")),
                () => unit);
        Validation<Error, Unit> Belongs(string name, double? said, bool used, string owners) => said is not { } value || used
            ? unit
            : Check.Fail<Unit>(name, Invariant($"{value}"), $"belongs to {owners} alone");
        Validation<Error, Unit> OfSchedule(string name, double? given)
        {
            string[] owners = [.. NoiseSchedule.Families.Where(row => row.Value.Options.Contains(name)).Select(row => row.Name)];
            return Belongs(name, given, owners.Contains(options.Schedule), $"the schedule{(owners.Length > 1 ? "s" : "")} {string.Join(", ", owners)}");
        }

        var weighting = Choices.LossWeightings.Find("loss-weight", options.LossWeight).Bind(build => build(options));
        var precision = Choices.Precisions.Find("precision", options.Precision);
        var told = (options.ZeroTerminalSnr && options.Prediction == "epsilon"
                    ? Check.Fail<Unit>("prediction", options.Prediction, "must be sample or velocity with zero-terminal-snr, as ε tells nothing of an image at ᾱ = 0")
                    : unit,
                OfSchedule("min-beta", options.MinBeta), OfSchedule("max-beta", options.MaxBeta), OfSchedule("cosine-offset", options.CosineOffset),
                Belongs("min-snr-gamma", options.MinSnrGamma, options.LossWeight == "min-snr", "the loss weight min-snr"),
                schedule.Match(levels => (Divides(levels[levels.Steps - 1]), Noises(levels)).Apply((_, _) => unit), _ => unit))
            .Apply((_, _, _, _, _, _) => unit);
        // The count of steps is the schedule's to refuse; the network is given one that it accepts, so that no fault is told twice.
        var network = Choices.Networks.Find("network", options.Network ?? preset.Match(found => found.Network, _ => Preset.Standard.Network))
            .Bind(build => build(imageSize, imageChannels, Math.Clamp(options.Steps, 1, MostSteps), options.Conditional ? classes : 0, options.Width))
            .Bind(built => Optional(options.Embedding).Map(name => Choices.Embeddings.Find("embedding", name)).Sequence()
                .Map(named => named.Match(embedding => built with { Embedding = embedding }, () => built)));
        var inside = (weighting, precision, Choices.TimestepSamplings.Find("timestep-sampling", options.TimestepSampling),
                Optional(options.EmaDecay).Map(ExponentialMovingAverage.Of).Sequence())
            .Apply((weights, kind, timesteps, average) => (weights, kind, timesteps, average));
        var rates = (Choices.LearningRates.Find("learning-rate-schedule", options.LearningRateSchedule), Check.AtLeast("warm-up-steps", options.WarmUpSteps, 0),
                Check.That("weight-decay", options.WeightDecay, options.WeightDecay is >= 0 and < 1, "must lie in [0, 1)"))
            .Apply((_, _, _) => unit);
        var labels = (Check.That("conditional", options.Conditional, !options.Conditional || classes >= 2, "needs images with labels of at least two classes"),
                Check.That("label-dropout", options.LabelDropout, options.LabelDropout is >= 0 and < 1, "must lie in [0, 1)"))
            .Apply((_, _) => unit);
        var run = (Check.AtLeast("epochs", options.Epochs, 1), Check.AtLeast("batch-size", options.BatchSize, 1),
                Check.Inside("learning-rate", options.LearningRate, 0, 1),
                Check.That("limit", options.Limit ?? 1, options.Limit is null or >= 1, "must be at least 1"),
                Check.That("clip-norm", options.ClipNorm ?? 1, options.ClipNorm is null || (options.ClipNorm > 0 && double.IsFinite(options.ClipNorm.Value)), "must be a finite number above 0"))
            .Apply((_, _, _, _, _) => unit);
        return (preset, prediction, schedule, network, inside, told, (rates, labels, run).Apply((_, _, _) => unit)).Apply((chosen, predicted, levels, layers, how, _, _) =>
            new TrainingConfig(options, new(layers, levels, predicted, chosen), how.weights, how.kind, how.timesteps, how.average));
    }
}

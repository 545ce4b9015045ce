using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Networks;
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
public sealed record DiffusionModel(UNetConfig Network, NoiseSchedule Schedule, Prediction Prediction, Preset Preset);

/// <summary>A training run, checked: nothing downstream checks again.</summary>
public sealed record TrainingConfig
{
    private TrainingConfig(TrainingOptions options, DiffusionModel model, LossWeighting lossWeighting, Precision precision) =>
        (Options, Model, LossWeighting, Precision) = (options, model, lossWeighting, precision);

    /// <summary>What the user said.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The model to train.</summary>
    public DiffusionModel Model { get; }

    /// <summary>How much each noise level counts in the loss.</summary>
    public LossWeighting LossWeighting { get; }

    /// <summary>What the network computes in.</summary>
    public Precision Precision { get; }

    /// <summary>The longest schedule: its tables and the embedding of its timesteps take half a kilobyte a step.</summary>
    public const int MostSteps = 1_000_000;

    /// <summary>Checks everything that can be checked without data.</summary>
    /// <param name="options">What the user said.</param>
    /// <param name="imageSize">Height and width of the images.</param>
    /// <param name="imageChannels">Their channels.</param>
    /// <returns>The configuration, or every fault at once.</returns>
    public static Validation<Error, TrainingConfig> From(TrainingOptions options, int imageSize, int imageChannels)
    {
        var preset = Choices.Presets.Find("preset", options.Preset);
        var prediction = Choices.Predictions.Find("prediction", options.Prediction);
        var schedule = Check.That("steps", options.Steps, options.Steps <= MostSteps, Invariant($"must be at most {MostSteps}"))
            .Bind(_ => Choices.Schedules.Find("schedule", options.Schedule)).Bind(build => build(options))
            .Map(built => options.ZeroTerminalSnr ? built.WithZeroTerminalSnr() : built);
        var weighting = Choices.LossWeightings.Find("loss-weight", options.LossWeight);
        var precision = Choices.Precisions.Find("precision", options.Precision);
        var told = options.ZeroTerminalSnr && options.Prediction == "epsilon"
            ? Check.Fail<Unit>("prediction", options.Prediction, "must be sample or velocity with zero-terminal-snr, as ε tells nothing of an image at ᾱ = 0")
            : unit;
        // The count of steps is the schedule's to refuse; the network is given one that it accepts, so that no fault is told twice.
        var network = UNetConfig.Tutorial(imageSize, imageChannels, Math.Clamp(options.Steps, 1, MostSteps),
            preset.Match(found => found.Residual, _ => false));
        var run = (Check.AtLeast("epochs", options.Epochs, 1), Check.AtLeast("batch-size", options.BatchSize, 1),
                Check.Inside("learning-rate", options.LearningRate, 0, 1),
                Check.That("limit", options.Limit ?? 1, options.Limit is null or >= 1, "must be at least 1"),
                Check.That("clip-norm", options.ClipNorm ?? 1, options.ClipNorm is null || (options.ClipNorm > 0 && double.IsFinite(options.ClipNorm.Value)), "must be a finite number above 0"))
            .Apply((_, _, _, _, _) => unit);
        return (preset, prediction, schedule, network, (weighting, precision).Apply((weights, kind) => (weights, kind)), told, run).Apply((chosen, predicted, levels, layers, inside, _, _) =>
            new TrainingConfig(options, new(layers, levels, predicted, chosen), inside.weights, inside.kind));
    }
}

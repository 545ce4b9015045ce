using System.Text.Json;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Options;

/// <summary>
/// What a user may say about a training run, as they say it; the recipe's defaults are the tutorial's. It is what a run's receipt and its checkpoints
/// hold. <see cref="TrainingConfig.From"/> checks it.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>The network and how its samples are made and shown: "original", "standard" or "best". Its recipe is what <see cref="Of"/> begins with.</summary>
    public string Preset { get; init; } = "standard";

    /// <summary>The network, "original", "standard" or "modern"; null for the preset's.</summary>
    public string? Network { get; init; }

    /// <summary>The channels of the modern network at full resolution; null for the usual ones.</summary>
    public int? Width { get; init; }

    /// <summary>
    /// The embedding of timesteps: "tutorial", "transformer", "unpaired" (that of runs before edition 2), or "as-in-file" for a table that came with imported weights;
    /// null for the network's own.
    /// </summary>
    public string? Embedding { get; init; }

    /// <summary>The name of the data set.</summary>
    public string Dataset { get; init; } = "fashion-mnist";

    /// <summary>How many of its images to train on, from the first; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Passes over the images.</summary>
    public int Epochs { get; init; } = 20;

    /// <summary>Images in a training step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Adam's learning rate, the highest where it changes.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How the learning rate goes on once it has warmed up: "constant", or "cosine" for falling to 0 at the end of the run.</summary>
    public string LearningRateSchedule { get; init; } = "constant";

    /// <summary>In how many steps the learning rate rises at the start; 0 for at once. One that falls to 0 in the end rises in all steps but the last at most.</summary>
    public int WarmUpSteps { get; init; }

    /// <summary>λ: every step takes the part η·λ from every weight, η the learning rate of the step (<see cref="Adam"/>).</summary>
    public double WeightDecay { get; init; }

    /// <summary>The decay of the moving average of the weights that samples are made with; null to sample with the weights themselves.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Whether an image is mirrored left to right, in each epoch with probability ½.</summary>
    public bool Flip { get; init; }

    /// <summary>Whether the network is told the class of each image.</summary>
    public bool Conditional { get; init; }

    /// <summary>The probability, in [0, 1), that the class of an image is withheld, so that the network learns to do without (Ho and Salimans 2022, algorithm 1).</summary>
    public double LabelDropout { get; init; } = 0.1;

    /// <summary>How timesteps are drawn: "independent" for each image, or "stratified" over a batch.</summary>
    public string TimestepSampling { get; init; } = "independent";

    /// <summary>The longest that the gradient of a step may be: a longer one is shortened to it (Pascanu et al. 2013, algorithm 1); null for any.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>T, the steps of the noise schedule.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>The noise schedule: "linear", "scaled-linear", "cosine", "sigmoid" or "sigmoid-beta".</summary>
    public string Schedule { get; init; } = "linear";

    /// <summary>β_min of the linear, scaled linear and sigmoid-β schedules; null for 1000/T times the published (<see cref="Schedules.UsualBetas"/>).</summary>
    public double? MinBeta { get; init; }

    /// <summary>β_max of the same schedules; null for 1000/T times the published.</summary>
    public double? MaxBeta { get; init; }

    /// <summary>s of the cosine schedule; null for 0.008.</summary>
    public double? CosineOffset { get; init; }

    /// <summary>Whether the schedule is shifted and scaled so that nothing of the image is left after its last step.</summary>
    public bool ZeroTerminalSnr { get; init; }

    /// <summary>What the network predicts: "epsilon", "sample" or "velocity".</summary>
    public string Prediction { get; init; } = "epsilon";

    /// <summary>How much each noise level counts in the loss: "uniform", "min-snr", "p2"; "min-snr-vanishing" or "p2-vanishing" to repeat old runs.</summary>
    public string LossWeight { get; init; } = "uniform";

    /// <summary>γ of min-snr; null for 5.</summary>
    public double? MinSnrGamma { get; init; }

    /// <summary>What the network computes in: "float32" or "bf16". Weights, moments and gradients are float32 either way.</summary>
    public string Precision { get; init; } = "float32";

    /// <summary>The seed of every random number of the run.</summary>
    public ulong Seed { get; init; }

    /// <summary>These options as a run that resumes may have them: nothing may differ but more epochs.</summary>
    /// <param name="wanted">What the user says now.</param>
    /// <returns>The options to go on with, or each difference.</returns>
    public Validation<Error, TrainingOptions> ResumedAs(TrainingOptions wanted)
    {
        var fewer = wanted.Epochs < Epochs
            ? Prelude.Seq1(Error.New($"epochs can only grow when a run is resumed: it has {Epochs}, got {wanted.Epochs}"))
            : Seq<Error>.Empty;
        var bent = wanted.Epochs > Epochs && LearningRateSchedule == "cosine"
            ? Prelude.Seq1(Error.New($"epochs cannot be changed when a run whose learning rate falls to its end is resumed: it has {Epochs}, got {wanted.Epochs}"))
            : Seq<Error>.Empty;
        var faults = fewer + bent + Differences(wanted).Filter(difference => difference.Name != nameof(Epochs)).Map(difference => Error.New(
            $"{Spelt(difference.Name)} of the run is {difference.Here ?? "not set"} and cannot be changed to {difference.There ?? "none"} when it is resumed"));
        return faults.IsEmpty ? Validation<Error, TrainingOptions>.Success(wanted) : Validation<Error, TrainingOptions>.Fail(faults);
    }

    /// <summary>What a preset says of a run, and the defaults where there is no such preset.</summary>
    /// <param name="preset">Its name.</param>
    /// <param name="dataset">The name of the data set.</param>
    public static TrainingOptions Of(string preset, string dataset) =>
        Choices.Presets.Find(preset).Map(found => found.Recipe).IfNone(new TrainingOptions()) with { Preset = preset, Dataset = dataset };

    /// <summary>What to say to `train` for these options: the preset, the data set where it is not the usual one, and whatever differs from what they say.</summary>
    public Seq<string> ToArguments() =>
        Prelude.Seq("--preset", Preset)
        + (Dataset == new TrainingOptions().Dataset ? Seq<string>.Empty : Prelude.Seq("--dataset", Dataset))
        + Of(Preset, Dataset).Differences(this).Bind(difference => Prelude.Seq(
            "--" + Spelt(difference.Name), difference.There is null ? "0" : difference.There is bool said ? (said ? "true" : "false") : FormattableString.Invariant($"{difference.There}")));

    /// <summary>What differs in other options, "name: this → other".</summary>
    public Seq<string> DifferencesTo(TrainingOptions other) =>
        Differences(other).Map(difference => $"{Spelt(difference.Name)}: {difference.Here ?? "not set"} → {difference.There ?? "not set"}");

    private Seq<(string Name, object? Here, object? There)> Differences(TrainingOptions other) => Prelude.toSeq(typeof(TrainingOptions).GetProperties()
        .Select(option => (option.Name, Here: option.GetValue(this), There: option.GetValue(other)))
        .Where(option => !Equals(option.Here, option.There))
        .ToArray());

    private static string Spelt(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);
}

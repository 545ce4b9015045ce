using System.Text.Json.Serialization;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Schedules;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Options;

/// <summary>
/// The options of a training run, as the user gives them. The defaults are the preset "best". A run's receipt and its checkpoints hold this record.
/// Each property declares one option of `train` and its range. <see cref="Training.TrainingConfig.Of"/> checks the ranges and everything else.
/// </summary>
public sealed record TrainingOptions
{
    private const string Recipe = "Recipe", OptimiserGroup = "Optimiser", Data = "Data", Diffusion = "Diffusion";

    /// <summary>The heading of the options that the help page of `train` lists by name alone.</summary>
    internal const string Numbers = "More options (see Ddpm.Host/README.md)";

    /// <summary>The heading of the options of single networks, which the help page of `train` lists by name alone.</summary>
    internal const string OfNetworks = "More options of networks (see Ddpm.Host/README.md)";

    /// <summary>
    /// The network, its recipe and how samples are made and shown: a name in <see cref="Choices.Presets"/>. <see cref="Of"/> starts from it.
    /// </summary>
    [TrainOption(Recipe, "Network and recipe: {0}", Choices = nameof(Choices.Presets))]
    public string Preset { get; init; } = "best";

    /// <summary>The network, a name in <see cref="NetworkFamily.All"/>; null for the preset's.</summary>
    [TrainOption(Recipe, "The network: {0}", ChoicesOf = typeof(NetworkFamily), NullMeans = "the preset's")]
    [OfModel]
    public string? Network { get; init; }

    /// <summary>The channels of the modern network at full resolution; null for <see cref="UNetConfig.UsualWidth"/>.</summary>
    [TrainOption(OfNetworks, "Channels of the modern network at full resolution", NullMeans = UNetConfig.UsualWidth)]
    [OfModel]
    public int? Width { get; init; }

    /// <summary>The channels of each level of unet, the full resolution first; null for the small network's.</summary>
    [TrainOption(OfNetworks, "Channels of each level of unet, the full resolution first", NullMeans = "32 64 64")]
    [OfModel]
    [JsonConverter(typeof(UNetOptions.NumbersJson))]
    public Arr<int>? ChannelsPerLevel { get; init; }

    /// <summary>Residual blocks of each level of unet on the way down; one more on the way up. Null for 1.</summary>
    [TrainOption(OfNetworks, "Residual blocks of each level of unet on the way down; one more on the way up", NullMeans = 1)]
    [OfModel]
    public int? BlocksPerLevel { get; init; }

    /// <summary>The levels of unet with attention; 0 is the full resolution. Null for none but the middle.</summary>
    [TrainOption(OfNetworks, "Levels of unet with attention; 0 is the full resolution", NullMeans = "none but the middle")]
    [OfModel]
    [JsonConverter(typeof(UNetOptions.NumbersJson))]
    public Arr<int>? AttentionLevels { get; init; }

    /// <summary>The levels with attention on the way up; null for the same as on the way down.</summary>
    [TrainOption(OfNetworks, "Levels of unet with attention on the way up", NullMeans = "those of --attention-levels")]
    [OfModel]
    [JsonConverter(typeof(UNetOptions.NumbersJson))]
    public Arr<int>? UpAttentionLevels { get; init; }

    /// <summary>Whether the middle of unet has attention.</summary>
    [TrainOption(OfNetworks, "Attention in the middle of unet")]
    [OfModel]
    public bool MiddleAttention { get; init; } = true;

    /// <summary>The channels of each attention head of unet; 0 for one head of all channels, null for 8.</summary>
    [TrainOption(OfNetworks, "Channels of each attention head of unet; 0 makes one head", NullMeans = 8, AtLeast = 0)]
    [OfModel]
    public int? HeadDimension { get; init; }

    /// <summary>The groups of unet's normalisations; null for 8.</summary>
    [TrainOption(OfNetworks, "Groups of each normalisation of unet; they divide all channels", NullMeans = 8)]
    [OfModel]
    public int? Groups { get; init; }

    /// <summary>ε of unet's normalisations; null for 1e-5.</summary>
    [TrainOption(OfNetworks, "ε of each normalisation of unet", NullMeans = 1e-5)]
    [OfModel]
    public double? NormEpsilon { get; init; }

    /// <summary>How the timestep acts on a block of unet, "add" or "scale-and-shift"; null for "add".</summary>
    [TrainOption(OfNetworks, "How the timestep acts on a block of unet: {0}", ChoicesOf = typeof(UNetOptions), NullMeans = "add")]
    [OfModel]
    public string? TimeModulation { get; init; }

    /// <summary>The zeros around an image before unet halves it: 1, or 0 for a row below and a column to the right alone; null for 1.</summary>
    [TrainOption(OfNetworks, "Zeros around an image before unet halves it: 0 (only below and right) or 1", NullMeans = 1)]
    [OfModel]
    public int? DownsamplePadding { get; init; }

    /// <summary>The dropout of unet in training, in [0, 1) (<see cref="Networks.Dropout"/>).</summary>
    [TrainOption(OfNetworks, "Dropout of unet in training", AtLeast = 0, Below = 1)]
    [OfModel]
    public double Dropout { get; init; }

    /// <summary>
    /// The timestep embedding: "tutorial", "transformer", "unpaired" (runs before edition 2 have it), the four "halves" of unet, or "as-in-file" for a
    /// table that came with imported weights; null for the network's own.
    /// </summary>
    [TrainOption(
        OfNetworks, "The timestep embedding: {0}", Choices = nameof(Choices.Embeddings), Unlisted = Choices.EmbeddingAsInFile, NullMeans = "the network's")]
    [OfModel]
    public string? Embedding { get; init; }

    /// <summary>The name of the data set. All commands that read images have this option, so it is declared with them.</summary>
    public string Dataset { get; init; } = "fashion-mnist";

    /// <summary>How many of its images to train on, from the first; null for all.</summary>
    [TrainOption(Recipe, "Train on the first N images only", NullMeans = "all", AtLeast = 1)]
    public int? Limit { get; init; }

    /// <summary>Passes over the images.</summary>
    [TrainOption(Recipe, "Passes over the images", AtLeast = 1)]
    public int Epochs { get; init; } = 20;

    /// <summary>Images per training step.</summary>
    [TrainOption(Recipe, "Images per training step", AtLeast = 1)]
    public int BatchSize { get; init; } = 128;

    /// <summary>The optimiser: "adam" for all weights, or "muon" for the convolutions and Adam for the rest (<see cref="Muon"/>).</summary>
    [TrainOption(OptimiserGroup, "The optimiser: {0} (for convolutions; the rest by adam)", Choices = nameof(Choices.Optimisers))]
    public string Optimiser { get; init; } = "muon";

    /// <summary>The learning rate. If it varies, this is its peak.</summary>
    [TrainOption(OptimiserGroup, "The learning rate", Above = 0, Below = 1)]
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>The learning rate after warm-up: "constant", or "cosine" for falling to 0 at the end of the run.</summary>
    [TrainOption(OptimiserGroup, "Learning rate after warm-up: {0} (falls to 0)", Choices = nameof(Choices.LearningRates))]
    public string LearningRateSchedule { get; init; } = "cosine";

    /// <summary>
    /// The learning rate rises over this many steps at the start. With the cosine schedule, warm-up is capped at one step less than the whole run.
    /// </summary>
    [TrainOption(OptimiserGroup, "Raise the learning rate over this many steps at the start", AtLeast = 0)]
    public int WarmUpSteps { get; init; } = 500;

    /// <summary>λ: each step multiplies every weight by 1 − η·λ, where η is the step's learning rate (<see cref="Adam"/>).</summary>
    [TrainOption(Numbers, "AdamW's weight decay: each step shrinks weights by this × learning rate", AtLeast = 0, Below = 1)]
    public double WeightDecay { get; init; }

    /// <summary>The decay of the moving average of the weights that samples are made with; null to sample with the weights themselves.</summary>
    [TrainOption(OptimiserGroup, "Decay of the weights' moving average for sampling; 0 turns it off", ZeroIsNull = true)]
    public double? EmaDecay { get; init; } = 0.999;

    /// <summary>Whether each image is mirrored left to right with probability ½ in each epoch.</summary>
    [TrainOption(Data, "Mirror images left to right at random")]
    public bool Flip { get; init; }

    /// <summary>
    /// The probability of each geometric change of a training image (<see cref="Images.GeometricAugmentation"/>); 0 for no changes. The network gets the
    /// changes of each image as an input.
    /// </summary>
    [TrainOption(Numbers, "Change images at random and tell the network: each transformation with this probability", AtLeast = 0, AtMost = 1)]
    public double Augment { get; init; }

    /// <summary>Whether the network is given the class of each image.</summary>
    [TrainOption(Data, "Give the network the class of each image, so that sample --class can choose one")]
    [OfModel]
    public bool Conditional { get; init; }

    /// <summary>
    /// The probability, in [0, 1), that the class of an image is withheld, so that the network also learns to work without (Ho and Salimans 2022, algorithm 1).
    /// </summary>
    [TrainOption(Numbers, "With --conditional: hide the class of this fraction of the images, at random", AtLeast = 0, Below = 1)]
    public double LabelDropout { get; init; } = 0.1;

    /// <summary>How timesteps are drawn: "independent" for each image, "stratified" over a batch, or by "importance".</summary>
    [TrainOption(
        Diffusion, "Draw timesteps: {0} (by their loss)",
        Choices = nameof(Choices.TimestepSamplings))]
    public string TimestepSampling { get; init; } = "independent";

    /// <summary>How often each timestep is drawn, a name in <see cref="Optimisation.TimestepDensity.All"/>; null for the schedule's own.</summary>
    [TrainOption(Numbers, "How often to draw each timestep: {0}", ChoicesOf = typeof(TimestepDensity), NullMeans = "the schedule's")]
    public string? TimestepDensity { get; init; }

    /// <summary>The mean of ln(σ/a) in the densities logit-normal and log-normal; null for 0 and −1.2.</summary>
    [TrainOption(Numbers, "Mean of ln(σ/a) in logit-normal and log-normal", NullMeans = "0 and -1.2")]
    public double? NoiseMean { get; init; }

    /// <summary>The standard deviation of ln(σ/a) in the densities logit-normal and log-normal; null for 1 and 1.2.</summary>
    [TrainOption(Numbers, "Standard deviation of ln(σ/a) in logit-normal and log-normal", NullMeans = "1 and 1.2")]
    public double? NoiseDeviation { get; init; }

    /// <summary>
    /// Gradient clipping: the gradient's largest norm. Longer gradients are scaled down to it (Pascanu et al. 2013, algorithm 1); null never clips.
    /// </summary>
    [TrainOption(OptimiserGroup, "Clip the gradient's norm to this; 0 turns it off", ZeroIsNull = true, Above = 0)]
    public double? ClipNorm { get; init; } = 1;

    /// <summary>
    /// The order in which the gradients of a batch's shares are added: "balanced", or "sequential" to repeat runs before edition 5 (<see cref="SumOrder"/>).
    /// </summary>
    [TrainOption(Numbers, "Order in which a batch's gradients are added: {0}", Choices = nameof(Choices.GradientSums))]
    public string GradientSum { get; init; } = "balanced";

    /// <summary>T, the steps of the noise schedule.</summary>
    [TrainOption(Diffusion, "T, the steps of the noise schedule")]
    [OfModel]
    public int Steps { get; init; } = 1000;

    /// <summary>The noise schedule, a name in <see cref="NoiseSchedule.Families"/>.</summary>
    [TrainOption(Diffusion, "The noise schedule: {0}", ChoicesOf = typeof(NoiseSchedule))]
    [OfModel]
    public string Schedule { get; init; } = "linear";

    /// <summary>β_min of the linear, scaled-linear and sigmoid-β schedules; null for the published value × 1000/T (<see cref="UsualBetas"/>).</summary>
    [TrainOption(Numbers, "β_min of linear, scaled-linear and sigmoid-beta", NullMeans = "the published value × 1000/T")]
    [OfModel]
    public double? MinBeta { get; init; }

    /// <summary>β_max of linear, scaled-linear and sigmoid-beta; null for the published value × 1000/T.</summary>
    [TrainOption(Numbers, "β_max of linear, scaled-linear and sigmoid-beta", NullMeans = "the published value × 1000/T")]
    [OfModel]
    public double? MaxBeta { get; init; }

    /// <summary>s of the cosine schedule; null for <see cref="NoiseSchedule.UsualCosineOffset"/>.</summary>
    [TrainOption(Numbers, "s, the offset of the cosine schedule", NullMeans = NoiseSchedule.UsualCosineOffset)]
    [OfModel]
    public double? CosineOffset { get; init; }

    /// <summary>s of the schedule rectified-flow; null for 1. More than 1 spends more steps on noisy levels.</summary>
    [TrainOption(Numbers, "s, the shift of rectified-flow; more than 1 for more noise", NullMeans = 1)]
    [OfModel]
    public double? FlowShift { get; init; }

    /// <summary>σ_min of the schedule edm; null for <see cref="NoiseSchedule.UsualSigmaMin"/>.</summary>
    [TrainOption(Numbers, "σ_min of edm, its least noise", NullMeans = NoiseSchedule.UsualSigmaMin)]
    [OfModel]
    public double? SigmaMin { get; init; }

    /// <summary>σ_max of the schedule edm; null for <see cref="NoiseSchedule.UsualSigmaMax"/>.</summary>
    [TrainOption(Numbers, "σ_max of edm, its greatest noise", NullMeans = NoiseSchedule.UsualSigmaMax)]
    [OfModel]
    public double? SigmaMax { get; init; }

    /// <summary>ρ of the schedule edm; null for <see cref="NoiseSchedule.UsualRho"/>.</summary>
    [TrainOption(Numbers, "ρ of edm: σ^(1/ρ) rises linearly", NullMeans = NoiseSchedule.UsualRho)]
    [OfModel]
    public double? SigmaRho { get; init; }

    /// <summary>Whether the schedule is shifted and scaled so that nothing of the image is left after its last step.</summary>
    [TrainOption(Numbers, "Rescale the schedule so that its last step leaves pure noise")]
    [OfModel]
    public bool ZeroTerminalSnr { get; init; }

    /// <summary>What the network predicts, a name in <see cref="Diffusion.Prediction.All"/>.</summary>
    [TrainOption(Diffusion, "What the network predicts: {0}", ChoicesOf = typeof(Prediction))]
    [OfModel]
    public string Prediction { get; init; } = "epsilon";

    /// <summary>σ_data of the prediction edm; null for <see cref="Ddpm.Pure.Diffusion.Prediction.Edm.UsualSigmaData"/>.</summary>
    [TrainOption(Numbers, "σ_data of the prediction edm, the images' standard deviation", NullMeans = Ddpm.Pure.Diffusion.Prediction.Edm.UsualSigmaData)]
    [OfModel]
    public double? SigmaData { get; init; }

    /// <summary>The weight of each noise level in the loss: "uniform", "min-snr", "p2"; "min-snr-vanishing" or "p2-vanishing" to repeat old runs.</summary>
    [TrainOption(Diffusion, "The loss weighting: {0}", Choices = nameof(Choices.LossWeightings))]
    public string LossWeight { get; init; } = "uniform";

    /// <summary>γ of min-snr; null for 5.</summary>
    [TrainOption(Numbers, "γ of the min-snr loss weighting", NullMeans = 5)]
    public double? MinSnrGamma { get; init; }

    /// <summary>
    /// Whether the network also learns the reverse variance, as a second output (<see cref="Ddpm.Pure.Diffusion.LearnedVariance"/>). The sampler ddpm and the
    /// bits per dimension use it.
    /// </summary>
    [TrainOption(Diffusion, "Also learn the reverse variance; sample --sampler ddpm and evaluate use it")]
    [OfModel]
    public bool LearnVariance { get; init; }

    /// <summary>The number format of the network: "float32" or "bf16". Weights, moments and gradients are float32 either way.</summary>
    [TrainOption(Recipe, "The number format of the network: {0}", Choices = nameof(Choices.Precisions))]
    public string Precision { get; init; } = "float32";

    /// <summary>The seed of every random number of the run.</summary>
    [TrainOption(Recipe, "The seed of every random number of the run")]
    public ulong Seed { get; init; }

    /// <summary>Checks that a run may resume with other options. Only the number of epochs may change, and only upwards.</summary>
    /// <param name="wanted">The options to resume with.</param>
    /// <returns>The options to resume with, or each difference.</returns>
    internal Validation<Error, TrainingOptions> ResumedAs(TrainingOptions wanted)
    {
        var fewer = wanted.Epochs < Epochs
            ? Prelude.Seq1(Error.New($"epochs can only grow in a resumed run: it has {Epochs}, got {wanted.Epochs}"))
            : Seq<Error>.Empty;
        var bent = wanted.Epochs > Epochs && LearningRateSchedule == "cosine"
            ? Prelude.Seq1(Error.New(
                $"epochs cannot change in a resumed run whose learning rate falls to 0 at its end: it has {Epochs}, got {wanted.Epochs}"))
            : Seq<Error>.Empty;
        var changed = Differences(wanted).Filter(difference => difference.Name != "epochs").Map(difference => Error.New(
            $"{difference.Name} cannot change in a resumed run: it is {difference.Here ?? "not set"}, got {difference.There ?? "none"}"));
        var faults = fewer + bent + changed;
        return faults.IsEmpty ? Validation<Error, TrainingOptions>.Success(wanted) : Validation<Error, TrainingOptions>.Fail(faults);
    }

    /// <summary>The options of a preset; the defaults if there is no such preset.</summary>
    /// <param name="preset">Its name.</param>
    /// <param name="dataset">The name of the data set.</param>
    public static TrainingOptions Of(string preset, string dataset) =>
        Choices.Presets.Find(preset).Map(found => found.Recipe).IfNone(new TrainingOptions()) with { Preset = preset, Dataset = dataset };

    /// <summary>These options for the model of other options, to go on from its weights.</summary>
    /// <param name="other">The options that the weights were trained with. Their preset exists.</param>
    public TrainingOptions WithModelOf(TrainingOptions other)
    {
        var named = other with { Network = other.Network ?? Choices.Presets[other.Preset].Network };
        return TrainingOption.All.Filter(option => option.IsOfModel).Fold(this, (options, option) => option.With(options, option.Of(named)));
    }

    /// <summary>
    /// The arguments of `train` that give these options: the preset, the data set unless it is the default, and whatever differs from the preset.
    /// </summary>
    internal Seq<string> ToArguments()
    {
        var dataset = Dataset == new TrainingOptions().Dataset ? Seq<string>.Empty : Prelude.Seq("--dataset", Dataset);
        var changed = Of(Preset, Dataset).Differences(this).Bind(difference => $"--{difference.Name}".Cons(Argument(difference.There)));
        return Prelude.Seq("--preset", Preset) + dataset + changed;
    }

    /// <summary>The differences from other options, "name: this → other".</summary>
    internal Seq<string> DifferencesTo(TrainingOptions other) =>
        Differences(other).Map(difference => $"{difference.Name}: {difference.Here ?? "not set"} → {difference.There ?? "not set"}");

    private static Seq<string> Argument(object? value) => value switch
    {
        null => Prelude.Seq1("0"),
        true => Prelude.Seq1("true"),
        false => Prelude.Seq1("false"),
        Arr<int> numbers => numbers.ToSeq().Map(number => FormattableString.Invariant($"{number}")),
        _ => Prelude.Seq1(FormattableString.Invariant($"{value}")),
    };

    private Seq<(string Name, object? Here, object? There)> Differences(TrainingOptions other) => Prelude.toSeq(typeof(TrainingOptions).GetProperties()
        .Select(option => (Name: TrainingOption.Spelt(option.Name), Here: option.GetValue(this), There: option.GetValue(other)))
        .Where(option => !Equals(option.Here, option.There))
        .ToArray());
}

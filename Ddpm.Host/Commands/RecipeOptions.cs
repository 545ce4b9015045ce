using Ddpm.Host.Faults;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The options of `train` that say what is computed.</summary>
internal sealed class RecipeOptions
{
    private static readonly TrainingOptions Defaults = new();

    private readonly DataOptions _data;
    private readonly CommandLine.Option<string> _preset = new("--preset") { Description = $"Network and recipe: {string.Join(", ", Choices.Presets.Keys)}; defaults below are standard's", DefaultValueFactory = _ => Defaults.Preset };
    private readonly CommandLine.Option<string?> _network = new("--network") { Description = $"The network: {string.Join(", ", Choices.Networks.Keys)} [default: the preset's]" };
    private readonly CommandLine.Option<int?> _width = new("--width") { Description = $"Channels of the modern network at full resolution [default: {UNetConfig.UsualWidth}]" };
    private readonly CommandLine.Option<string?> _embedding = new("--embedding") { Description = $"The embedding of timesteps: {string.Join(", ", Choices.Embeddings.Keys.Where(name => name != Choices.EmbeddingAsInFile))} [default: the network's]" };
    private readonly CommandLine.Option<int> _epochs = new("--epochs") { Description = "Passes over the images", DefaultValueFactory = _ => Defaults.Epochs };
    private readonly CommandLine.Option<int> _batch = new("--batch-size") { Description = "Images in a training step", DefaultValueFactory = _ => Defaults.BatchSize };
    private readonly CommandLine.Option<double> _rate = new("--learning-rate") { Description = "Adam's learning rate", DefaultValueFactory = _ => Defaults.LearningRate };
    private readonly CommandLine.Option<double?> _clipNorm = new("--clip-norm") { Description = "Shorten longer gradients to this length; 0 for never [default: 0]" };
    private readonly CommandLine.Option<string> _rates = new("--learning-rate-schedule") { Description = $"How it goes on: {string.Join(" or ", Choices.LearningRates.Keys)} (falling to 0 at the end)", DefaultValueFactory = _ => Defaults.LearningRateSchedule };
    private readonly CommandLine.Option<int> _warmUp = new("--warm-up-steps") { Description = "In how many steps the learning rate rises at the start", DefaultValueFactory = _ => Defaults.WarmUpSteps };
    private readonly CommandLine.Option<double> _decay = new("--weight-decay") { Description = "Take this part of each weight, times the learning rate, at every step", DefaultValueFactory = _ => Defaults.WeightDecay };
    private readonly CommandLine.Option<double?> _average = new("--ema-decay") { Description = "Sample with a moving average of the weights; 0 for the weights themselves [default: 0]" };
    private readonly CommandLine.Option<bool> _flip = new("--flip") { Description = "Mirror images left to right, by chance" };
    private readonly CommandLine.Option<bool> _conditional = new("--conditional") { Description = "Tell the network the class of each image, so that sample --class can ask for one" };
    private readonly CommandLine.Option<double> _dropout = new("--label-dropout") { Description = "Withhold the class of this part of the images, by chance", DefaultValueFactory = _ => Defaults.LabelDropout };
    private readonly CommandLine.Option<string> _timesteps = new("--timestep-sampling") { Description = $"Draw timesteps: {string.Join(" or ", Choices.TimestepSamplings.Keys)} (evenly over a batch)", DefaultValueFactory = _ => Defaults.TimestepSampling };
    private readonly CommandLine.Option<int> _steps = new("--steps") { Description = "T, the steps of the noise schedule", DefaultValueFactory = _ => Defaults.Steps };
    private readonly CommandLine.Option<string> _schedule = new("--schedule") { Description = $"The noise schedule: {string.Join(", ", Choices.Schedules.Keys)}", DefaultValueFactory = _ => Defaults.Schedule };
    private readonly CommandLine.Option<double?> _minBeta = new("--min-beta") { Description = "β_min of linear, scaled-linear or sigmoid-beta [default: the published, times 1000/steps]" };
    private readonly CommandLine.Option<double?> _maxBeta = new("--max-beta") { Description = "β_max of the same [default: the published, times 1000/steps]" };
    private readonly CommandLine.Option<double?> _cosineOffset = new("--cosine-offset") { Description = Invariant($"The cosine schedule's offset [default: {NoiseSchedule.UsualCosineOffset}]") };
    private readonly CommandLine.Option<bool> _zeroSnr = new("--zero-terminal-snr") { Description = "Shift and scale the schedule so that nothing of the image is left after its last step" };
    private readonly CommandLine.Option<string> _prediction = new("--prediction") { Description = $"What the network predicts: {string.Join(", ", Choices.Predictions.Keys)}", DefaultValueFactory = _ => Defaults.Prediction };
    private readonly CommandLine.Option<string> _lossWeight = new("--loss-weight") { Description = $"Loss weights: {string.Join(", ", Choices.LossWeightings.Keys)}", DefaultValueFactory = _ => Defaults.LossWeight };
    private readonly CommandLine.Option<double?> _minSnrGamma = new("--min-snr-gamma") { Description = Invariant($"γ of min-snr [default: {LossWeighting.MinSnr.Published.Gamma}]") };
    private readonly CommandLine.Option<string> _precision = new("--precision") { Description = $"What the network computes in: {string.Join(" or ", Choices.Precisions.Keys)}", DefaultValueFactory = _ => Defaults.Precision };
    private readonly CommandLine.Option<int?> _limit = new("--limit") { Description = "Train on the first so many images [default: all]" };
    private readonly CommandLine.Option<ulong> _seed = new("--seed") { Description = "The seed of every random number of the run", DefaultValueFactory = _ => Defaults.Seed };

    public RecipeOptions(CommandLine.Command command, DataOptions data)
    {
        _data = data;
        command.AddGroup("Recipe", _preset, _network, _width, _embedding, _epochs, _batch, _limit, _seed, _precision);
        command.AddGroup("Optimiser", _rate, _rates, _warmUp, _decay, _clipNorm, _average);
        command.AddGroup("Diffusion", _steps, _schedule, _minBeta, _maxBeta, _cosineOffset, _zeroSnr, _prediction, _lossWeight, _minSnrGamma, _timesteps);
        command.AddGroup("Data", _flip, _conditional, _dropout);
    }

    /// <summary>A new run as it was said, and as its preset has it where nothing was.</summary>
    public TrainingOptions Said(CommandLine.ParseResult said) =>
        Said(said, TrainingOptions.Of(said.Or(_preset, Defaults.Preset), _data.Dataset(said).IfNone(Defaults.Dataset)));

    /// <summary>Refuses a preset beside a receipt, whose recipe it would not change.</summary>
    public Fin<Unit> WithoutPreset(CommandLine.ParseResult said) => said.GetResult(_preset) is { Implicit: false }
        ? Error.New(ExitCode.Usage, "--preset does not go with --from, which has the recipe of its run: say the options that are to differ")
        : unit;

    /// <summary>What was said, and what was not as otherwise.</summary>
    public TrainingOptions Said(CommandLine.ParseResult said, TrainingOptions otherwise) => new()
    {
        Preset = said.Or(_preset, otherwise.Preset),
        Network = said.Or(_network, otherwise.Network),
        Width = said.Or(_width, otherwise.Width),
        Embedding = said.Or(_embedding, otherwise.Embedding),
        Dataset = _data.Dataset(said).IfNone(otherwise.Dataset),
        Limit = said.Or(_limit, otherwise.Limit),
        Epochs = said.Or(_epochs, otherwise.Epochs),
        BatchSize = said.Or(_batch, otherwise.BatchSize),
        LearningRate = said.Or(_rate, otherwise.LearningRate),
        LearningRateSchedule = said.Or(_rates, otherwise.LearningRateSchedule),
        WarmUpSteps = said.Or(_warmUp, otherwise.WarmUpSteps),
        WeightDecay = said.Or(_decay, otherwise.WeightDecay),
        EmaDecay = OrNone(said.Or(_average, otherwise.EmaDecay)),
        Flip = said.Or(_flip, otherwise.Flip),
        Conditional = said.Or(_conditional, otherwise.Conditional),
        LabelDropout = said.Or(_dropout, otherwise.LabelDropout),
        TimestepSampling = said.Or(_timesteps, otherwise.TimestepSampling),
        ClipNorm = OrNone(said.Or(_clipNorm, otherwise.ClipNorm)),
        Steps = said.Or(_steps, otherwise.Steps),
        Schedule = said.Or(_schedule, otherwise.Schedule),
        MinBeta = said.Or(_minBeta, otherwise.MinBeta),
        MaxBeta = said.Or(_maxBeta, otherwise.MaxBeta),
        CosineOffset = said.Or(_cosineOffset, otherwise.CosineOffset),
        ZeroTerminalSnr = said.Or(_zeroSnr, otherwise.ZeroTerminalSnr),
        Prediction = said.Or(_prediction, otherwise.Prediction),
        LossWeight = said.Or(_lossWeight, otherwise.LossWeight),
        MinSnrGamma = said.Or(_minSnrGamma, otherwise.MinSnrGamma),
        Precision = said.Or(_precision, otherwise.Precision),
        Seed = said.Or(_seed, otherwise.Seed),
    };

    /// <summary>0 is how to say none, also where a preset has some.</summary>
    private static double? OrNone(double? said) => said == 0 ? null : said;
}

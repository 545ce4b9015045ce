using Ddpm.Pure.Training;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>The options of `train` that say what is computed.</summary>
internal sealed class RecipeOptions
{
    private static readonly TrainingOptions Defaults = new();

    private readonly DataOptions _data;
    private readonly CommandLine.Option<string> _preset = new("--preset") { Description = $"The network: {string.Join(" or ", Choices.Presets.Keys)}", DefaultValueFactory = _ => Defaults.Preset };
    private readonly CommandLine.Option<int> _epochs = new("--epochs") { Description = "Passes over the images", DefaultValueFactory = _ => Defaults.Epochs };
    private readonly CommandLine.Option<int> _batch = new("--batch-size") { Description = "Images in a training step", DefaultValueFactory = _ => Defaults.BatchSize };
    private readonly CommandLine.Option<double> _rate = new("--learning-rate") { Description = "Adam's learning rate", DefaultValueFactory = _ => Defaults.LearningRate };
    private readonly CommandLine.Option<double?> _clipNorm = new("--clip-norm") { Description = "Shorten the gradient of a step to this length where it is longer [default: never]" };
    private readonly CommandLine.Option<int> _steps = new("--steps") { Description = "T, the steps of the noise schedule", DefaultValueFactory = _ => Defaults.Steps };
    private readonly CommandLine.Option<string> _schedule = new("--schedule") { Description = $"The noise schedule: {string.Join(", ", Choices.Schedules.Keys)}", DefaultValueFactory = _ => Defaults.Schedule };
    private readonly CommandLine.Option<double?> _minBeta = new("--min-beta") { Description = "β_min of a schedule that is said by its β [default: the schedule's own]" };
    private readonly CommandLine.Option<double?> _maxBeta = new("--max-beta") { Description = "β_max of a schedule that is said by its β [default: the schedule's own]" };
    private readonly CommandLine.Option<bool> _zeroSnr = new("--zero-terminal-snr") { Description = "Shift and scale the schedule so that nothing of the image is left after its last step" };
    private readonly CommandLine.Option<string> _prediction = new("--prediction") { Description = $"What the network predicts: {string.Join(", ", Choices.Predictions.Keys)}", DefaultValueFactory = _ => Defaults.Prediction };
    private readonly CommandLine.Option<string> _lossWeight = new("--loss-weight") { Description = $"How much each noise level counts in the loss: {string.Join(", ", Choices.LossWeightings.Keys)}", DefaultValueFactory = _ => Defaults.LossWeight };
    private readonly CommandLine.Option<string> _precision = new("--precision") { Description = $"What the network computes in: {string.Join(" or ", Choices.Precisions.Keys)}", DefaultValueFactory = _ => Defaults.Precision };
    private readonly CommandLine.Option<int?> _limit = new("--limit") { Description = "Train on the first so many images [default: all]" };
    private readonly CommandLine.Option<ulong> _seed = new("--seed") { Description = "The seed of every random number of the run", DefaultValueFactory = _ => Defaults.Seed };

    public RecipeOptions(CommandLine.Command command, DataOptions data)
    {
        _data = data;
        foreach (var option in (CommandLine.Option[])[_preset, _epochs, _batch, _rate, _clipNorm, _steps, _schedule, _minBeta, _maxBeta, _zeroSnr, _prediction, _lossWeight, _precision, _limit, _seed])
        {
            command.Add(option);
        }
    }

    /// <summary>What was said, and what was not as otherwise.</summary>
    public TrainingOptions Said(CommandLine.ParseResult said, TrainingOptions otherwise) => new()
    {
        Preset = said.Or(_preset, otherwise.Preset),
        Dataset = _data.Dataset(said).IfNone(otherwise.Dataset),
        Limit = said.Or(_limit, otherwise.Limit),
        Epochs = said.Or(_epochs, otherwise.Epochs),
        BatchSize = said.Or(_batch, otherwise.BatchSize),
        LearningRate = said.Or(_rate, otherwise.LearningRate),
        ClipNorm = said.Or(_clipNorm, otherwise.ClipNorm),
        Steps = said.Or(_steps, otherwise.Steps),
        Schedule = said.Or(_schedule, otherwise.Schedule),
        MinBeta = said.Or(_minBeta, otherwise.MinBeta),
        MaxBeta = said.Or(_maxBeta, otherwise.MaxBeta),
        ZeroTerminalSnr = said.Or(_zeroSnr, otherwise.ZeroTerminalSnr),
        Prediction = said.Or(_prediction, otherwise.Prediction),
        LossWeight = said.Or(_lossWeight, otherwise.LossWeight),
        Precision = said.Or(_precision, otherwise.Precision),
        Seed = said.Or(_seed, otherwise.Seed),
    };
}

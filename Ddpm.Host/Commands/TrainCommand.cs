using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Host.Data;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`train`: from a data set to weights and pictures.</summary>
internal static class TrainCommand
{
    private const int GridImages = 16;

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("train", "Train a network on images, and end with generated pictures");
        var defaults = new TrainingOptions();
        var run = new RunOptions(command, "The run to make or to resume");
        var data = new DataOptions(command);
        var machine = new MachineOptions(command);
        CommandLine.Option<string> preset = new("--preset") { Description = $"The network: {string.Join(" or ", Choices.Presets.Keys)}", DefaultValueFactory = _ => defaults.Preset };
        CommandLine.Option<int?> limit = new("--limit") { Description = "Train on the first so many images [default: all]" };
        CommandLine.Option<int> epochs = new("--epochs") { Description = "Passes over the images", DefaultValueFactory = _ => defaults.Epochs };
        CommandLine.Option<int> batch = new("--batch-size") { Description = "Images in a training step", DefaultValueFactory = _ => defaults.BatchSize };
        CommandLine.Option<double> rate = new("--learning-rate") { Description = "Adam's learning rate", DefaultValueFactory = _ => defaults.LearningRate };
        CommandLine.Option<int> steps = new("--steps") { Description = "T, the steps of the noise schedule", DefaultValueFactory = _ => defaults.Steps };
        CommandLine.Option<string> schedule = new("--schedule") { Description = $"The noise schedule: {string.Join(", ", Choices.Schedules.Keys)}", DefaultValueFactory = _ => defaults.Schedule };
        CommandLine.Option<double?> minBeta = new("--min-beta") { Description = "β_min of a schedule that is said by its β [default: the schedule's own]" };
        CommandLine.Option<double?> maxBeta = new("--max-beta") { Description = "β_max of a schedule that is said by its β [default: the schedule's own]" };
        CommandLine.Option<bool> zeroSnr = new("--zero-terminal-snr") { Description = "Shift and scale the schedule so that nothing of the image is left after its last step" };
        CommandLine.Option<string> prediction = new("--prediction") { Description = $"What the network predicts: {string.Join(", ", Choices.Predictions.Keys)}", DefaultValueFactory = _ => defaults.Prediction };
        CommandLine.Option<string> lossWeight = new("--loss-weight") { Description = $"How much each noise level counts in the loss: {string.Join(", ", Choices.LossWeightings.Keys)}", DefaultValueFactory = _ => defaults.LossWeight };
        CommandLine.Option<ulong> seed = new("--seed") { Description = "The seed of every random number of the run", DefaultValueFactory = _ => defaults.Seed };
        CommandLine.Option<bool> resume = new("--resume") { Description = "Go on from the run's last checkpoint; more --epochs extend it" };
        CommandLine.Option<int> sampleEvery = new("--sample-every") { Description = "A grid of samples after every k-th epoch; 0 for none", DefaultValueFactory = _ => 5 };
        CommandLine.Option<int> logEvery = new("--log-every") { Description = "A metrics line after every k-th step", DefaultValueFactory = _ => 50 };
        foreach (var option in (CommandLine.Option[])[preset, epochs, batch, rate, steps, schedule, minBeta, maxBeta, zeroSnr, prediction, lossWeight, limit, seed, resume, sampleEvery, logEvery])
        {
            command.Add(option);
        }

        TrainingOptions Said(CommandLine.ParseResult said, TrainingOptions otherwise)
        {
            T Or<T>(CommandLine.Option<T> option, T value) => said.GetResult(option) is { Implicit: false } ? said.GetValue(option)! : value;
            return new TrainingOptions
            {
                Preset = Or(preset, otherwise.Preset),
                Dataset = data.Dataset(said).IfNone(otherwise.Dataset),
                Limit = Or(limit, otherwise.Limit),
                Epochs = Or(epochs, otherwise.Epochs),
                BatchSize = Or(batch, otherwise.BatchSize),
                LearningRate = Or(rate, otherwise.LearningRate),
                Steps = Or(steps, otherwise.Steps),
                Schedule = Or(schedule, otherwise.Schedule),
                MinBeta = Or(minBeta, otherwise.MinBeta),
                MaxBeta = Or(maxBeta, otherwise.MaxBeta),
                ZeroTerminalSnr = Or(zeroSnr, otherwise.ZeroTerminalSnr),
                Prediction = Or(prediction, otherwise.Prediction),
                LossWeight = Or(lossWeight, otherwise.LossWeight),
                Seed = Or(seed, otherwise.Seed),
            };
        }

        // Everything that needs no data is checked before any is fetched.
        command.SetAction(said => Session.Run(said, (view, stop) =>
            from conduct in (Check.AtLeast("--sample-every", said.GetValue(sampleEvery), 0), Check.AtLeast("--log-every", said.GetValue(logEvery), 1))
                .Apply((samples, logs) => (Samples: samples, Logs: logs)).OrUsage()
            from start in said.GetValue(resume)
                ? from folder in run.Required(said)
                  from receipt in folder.Receipt()
                  from options in receipt.Options.ResumedAs(Said(said, receipt.Options)).OrUsage()
                  select (Folder: folder, Options: options, Receipt: Some(receipt))
                : from named in run.Named(said)
                  let options = Said(said, defaults)
                  from folder in named.Match(Unused, () => FinSucc(RunFolder.NextFree(RunOptions.Root, $"{options.Dataset}-{options.Preset}")))
                  select (Folder: folder, Options: options, Receipt: LanguageExt.Option<RunReceipt>.None)
            from early in TrainingConfig.From(start.Options, UsualSize, 1).OrUsage()
            from device in machine.Prepare(said)
            from loaded in data.Load(said, start.Options.Dataset, view, stop)
            from done in Train(start.Folder, start.Options, start.Receipt, loaded, new(start.Folder, device, conduct.Samples, conduct.Logs), view, stop)
            select done));
        return command;
    }

    private const int UsualSize = 28;

    private static Fin<Unit> Train(
        RunFolder folder, TrainingOptions options, LanguageExt.Option<RunReceipt> before, LoadedDataSet loaded, TrainingConduct conduct, IView view, CancellationToken stop)
    {
        var images = loaded.Images.Take(options.Limit ?? int.MaxValue);
        var data = new DataReceipt(loaded.Description.Name, loaded.Origin, loaded.ImagesSha256, images.Count, images.Height, images.Channels);
        var machine = MachineReceipt.Here(conduct.Device.ToString());
        var receipt = before.Match(
            old => old with { Options = options, Machine = machine, Finished = false },
            () => new RunReceipt(options, data, machine, null, null, TrainingProgress.Start, false));
        return from config in TrainingConfig.From(options, images.Height, images.Channels).OrUsage()
               from same in before.Map(old => old.Data.Sha256 == data.Sha256 && old.Data.Images == data.Images).IfNone(true)
                   ? FinSucc(unit)
                   : FinFail<Unit>(Error.New($"the run was trained on other images ({before.Map(old => old.Data.Origin).IfNone("")}) than those in {loaded.Origin}: name the same ones with --data"))
               from grid in SampleCommand.Checked.From(SampleCommand.Request.Default with { Count = GridImages, BatchSize = GridImages, Seed = options.Seed }, config.Model)
               from finished in Fit(config, loaded, images, receipt, conduct, grid, view, stop)
               from sampled in SampleCommand.Sample(folder, finished, conduct.Device, SampleCommand.Request.Default, _ => LanguageExt.Option<Pictures>.None, folder, view, stop)
               select sampled;
    }

    private static Fin<RunReceipt> Fit(
        TrainingConfig config, LoadedDataSet loaded, Pure.Images.ImageSet images, RunReceipt receipt, TrainingConduct conduct,
        SampleCommand.Checked grid, IView view, CancellationToken stop)
    {
        view.Line($"{loaded.Description.Title}: {images.Count} images of {images.Height}×{images.Width}, {loaded.Origin}");
        using var bars = new TrainingBars(view);

        Fin<Unit> SampleGrid(UNet network, Tensor theta, int epoch)
        {
            using var bar = view.Bar($"sampling after epoch {epoch}");
            return new ImageSampler(network, grid.Plan).Sample(theta, grid.Images, [], bar.Report, stop).Match(
                made => grid.Files.WriteGrid(conduct.Folder.SampleGridPath(epoch), made[^1]),
                fault => fault == Errors.Cancelled ? unit : fault); // the training loop notices by itself, and leaves a checkpoint
        }

        return TrainingRun.Open(config, images, receipt, conduct, SampleGrid, bars.Report).Bind(run => use(run, opened => opened.Train(stop)));
    }

    private static Fin<RunFolder> Unused(RunFolder folder) => File.Exists(folder.ReceiptPath)
        ? Error.New(ExitCode.Usage, $"there is a run in {folder.Path} already: go on with --resume, or choose another name")
        : folder;
}

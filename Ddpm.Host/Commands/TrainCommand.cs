using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Gpu.Threads;
using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`train`: from a data set to weights and pictures.</summary>
internal static class TrainCommand
{
    private const int GridImages = 16, UsualSize = 28, UsualClasses = 10;

    /// <summary>What is to be trained.</summary>
    /// <param name="Options">What to compute.</param>
    /// <param name="Recording">What to leave behind.</param>
    /// <param name="Before">The receipt so far of a run that goes on.</param>
    /// <param name="Repeated">The receipt that a new run repeats, if it repeats one.</param>
    /// <param name="NamesImages">Whether it was said which images.</param>
    private sealed record Start(TrainingOptions Options, Recording Recording, LanguageExt.Option<RunReceipt> Before, LanguageExt.Option<RunReceipt> Repeated, bool NamesImages)
    {
        /// <summary>The receipt of the same images: of a template, those that are not named anew.</summary>
        public LanguageExt.Option<RunReceipt> OfSameImages => Before || Repeated.Filter(repeated => repeated.Options == Options || !NamesImages);

        /// <summary>The machine it was on, if it is no new run.</summary>
        public LanguageExt.Option<MachineReceipt> Machine => (Before || Repeated).Map(receipt => receipt.Machine);
    }

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("train", "Train a network on images, and end with generated pictures");
        var run = new RunOptions(command, "The run to make or to resume");
        var data = new DataOptions(command);
        var recipe = new RecipeOptions(command, data);
        var recording = new RecordingOptions(command);
        var machine = new MachineOptions(command);
        CommandLine.Option<bool> resume = new("--resume") { Description = "Go on from the run's last checkpoint; more --epochs extend it where the learning rate is constant" };
        CommandLine.Option<string?> receiptOf = new("--from") { Description = "Repeat the run that this run.json is the receipt of, and compare the weights", HelpName = "FILE" };
        command.AddGroup("Run", resume, receiptOf);

        // A run that is not named gets its folder when that is taken: until then another process may take the name.
        Fin<(RunFolder Folder, Func<Fin<RunLock>> Take)> Folder(CommandLine.ParseResult said, LanguageExt.Option<RunReceipt> repeated) =>
            from named in said.GetValue(resume) ? run.Required(said).Map(Some) : run.Named(said)
            let options = repeated.Match(receipt => recipe.Parsed(said, receipt.Options), () => recipe.Parsed(said))
            let name = $"{data.Called(said, options.Dataset)}-{options.Preset}"
            select named.Match<(RunFolder, Func<Fin<RunLock>>)>(
                folder => (folder, () => RunLock.Take(folder)),
                () => (RunFolder.Free(RunOptions.Root, name).First(), () => RunLock.TakeFree(RunOptions.Root, name)));

        Fin<Start> Begin(CommandLine.ParseResult said, RunFolder folder, LanguageExt.Option<RunReceipt> repeated) => said.GetValue(resume)
            ? from there in folder.Receipt()
              from receipt in Trained(there, folder.Path)
              from _ in Sound(receipt, folder.ReceiptPath)
              from options in receipt.Options.ResumedAs(recipe.Parsed(said, receipt.Options)).OrUsage()
              from kept in recording.Said(said, receipt.Recorded)
              select new Start(options, kept, receipt, None, data.Named(said))
            : from _ in Unused(folder)
              from __ in repeated.IsSome ? recipe.WithoutPreset(said) : unit
              let options = repeated.Match(receipt => recipe.Parsed(said, receipt.Options), () => recipe.Parsed(said))
              from kept in recording.Said(said, repeated.Map(receipt => receipt.Recorded).IfNone(new Recording()))
              select new Start(options, kept, None, repeated, data.Named(said));

        // Everything that needs no data is checked before any is fetched; once the folder is locked the run's receipt is read again, as another process may have had it.
        command.SetAction(said => Session.Run(said, (view, stop) =>
            from repeated in Repeated(said.GetValue(receiptOf), said.GetValue(resume), stop)
            from place in Folder(said, repeated)
            from early in Begin(said, place.Folder, repeated)
            from _ in TrainingConfig.From(early.Options, UsualSize, 1, UsualClasses).OrUsage()
            from device in machine.Prepare(said, early.Machine)
            from loaded in data.Load(said, early.Options.Dataset, view, stop, DataSplit.Train, (early.Before || early.Repeated).Map(before => before.Data))
            from held in place.Take()
            from done in use(held, mine =>
                from start in Begin(said, mine.Folder, repeated)
                from trained in Train(start, loaded, new(mine.Folder, device, Replicas.For(device)), view, stop)
                select trained)
            select done));
        return command.WithExample("--preset best --run clothes");
    }

    private static Fin<LanguageExt.Option<RunReceipt>> Repeated(string? path, bool resume, CancellationToken stop) => path is null
        ? FinSucc(LanguageExt.Option<RunReceipt>.None)
        : resume
            ? Error.New(ExitCode.Usage, "--from begins a new run and --resume goes on with one: give one of them")
            : from bytes in Folders.Read(path, stop)
              from there in RunReceipt.FromJson(bytes.Span).At(path)
              from receipt in Trained(there, path)
              from _ in Sound(receipt, path)
              select Some(receipt);

    /// <summary>Refuses options that nobody can have said: the receipt is damaged, and what was said now is not to blame.</summary>
    private static Fin<Unit> Sound(RunReceipt receipt, string path) =>
        TrainingConfig.From(receipt.Options, receipt.Data.Size, receipt.Data.Channels, receipt.Data.Classes).OrFailure().At($"{path} is damaged").Map(_ => unit);

    /// <summary>The receipt, unless nothing was trained: then there is nothing to go on with or to repeat.</summary>
    private static Fin<RunReceipt> Trained(RunReceipt receipt, string where) => receipt.IsImported
        ? Error.New(ExitCode.Usage, $"the weights of {where} were imported, and nothing was trained there: there is nothing to resume or to repeat")
        : receipt;

    private static Fin<Unit> Train(Start start, LoadedDataSet loaded, TrainingConduct conduct, IView view, CancellationToken stop)
    {
        var options = start.Options;
        var images = loaded.Images.Take(options.Limit ?? int.MaxValue);
        var data = new DataReceipt(loaded.Description.Name, loaded.Origin, loaded.ImagesSha256, images.Count, images.Height, images.Channels,
            loaded.Description.ClassNames == DataSetDescription.Named(loaded.Description.Name).Match(known => known.ClassNames, _ => Arr<string>.Empty) ? null : [.. loaded.Description.ClassNames], loaded.Background);
        var machine = MachineReceipt.Here(conduct.Device.ToString());
        var receipt = start.Before.IfNone(() => new RunReceipt(options, data, machine, null, null, TrainingProgress.Start, false))
            with
        { Options = options, Recording = start.Recording, Machine = machine, Finished = false, WeightsSha256 = null };
        return from config in TrainingConfig.From(options, images.Height, images.Channels, images.Classes).OrUsage()
               from _ in start.OfSameImages.Filter(old => !old.Data.IsOf(loaded) || (old.Options == options && old.Data.Images != data.Images)).Match(
                   old => FinFail<Unit>(old.Data.IsNotOf(loaded)),
                   () => unit)
               from plan in TrainingPlan.Of(config, images.Count).OrUsage()
               from grid in SampleJob.From(SamplingRequest.Default with { Count = GridImages, BatchSize = GridImages, Seed = options.Seed }, config.Model, data.ClassName)
               from finished in Fit(plan, loaded, images, receipt, conduct, grid, view, stop)
               from sampled in SampleCommand.Sample(
                   conduct.Folder, conduct.Device, SamplingRequest.Default, _ => LanguageExt.Option<Pictures>.None, conduct.Folder, view, stop)
               from told in ReportCommand.Write(conduct.Folder, view)
               from compared in start.Repeated.Map(repeated => Compare(repeated, finished, view)).IfNone(unit)
               select compared;
    }

    private static Fin<RunReceipt> Fit(
        TrainingPlan plan, LoadedDataSet loaded, ImageSet images, RunReceipt receipt, TrainingConduct conduct,
        SampleJob grid, IView view, CancellationToken stop)
    {
        view.Line($"{loaded.Description.Title}: {Counted.Of(images.Count, "image")} of {images.Height}×{images.Width}, {loaded.Origin}");
        ComputeDevice.Advice(conduct.Device, plan.Config.Precision).Iter(view.Line);
        plan.Config.Model.Schedule.Remark.Iter(remark => view.Line($"warning: {remark}"));
        using var bars = new TrainingBars(view);

        Fin<Unit> SampleGrid(UNet network, Tensor theta, int epoch)
        {
            using var bar = view.Bar($"sampling after epoch {epoch}");
            return new ImageSampler(network, grid.PlainPlan).Sample(theta, grid.Images, [], bar.Report, stop).Match(
                made => grid.Files.WriteGrid(conduct.Folder, conduct.Folder.SampleGridPath(epoch), made[^1]),
                fault => fault == Errors.Cancelled ? unit : fault); // the training loop notices by itself, and leaves a checkpoint
        }

        return TrainingRun.Open(plan, images, receipt, conduct, SampleGrid, bars.Report).Bind(run => use(run, opened => opened.Train(stop)));
    }

    /// <summary>Says whether a repeated run came to the same weights.</summary>
    private static Fin<Unit> Compare(RunReceipt repeated, RunReceipt here, IView view)
    {
        var (changed, machine) = (repeated.Options.DifferencesTo(here.Options), repeated.Machine.DifferencesTo(here.Machine));
        if (!changed.IsEmpty || repeated.WeightsSha256 is null)
        {
            view.Result($"the weights are not compared with the receipt's: {(changed.IsEmpty ? repeated.Finished ? "an earlier version wrote it, without them" : "its run was not finished" : string.Join("; ", changed))}");
            return unit;
        }

        if (repeated.WeightsSha256 == here.WeightsSha256)
        {
            view.Result($"the weights are the receipt's, bit by bit: SHA-256 {here.WeightsSha256}");
            return unit;
        }

        return Error.New($"the weights are not the receipt's: SHA-256 {here.WeightsSha256}, the receipt has {repeated.WeightsSha256}; "
            + (machine.IsEmpty ? "the machines agree in all that a receipt says" : $"the machine differs too: {string.Join("; ", machine)}"));
    }

    private static Fin<Unit> Unused(RunFolder folder) => File.Exists(folder.ReceiptPath)
        ? Error.New(ExitCode.Usage, $"there is a run in {folder.Path} already: go on with --resume, or choose another name")
        : unit;
}

using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Reports;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`train`: from a data set to weights and images.</summary>
internal sealed class TrainCommand
{
    // Options are checked before any data are loaded, for images of a size that every network takes.
    private const int UsualSide = 32, UsualClasses = 10;

    private readonly CommandLine.Command _command = new("train", "Train a network on images, then generate samples");
    private readonly RunOptions _run;
    private readonly StartOptions _start;
    private readonly DataOptions _data;
    private readonly RecipeOptions _recipe;
    private readonly RecordingOptions _recording;
    private readonly MachineOptions _machine;

    private TrainCommand()
    {
        _run = new(_command, "The run to create or resume");
        _start = new(_command);
        _data = new(_command);
        _recipe = new(_command, _data);
        _recording = new(_command);
        _machine = new(_command, trains: true);
        var together = new TrainTogether(_data, _machine);
        _command.SetAction(parsed => Session.RunTogether(
            parsed, (ranks, view, stop) => ranks.Leads ? Run(parsed, ranks, view, stop) : together.Follow(parsed, ranks)));
    }

    public static CommandLine.Command Create() => new TrainCommand()._command.WithExample("--run clothes");

    /// <summary>Everything that needs no data is checked before any is loaded.</summary>
    private Fin<Unit> Run(CommandLine.ParseResult parsed, RankGroup ranks, IView view, CancellationToken stop) =>
        from begun in _start.Parsed(parsed, stop)
        from place in Place(parsed, begun)
        from early in Start(parsed, place.Folder, begun, stop)
        from device in early.Check(ImageSize.Square(UsualSide), UsualClasses).Bind(_ => _machine.Prepare(parsed, early.Machine))
        from parts in _machine.Accumulate(parsed, early.Machine)
        from loaded in _data.Load(parsed, early.Options.Dataset, view, stop, DataSplit.Train, early.Data)
        from test in early.CheckImages(loaded, Math.Min(loaded.Images.Count, early.Options.Limit ?? int.MaxValue))
            .Bind(_ => Test(parsed, early, loaded, view, stop))
        from agreed in TrainTogether.Lead(parsed, ranks, early, loaded, test, device)
        from held in place.Take()
        let environment = new TrainingEnvironment(held.Folder, device, Replicas.For(device)) { Accumulate = parts, Ranks = ranks }
        from trained in use(held, _ => Train(parsed, environment, begun, loaded, test, view, stop))
        select trained;

    /// <summary>Trains in a locked folder. The run's receipt is read again, as another process may have changed it before the folder was locked.</summary>
    private Fin<Unit> Train(
        CommandLine.ParseResult parsed, TrainingEnvironment environment, NewStart begun, LoadedDataSet loaded,
        LanguageExt.Option<LoadedDataSet> test, IView view, CancellationToken stop) =>
        from start in Start(parsed, environment.Folder, begun, stop)
        from finished in RunTraining.Train(start, loaded, test, environment, view, stop)
        from compared in ReportFile.Write(environment.Folder, view).Bind(_ => start.Compare(finished, view))
        select compared;

    /// <summary>
    /// The test images that the run measures its loss on. A new run without usable test images measures none. A resumed run keeps to what it measured before.
    /// </summary>
    private Fin<LanguageExt.Option<LoadedDataSet>> Test(
        CommandLine.ParseResult parsed, RunStart start, LoadedDataSet train, IView view, CancellationToken stop)
    {
        if (start.Resumed.Exists(run => run.Data.HeldOut is null))
        {
            return LanguageExt.Option<LoadedDataSet>.None;
        }

        return _data.Load(parsed, start.Options.Dataset, view, stop, DataSplit.Test, start.Data)
            .Bind(test => test.Fits(train.Shape, "the training images").Map(_ => test))
            .Bind(test => !start.Options.Conditional || test.Images.Classes <= train.Images.Classes
                ? FinSucc(test)
                : Error.New($"the test images in {test.Origin} have classes that the training images lack"))
            .Match(
                test => FinSucc(Some(test)),
                fault =>
                {
                    if (fault == Errors.Cancelled || start.Resumed.IsSome)
                    {
                        return fault;
                    }

                    view.Line($"the loss is measured on training images alone: {fault.Message}");
                    return LanguageExt.Option<LoadedDataSet>.None;
                });
    }

    /// <summary>The run's folder, and what locks it. A run without a name gets its folder with the lock: another process may take the name first.</summary>
    private Fin<(RunFolder Folder, Func<Fin<RunLock>> Take)> Place(CommandLine.ParseResult parsed, NewStart begun) =>
        from named in _start.Resumes(parsed) ? _run.Required(parsed).Map(Some) : _run.Named(parsed)
        let options = OptionsOf(parsed, begun)
        let name = $"{_data.Called(parsed, options.Dataset)}-{options.Preset}"
        select named.Match<(RunFolder, Func<Fin<RunLock>>)>(
            folder => (folder, () => RunLock.Take(folder)),
            () => (RunFolder.Free(RunOptions.Root, name).First(), () => RunLock.TakeFree(RunOptions.Root, name)));

    private Fin<RunStart> Start(CommandLine.ParseResult parsed, RunFolder folder, NewStart begun, CancellationToken stop) =>
        _start.Resumes(parsed) ? Resumed(parsed, folder, stop) : New(parsed, folder, begun);

    private Fin<RunStart> Resumed(CommandLine.ParseResult parsed, RunFolder folder, CancellationToken stop) =>
        from receipt in RunStart.Resumable(folder)
        from options in receipt.Options.ResumedAs(_recipe.Parsed(parsed, receipt.Options)).OrUsage()
        from recording in _recording.Parsed(parsed, receipt.Recorded)
        from weights in receipt.Last is null ? StartOptions.Again(receipt, stop) : LanguageExt.Option<SourceWeights>.None
        select new RunStart(options, recording, receipt, None, _data.Named(parsed)) { From = weights.Map(given => (given.Weights, given.Receipt)) };

    private Fin<RunStart> New(CommandLine.ParseResult parsed, RunFolder folder, NewStart begun) => Outcomes
        .InOrder(
            () => RunStart.CheckUnused(folder), () => begun.Repeated.IsSome ? _recipe.WithoutPreset(parsed) : unit,
            () => Outcomes.Require(
                begun.Repeated.IsSome || begun.Weights.ForAll(weights => OptionsOf(parsed, begun).Embedding == weights.Options.Embedding),
                "--embedding cannot be combined with --from-weights, because the table of timesteps comes with the weights: leave it out"))
        .Bind(_ => _recording.Parsed(parsed, begun.Repeated.Map(receipt => receipt.Recorded).IfNone(new Recording())))
        .Map(recording => new RunStart(OptionsOf(parsed, begun), recording, None, begun.Repeated, _data.Named(parsed))
        {
            From = begun.Weights.Map(given => (given.Weights, given.Receipt)),
        });

    private TrainingOptions OptionsOf(CommandLine.ParseResult parsed, NewStart begun) => begun.Repeated.Match(
        receipt => _recipe.Parsed(parsed, receipt.Options),
        () => begun.Weights.Match(weights => _recipe.ParsedFor(parsed, weights.Options), () => _recipe.Parsed(parsed)));
}

using System.Diagnostics;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Runs;

/// <summary>Where a training run takes place. Nothing here changes the weights of a run on a CPU.</summary>
/// <param name="Folder">The folder for its files.</param>
/// <param name="Device">The device that computes.</param>
/// <param name="Replicas">The threads that compute the shares of a batch.</param>
internal sealed record TrainingEnvironment(RunFolder Folder, Device Device, Replicas Replicas)
{
    /// <summary>How many steps are made before their outcomes are fetched.</summary>
    public int StepsAhead { get; init; } = ComputeDevice.StepsAhead(Device);

    /// <summary>In how many parts a GPU computes each batch, one after another, to need less memory.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>The processes that train together; this one owns the run's folder.</summary>
    public RankGroup Ranks { get; init; } = RankGroup.Alone;

    /// <summary>The free memory of the device, in bytes.</summary>
    public long FreeMemory { get; init; } = TrainingMemory.Free(Device);
}

/// <summary>Carries a training run from its first step, or from its last checkpoint, to its end.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingEnvironment _environment;
    private readonly TrainingPlan _plan;
    private readonly UNet _network;
    private readonly Trainer _trainer;
    private readonly MetricsLog _metrics;
    private readonly Action<TrainingEvent> _report;
    private readonly Func<Tensor, int, Fin<Unit>> _sampleGrid;
    private readonly Option<(HeldOutPlan Plan, ImageSet Images)> _heldOut;
    private RunReceipt _receipt;

    private TrainingRun(
        TrainingEnvironment environment, TrainingPlan plan, UNet network, Trainer trainer, MetricsLog metrics, RunReceipt receipt,
        Func<UNet, Tensor, int, Fin<Unit>> sampleGrid, Action<TrainingEvent> report, Option<ImageSet> heldOut)
    {
        (_environment, _plan, _network, _trainer, _metrics, _receipt, _report) = (environment, plan, network, trainer, metrics, receipt, report);
        _heldOut = heldOut.Map(images => (HeldOutPlan.Of(plan, images.Count), images));
        _sampleGrid = (weights, epoch) => sampleGrid(network, weights, epoch);
    }

    /// <summary>
    /// Begins a run in an empty folder, or continues from the last checkpoint that the receipt names. Other ranks are told its state
    /// (<see cref="TrainingFollower"/>).
    /// </summary>
    /// <param name="plan">The run.</param>
    /// <param name="images">The training images, as many as the plan says.</param>
    /// <param name="receipt">The receipt so far.</param>
    /// <param name="environment">Where it takes place.</param>
    /// <param name="sampleGrid">Draws and writes the grid of an epoch from weights.</param>
    /// <param name="report">Receives every event.</param>
    /// <param name="heldOut">The test images to measure the loss on after each epoch; those of the receipt.</param>
    /// <param name="weights">What a run without a checkpoint starts from; none for random weights.</param>
    public static Fin<TrainingRun> Open(
        TrainingPlan plan, ImageSet images, RunReceipt receipt, TrainingEnvironment environment,
        Func<UNet, Tensor, int, Fin<Unit>> sampleGrid, Action<TrainingEvent> report, Option<ImageSet> heldOut = default,
        Option<StartingWeights> weights = default)
    {
        var config = plan.Config;
        var begun = receipt.Last is null
            ? weights.Match(
                given => Initial(config, given, environment.Device).At($"--from-weights {receipt.FromWeights?.Source} does not fit this network"),
                () => Initial(config, environment.Device))
            : Resumed(config, receipt, receipt.Last, environment);
        return begun.Bind(start =>
        {
            var executor = ComputeDevice.Executor(start.Network, config.Precision);
            var memory = TrainingMemory.Of(plan, start.Network, executor, environment.Replicas, environment.Accumulate);
            var opened = memory.FitsIn(environment.FreeMemory).OrFailure()
                .Bind(_ => environment.Folder.Create())
                .Bind(_ => environment.Folder.Write(receipt))
                .Bind(_ => MetricsLog.Open(environment.Folder, receipt.Progress.Step));
            if (opened.IsFail)
            {
                executor.Dispose();
                start.State.Dispose();
                start.Network.Dispose();
            }

            return opened.Map(metrics =>
            {
                environment.Ranks.Tell(() => Safetensors.Write(Checkpoint.Save(Header(receipt, plan, receipt.Progress), start.Network, start.State)));
                var trainer = new Trainer(
                    start.Network, config.Model, images, start.State, environment.Replicas, executor, update: null, environment.Accumulate, environment.Ranks);
                return new TrainingRun(environment, plan, start.Network, trainer, metrics, receipt, sampleGrid, report, heldOut);
            });
        });
    }

    /// <summary>The network and the weights of a run that has no checkpoint yet.</summary>
    private static Fin<(UNet Network, TrainingState State)> Initial(TrainingConfig config, Device device)
    {
        if (config.Model.Network.Embedding.IsNone)
        {
            return Error.New(ExitCode.Usage, $"--embedding {Choices.EmbeddingAsInFile} is for imported weights only: a new run needs a formula");
        }

        var network = new UNet(config.Model.Network, ScalarType.Float32, device);
        return (network, TrainingState.Initial(network, config.Options.Seed, config.Average.IsSome));
    }

    /// <summary>The network and the state of training at given weights.</summary>
    private static Fin<(UNet Network, TrainingState State)> Initial(TrainingConfig config, StartingWeights weights, Device device) =>
        weights.Start(config.Model.Network, config.Options.Seed, device).Map(start =>
        {
            using var theta = start.Theta;
            return (start.Network, TrainingState.From(theta, config.Average.IsSome));
        });

    /// <summary>The network and the state of training in a run's last checkpoint.</summary>
    private static Fin<(UNet Network, TrainingState State)> Resumed(TrainingConfig config, RunReceipt receipt, string last, TrainingEnvironment environment)
    {
        var unusable = environment.Folder.Unusable(last);
        return from checkpoint in environment.Folder.ReadCheckpoint(last)
               from network in checkpoint.Header.Options.ResumedAs(config.Options).OrFailure().At(unusable)
                   .Bind(_ => Agreed(checkpoint.Header.Progress, receipt.Progress, unusable))
                   .Bind(_ => Checkpoint.Network(checkpoint.File, config.Model.Network, environment.Device).At(unusable))
               from state in Checkpoint.Load(checkpoint.File, network, receipt.Progress.Step).Bind(loaded => WithHistory(config, loaded)).At(unusable)
               select (network, state);
    }

    /// <summary>The state, if it has the losses of timesteps that importance sampling continues from.</summary>
    private static Fin<TrainingState> WithHistory(TrainingConfig config, TrainingState state)
    {
        if (config.TimestepSampling != TimestepSampling.Importance || state.History is not null)
        {
            return state;
        }

        state.Dispose();
        return Error.New($"it lacks {Checkpoint.TimestepLosses}, which importance sampling needs: use another checkpoint");
    }

    private static Fin<Unit> Agreed(TrainingProgress checkpoint, TrainingProgress receipt, string unusable) => checkpoint == receipt
        ? unit
        : Error.New($"{unusable}: it is at step {checkpoint.Step}, but run.json is at step {receipt.Step} or has other losses");

    /// <summary>Trains to the end, or until <paramref name="stop"/>. A stopped run leaves a checkpoint of its last step.</summary>
    /// <returns>The final receipt; or the first fault; or <see cref="Errors.Cancelled"/>.</returns>
    public Fin<RunReceipt> Train(CancellationToken stop)
    {
        _report(new TrainingEvent.Began(_plan, _receipt.Progress.Step));
        var clock = Stopwatch.StartNew();
        var made = BetweenEpochs().Bind(_ => MakeSteps(clock, stop));
        if (made.IsFail)
        {
            return (Error)made;
        }

        var receipt = _receipt with { Finished = true, WeightsSha256 = Checkpoint.WeightsSha256(_network, _trainer.State.Weights) };
        return _environment.Folder.Write(receipt).Map(_ => _receipt = receipt);
    }

    /// <summary>
    /// Follows the training loop. After each step it reports progress and, where they are due, writes metrics and a checkpoint. After each epoch it draws
    /// pictures too.
    /// </summary>
    private Fin<Unit> MakeSteps(Stopwatch clock, CancellationToken stop)
    {
        var (perEpoch, logEvery, checkpointEvery) = (_plan.Steps.PerEpoch, _receipt.Recorded.LogEveryOf(_plan.Steps.Total), _receipt.Recorded.CheckpointEvery);
        bool IsLogged(int step) => step % logEvery == 0;
        bool IsSaved(int step) => step % checkpointEvery == 0; // never where it is null

        var progress = _receipt.Progress;
        var (epochSpeed, logSpeed) = (Speed.From(clock), Speed.From(clock));
        foreach (var (step, outcome) in _trainer.Train(_plan, progress.Step, stop, _environment.StepsAhead, made => IsLogged(made) || IsSaved(made)))
        {
            if (!outcome.IsFinite)
            {
                return Diverged(step, outcome);
            }

            progress = progress.After(step, outcome.Loss);
            (epochSpeed, logSpeed) = (epochSpeed.After(step), logSpeed.After(step));
            _report(new TrainingEvent.Stepped(step, progress.EpochLoss, epochSpeed.ImagesPerSecond));
            Metric Measured(string kind, double loss, Speed speed) => new(
                kind, progress.Step, step.Epoch + 1, loss, step.Update.LearningRate, speed.ImagesPerSecond, clock.Elapsed.TotalSeconds, outcome.GradientNorm);
            if (IsLogged(progress.Step))
            {
                var written = _metrics.Write(Measured("step", progress.UnloggedLoss, logSpeed));
                if (written.IsFail)
                {
                    return written;
                }

                (progress, logSpeed) = (progress.Logged(), Speed.From(clock));
            }

            if (progress.Step % perEpoch == 0)
            {
                var metric = Measured("epoch", progress.EpochLoss, epochSpeed) with { HeldOutLoss = HeldOutLoss() };
                progress = progress.EndOfEpoch(step.Epoch + 1, _receipt.BestByHeldOut ? metric.HeldOutLoss ?? 0 : null);
                var ended = EndEpoch(metric, progress);
                if (ended.IsFail)
                {
                    return ended;
                }

                (epochSpeed, logSpeed) = (Speed.From(clock), Speed.From(clock));
            }
            else if (IsSaved(progress.Step))
            {
                var saved = Save(progress);
                if (saved.IsFail)
                {
                    return saved;
                }
            }
        }

        return progress.Step == _plan.Steps.Total ? unit : Save(progress).Bind(_ => FinFail<Unit>(Errors.Cancelled));
    }

    /// <summary>The loss on test images; null if there are none, or if the last step left weights without a finite loss.</summary>
    private double? HeldOutLoss() => _heldOut.Map(held => _trainer.HeldOutLoss(held.Plan, held.Images)).Filter(double.IsFinite).ToNullable();

    /// <summary>The images trained on since a moment, and the time since then.</summary>
    private readonly record struct Speed(Stopwatch Clock, TimeSpan Began, int Images)
    {
        public double ImagesPerSecond => Images / (Clock.Elapsed - Began).TotalSeconds;

        public static Speed From(Stopwatch clock) => new(clock, clock.Elapsed, 0);

        public Speed After(TrainingStep step) => this with { Images = Images + step.Images.Count };
    }

    private Fin<Unit> EndEpoch(Metric metric, TrainingProgress progress)
    {
        var saved = _metrics.Write(metric).Bind(_ => Save(progress));
        if (saved.IsFail)
        {
            return saved;
        }

        _report(new TrainingEvent.EpochEnded(metric, _receipt.Progress.BestEpoch == metric.Epoch));
        return BetweenEpochs();
    }

    private Fin<Unit> Diverged(TrainingStep step, StepOutcome outcome) => Error.New(
        Invariant($"the loss of step {step.Number} is {outcome.Loss} and its gradient norm {outcome.GradientNorm}, ")
        + Invariant($"at learning rate {step.Update.LearningRate}: ")
        + "the run cannot continue, because it would diverge here again: "
        + $"start another with train --from {_environment.Folder.ReceiptPath} and a lower --learning-rate or a --clip-norm; "
        + (_receipt.Last is null ? "there is no checkpoint yet" : $"the last good checkpoint is {_environment.Folder.CheckpointPath(_receipt.Last)}"));

    /// <summary>
    /// Draws the pictures that are due after an epoch. A run that was killed before it drew them draws them when it continues. The grid of the untrained
    /// network depends on the seed alone, so it is drawn after the first epoch and does not delay it. A run that starts from weights has no such grid.
    /// </summary>
    private Fin<Unit> BetweenEpochs()
    {
        var (epoch, started) = Math.DivRem(_receipt.Progress.Step, _plan.Steps.PerEpoch);
        if (started > 0 || epoch == 0)
        {
            return unit;
        }

        return Drawn(DrawLosses())
            .Bind(_ => _receipt.FromWeights is not null ? unit : Drawn(Grid(0, () => _network.InitialWeights(_plan.Config.Options.Seed))))
            .Bind(_ => Drawn(Grid(epoch, () => _trainer.State.Sampled.alias())));
    }

    /// <summary>A picture that another program holds open does not end training.</summary>
    private Fin<Unit> Drawn(Fin<Unit> picture)
    {
        if (picture.IsFail && (Error)picture is { Code: FileFault.Held } held)
        {
            _report(new TrainingEvent.PictureHeld(held.Message));
            return unit;
        }

        return picture;
    }

    private Fin<Unit> Grid(int epoch, Func<Tensor> weights)
    {
        if (_receipt.Recorded.SampleEvery == 0 || epoch % _receipt.Recorded.SampleEvery != 0 || File.Exists(_environment.Folder.SampleGridPath(epoch)))
        {
            return unit;
        }

        using var theta = weights();
        return _sampleGrid(theta, epoch);
    }

    private Fin<Unit> DrawLosses() => MetricsLog.Read(_environment.Folder).Bind(log =>
    {
        if (log.Metrics.IsEmpty)
        {
            return unit; // the log was lost, for example because only the checkpoints were copied
        }

        var chart = TrainingCurves.LossChart(new TrainingCurves(log.Metrics, _plan.Steps.PerEpoch).Losses);
        var figure = Figure.Draw("Training loss", [new FigurePanel("mean loss over epochs", chart.ToPicture())]);
        return _environment.Folder.Write(_environment.Folder.LossPicturePath, Png.Encode(figure));
    });

    /// <summary>
    /// Flushes the metrics, writes the checkpoint, and then the receipt that names it: a receipt never names a missing checkpoint. Expired checkpoints are
    /// deleted last.
    /// </summary>
    private Fin<Unit> Save(TrainingProgress progress)
    {
        var name = RunFolder.CheckpointName(progress.Step);
        var header = Header(_receipt, _plan, progress);
        var bestIsNew = progress.BestEpoch > 0 && progress.BestEpoch != _receipt.Progress.BestEpoch;
        var receipt = _receipt with { Last = name, Best = bestIsNew ? name : _receipt.Best, Progress = progress };
        var folder = _environment.Folder;
        var saved = _metrics.Flush()
            .Bind(_ => folder.Write(folder.CheckpointPath(name), Safetensors.Write(Checkpoint.Save(header, _network, _trainer.State))))
            .Bind(_ => folder.Write(receipt));
        if (saved.IsSucc)
        {
            folder.Prune(receipt);
            _receipt = receipt;
        }

        return saved;
    }

    private static CheckpointHeader Header(RunReceipt receipt, TrainingPlan plan, TrainingProgress progress) =>
        new(receipt.Options, receipt.Data.Size, receipt.Data.Channels, progress, plan.Config.Model.Network.Classes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _metrics.Dispose();
        _trainer.Dispose();
        _network.Dispose();
    }
}

using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>What a run starts from: options, and the receipt of a run that it resumes or repeats.</summary>
/// <param name="Options">What to compute.</param>
/// <param name="Recording">Which files to leave behind.</param>
/// <param name="Resumed">The receipt of this run so far; none for a new run.</param>
/// <param name="Repeated">The receipt that a new run repeats, if any.</param>
/// <param name="NamesImages">Whether the user named the images.</param>
internal sealed record RunStart(TrainingOptions Options, Recording Recording, Option<RunReceipt> Resumed, Option<RunReceipt> Repeated, bool NamesImages)
{
    /// <summary>The weights that a run without a checkpoint starts from, and what its receipt says of them; none for random weights.</summary>
    public Option<(StartingWeights Weights, StartingWeightsReceipt Receipt)> From { get; init; }

    /// <summary>The machine of the run that this one resumes or repeats.</summary>
    public Option<MachineReceipt> Machine => (Resumed || Repeated).Map(receipt => receipt.Machine);

    /// <summary>The data of the run that this one resumes or repeats.</summary>
    public Option<DataReceipt> Data => (Resumed || Repeated).Map(receipt => receipt.Data);

    /// <summary>Checks the options before any data are loaded, for images of a size that every network takes.</summary>
    public Fin<Unit> Check(ImageSize imageSize, int classes) => TrainingConfig.Of(Options, imageSize, 1, classes).OrUsage().Map(_ => unit);

    /// <summary>The receipt of a run that can be resumed.</summary>
    public static Fin<RunReceipt> Resumable(RunFolder folder) =>
        from receipt in folder.Receipt()
        from checkedReceipt in CheckTrained(receipt, folder.Path, folder.ReceiptPath)
        select checkedReceipt;

    /// <summary>The receipt in a file, if a run can repeat it.</summary>
    public static Fin<RunReceipt> Repeatable(string path, CancellationToken stop) =>
        from bytes in Folders.Read(path, stop)
        from receipt in RunReceipt.FromJson(bytes.Span).At(path)
        from checkedReceipt in CheckTrained(receipt, path, path)
        select checkedReceipt;

    /// <summary>Refuses a folder that already has a run.</summary>
    public static Fin<Unit> CheckUnused(RunFolder folder) => Outcomes.Require(
        !File.Exists(folder.ReceiptPath), $"there is a run in {folder.Path} already: continue it with --resume, or choose another name");

    /// <summary>The receipt at the beginning.</summary>
    public RunReceipt Receipt(DataReceipt data, MachineReceipt machine)
    {
        var receipt = Resumed.IfNone(() => new(Options, data, machine, null, null, TrainingProgress.Start, false));
        return receipt with
        {
            Options = Options,
            Recording = Recording,
            Machine = machine,
            Finished = false,
            WeightsSha256 = null,
            FromWeights = From.MatchUnsafe(given => given.Receipt, () => receipt.FromWeights),
        };
    }

    /// <summary>Refuses images that differ from those of the run that this one resumes or repeats. A repeated run may name others.</summary>
    public Fin<Unit> CheckImages(LoadedDataSet loaded, int count)
    {
        var before = Resumed || Repeated.Filter(repeated => repeated.Options == Options || !NamesImages);
        var differs = before.Filter(old => !old.Data.IsOf(loaded) || (old.Options == Options && old.Data.Images != count));
        return differs.Match(old => FinFail<Unit>(old.Data.IsNotOf(loaded)), () => unit);
    }

    /// <summary>Refuses test images that differ from those of the run that this one resumes.</summary>
    /// <param name="test">The test images; none if the run measures no loss on them.</param>
    public Fin<Unit> CheckHeldOut(Option<LoadedDataSet> test) => Outcomes.Require(
        Resumed.ForAll(run => Optional(run.Data.HeldOut) == test.Map(HeldOutReceipt.Of)),
        "the run measured its loss on other test images: give the same images with --data",
        ExitCode.Failure);

    /// <summary>Reports whether a run has the weights of the run that it repeats, if it repeats one.</summary>
    public Fin<Unit> Compare(RunReceipt finished, IView view) => Repeated.Match(repeated => Compare(repeated, finished, view), () => unit);

    private static Fin<Unit> Compare(RunReceipt repeated, RunReceipt finished, IView view)
    {
        var changed = repeated.Options.DifferencesTo(finished.Options);
        if (!changed.IsEmpty || repeated.WeightsSha256 is null)
        {
            var reason = !changed.IsEmpty ? string.Join("; ", changed)
                : repeated.Finished ? "an earlier version wrote the receipt without their SHA-256"
                : "its run was not finished";
            view.Result($"the weights cannot be compared with the receipt: {reason}");
            return unit;
        }

        if (repeated.WeightsSha256 == finished.WeightsSha256)
        {
            view.Result($"the weights equal the receipt's bit by bit: SHA-256 {finished.WeightsSha256}");
            return unit;
        }

        var machine = repeated.Machine.DifferencesTo(finished.Machine);
        return Error.New($"the weights differ from the receipt's: their SHA-256 is {finished.WeightsSha256}, the receipt has {repeated.WeightsSha256}; "
            + (machine.IsEmpty ? "the receipt describes the same machine" : $"the machine differs too: {string.Join("; ", machine)}"));
    }

    /// <summary>
    /// Refuses imported and distilled weights, which `train` cannot resume or repeat, and options that no user can have given: the receipt is
    /// damaged then.
    /// </summary>
    private static Fin<RunReceipt> CheckTrained(RunReceipt receipt, string where, string path)
    {
        if (!receipt.IsTrained)
        {
            var made = receipt.IsImported ? "imported" : "distilled";
            return Error.New(ExitCode.Usage, $"the weights of {where} were {made}, not trained: there is nothing to resume or repeat");
        }

        return TrainingConfig.Of(receipt.Options, receipt.Data.Size, receipt.Data.Channels, receipt.Data.Classes).OrFailure()
            .At($"{path} is damaged").Map(_ => receipt);
    }
}

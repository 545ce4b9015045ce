using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>The folder that a run leaves behind, and the names in it.</summary>
/// <param name="Path">The folder.</param>
internal sealed record RunFolder(string Path)
{
    private const int LargestReceipt = 1 << 20;

    private const string CheckpointPrefix = "step-", CheckpointSuffix = ".safetensors";

    /// <summary>The file system that checkpoints and receipts are written to.</summary>
    public FileOperations Files { get; init; } = FileOperations.Disk;

    /// <summary>Those of root/name, root/name-2, root/name-3, … that are not there when it is their turn.</summary>
    public static IEnumerable<RunFolder> Free(string root, string name) => Enumerable.Range(1, int.MaxValue)
        .Select(n => new RunFolder(System.IO.Path.Combine(root, n == 1 ? name : Invariant($"{name}-{n}"))))
        .Where(folder => FileEntry.Named(folder.Path).Kind == FileKind.Nothing);

    /// <summary>The runs in a folder, by name; none where there is no such folder.</summary>
    public static Fin<Seq<RunFolder>> In(string root)
    {
        try
        {
            if (!Directory.Exists(root))
            {
                return File.Exists(root) ? Error.New($"{root} is a file, not a folder of runs") : Seq<RunFolder>();
            }

            var runs = Directory.GetDirectories(root).Select(path => new RunFolder(path)).Where(run => File.Exists(run.ReceiptPath));
            return toSeq(runs.OrderBy(run => run.Path, StringComparer.Ordinal).ToArray());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"the folder {root} cannot be listed: {e.Message.TrimEnd('.')}");
        }
    }

    /// <summary>The receipt.</summary>
    public string ReceiptPath => Within("run.json");

    /// <summary>A line for each logged step and each epoch.</summary>
    public string MetricsPath => Within("metrics.jsonl");

    /// <summary>The same for TensorBoard.</summary>
    public string TensorBoardPath => Within("tensorboard");

    /// <summary>The losses so far as a picture.</summary>
    public string LossPicturePath => Within("loss.png");

    /// <summary>The grid of samples after an epoch; 0 is the untrained network's.</summary>
    public string SampleGridPath(int epoch) => Within("samples", Invariant($"epoch-{epoch:D2}.png"));

    /// <summary>The file name of the checkpoint after a step.</summary>
    public static string CheckpointName(int step) => Invariant($"{CheckpointPrefix}{step:D7}{CheckpointSuffix}");

    /// <summary>The step in such a name.</summary>
    public static Option<int> CheckpointStep(string name) =>
        name.StartsWith(CheckpointPrefix, StringComparison.Ordinal) && name.EndsWith(CheckpointSuffix, StringComparison.Ordinal)
            ? parseInt(name[CheckpointPrefix.Length..^CheckpointSuffix.Length])
            : None;

    /// <summary>Names the process that trains here.</summary>
    public string LockPath => Within("run.lock");

    /// <summary>Where a checkpoint lies.</summary>
    public string CheckpointPath(string name) => Within("checkpoints", name);

    /// <summary>What stands before the reason why a checkpoint is refused.</summary>
    public string Unusable(string name) => $"{CheckpointPath(name)} cannot be used";

    /// <summary>A path inside the folder.</summary>
    public string Within(params string[] names) => System.IO.Path.Combine([Path, .. names]);

    /// <summary>Makes the folder and those inside it, and clears away what a process that was killed left half-written.</summary>
    public Fin<Unit> Create()
    {
        var created = Folders.CreateInside(Path, Within("checkpoints")).Bind(_ => Folders.CreateInside(Path, Within("samples")));
        if (created.IsSucc)
        {
            Abandoned().Iter(Delete);
        }

        return created;
    }

    /// <summary>Writes a file inside the folder, as a whole or not at all. No link inside the folder is followed.</summary>
    public Fin<Unit> Write(string path, ReadOnlyMemory<byte> content) => AtomicFile.WriteInside(Files, Path, path, stream => stream.Write(content.Span));

    /// <summary>Writes the receipt.</summary>
    public Fin<Unit> Write(RunReceipt receipt) => Write(ReceiptPath, receipt.ToJson());

    /// <summary>Deletes the checkpoints that have expired by a receipt.</summary>
    public Unit Prune(RunReceipt receipt)
    {
        var steps = Here("checkpoints", $"{CheckpointPrefix}*{CheckpointSuffix}").Choose(path => CheckpointStep(System.IO.Path.GetFileName(path)));
        var guide = Choices.Presets.Find(receipt.Options.Preset).Bind(preset => preset.UsualGuideEpoch(receipt.Options.Epochs)).Map(receipt.StepAfter);
        return CheckpointRetention
            .Expired(steps, Optional(receipt.Recorded.Keep), receipt.Progress.Step, toSeq(Optional(receipt.Best).Bind(CheckpointStep)) + toSeq(guide))
            .Iter(step => Delete(CheckpointPath(CheckpointName(step))));
    }

    /// <summary>Reads the receipt of a run that exists.</summary>
    public Fin<RunReceipt> Receipt() => !File.Exists(ReceiptPath)
        ? Error.New(File.Exists(Path) ? $"{Path} is a file, but a run is a folder: give the folder" : $"there is no run in {Path}: {Others()}")
        : from bytes in Folders.Read(ReceiptPath, LargestReceipt)
          from receipt in RunReceipt.FromJson(bytes.Span).At(ReceiptPath)
          select receipt;

    /// <summary>Reads a checkpoint and what it says of itself.</summary>
    public Fin<(SafetensorsFile File, CheckpointHeader Header)> ReadCheckpoint(string? name) => name is null
        ? Error.New($"the run in {Path} has no checkpoint yet: let it train for an epoch")
        : (from bytes in Folders.Read(CheckpointPath(name))
           from file in Safetensors.Read(bytes)
           from header in Checkpoint.Header(file)
               .Bind(header => header.Config.OrFailure().Bind(config => Checkpoint.Fits(file, config.Model.Network)).Map(_ => header))
           select (file, header)).At(Unusable(name));

    private Seq<string> Abandoned() => Seq(".", "checkpoints", "samples").Bind(folder => Here(folder, $"*{AtomicFile.TemporarySuffix}"));

    private Seq<string> Here(string folder, string pattern) => toSeq(Directory.GetFiles(Within(folder), pattern));

    /// <summary>A file that cannot be deleted now is in nobody's way, and is tried again the next time.</summary>
    private void Delete(string path)
    {
        try
        {
            Files.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private string Others() => In(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!).IfFail(Seq<RunFolder>()) is { IsEmpty: false } runs
        ? $"the runs beside it are {string.Join(", ", runs.Map(run => System.IO.Path.GetFileName(run.Path)))}"
        : "train one first";
}

using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Pretrained;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Options;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>
/// A run to give away: the receipt, the metrics, and the checkpoints that <see cref="RunReceipt.Sampled"/> and the usual guide name, without the state of
/// training (<see cref="Checkpoint.ForSampling"/>). It is a run like any other, but training cannot resume from it.
/// </summary>
/// <param name="Files">
/// Paths inside the run's folder, with / between names, and the files' bytes. The receipt comes last: without it, a folder is no run.
/// </param>
internal sealed record SharedRun(Seq<(string Path, ReadOnlyMemory<byte> Bytes)> Files)
{
    /// <summary>The run of a pretrained model.</summary>
    public static SharedRun Of(PretrainedModel model) => new(model.Files.Add((PretrainedModel.ReceiptName, model.Receipt)));

    /// <summary>What to give away of a run.</summary>
    public static Fin<SharedRun> Of(RunFolder folder, TrainedModel model) =>
        from receipt in Folders.Read(folder.ReceiptPath)
        from metrics in Metrics(folder)
        from checkpoints in Checkpoints(folder, model).Map(name => folder.ReadCheckpoint(name).Map(read =>
            (Path: $"checkpoints/{name}", Bytes: (ReadOnlyMemory<byte>)Safetensors.Write(Checkpoint.ForSampling(read.File))))).Sequence()
        select new SharedRun(checkpoints.Concat(metrics).Add((PretrainedModel.ReceiptName, receipt)));

    /// <summary>Writes the run into a folder without a run.</summary>
    public Fin<Unit> Write(RunFolder folder) => Outcomes.InOrder(
    [
        folder.Create,
        .. Files.Map<Func<Fin<Unit>>>(file => () => folder.Write(folder.Within(file.Path.Split('/')), file.Bytes)),
    ]);

    /// <summary>Writes the run of a pretrained model unless it is there.</summary>
    /// <param name="model">The model.</param>
    /// <param name="folder">The folder.</param>
    /// <returns>Nothing; or that the folder has another run.</returns>
    public static Fin<Unit> Ensure(PretrainedModel model, RunFolder folder) => !File.Exists(folder.ReceiptPath)
        ? Of(model).Write(folder)
        : Folders.Read(folder.ReceiptPath).Bind(receipt => Outcomes.Require(
            receipt.Span.SequenceEqual(model.Receipt.Span), $"the run in {folder.Path} is not the pretrained {model.Name}: choose another name with --run"));

    /// <summary>The metrics; nothing where there are none, as of imported weights.</summary>
    private static Fin<Seq<(string Path, ReadOnlyMemory<byte> Bytes)>> Metrics(RunFolder folder) => File.Exists(folder.MetricsPath)
        ? Folders.Read(folder.MetricsPath).Map(bytes => Seq1((Path.GetFileName(folder.MetricsPath), bytes)))
        : Seq<(string, ReadOnlyMemory<byte>)>();

    private static Seq<string> Checkpoints(RunFolder folder, TrainedModel model)
    {
        var guide = model.UsualSampling.Guide is null ? None : GuideChoice.Of(folder, model.Receipt, Preset.PastGuide).ToOption();
        return guide.Map(choice => choice.Checkpoint).ToSeq().Add(model.Checkpoint);
    }
}

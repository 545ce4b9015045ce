using System.Text.Json;
using Ddpm.Host.Evaluation;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Reports;

/// <summary>A run in a line.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="State">finished, imported, training (in some process), stopped, or damaged.</param>
/// <param name="Preset">The preset, and its network if that is another.</param>
/// <param name="Embedding">The timestep embedding; "as-in-file" if the table came with imported weights.</param>
/// <param name="Epochs">Epochs done.</param>
/// <param name="OfEpochs">Epochs wanted.</param>
/// <param name="Loss">The last epoch's loss.</param>
/// <param name="HeldOutLoss">The loss on test images after that epoch, if it was measured.</param>
/// <param name="D">The Fréchet distance above the floor, if it was measured.</param>
/// <param name="Bytes">The size of its folder.</param>
internal sealed record RunSummary(
    string Name, string State, string? Preset, string? Embedding, int? Epochs, int? OfEpochs, double? Loss, double? HeldOutLoss, double? D, long Bytes)
{
    private const int LargestEvaluation = 1 << 24;

    /// <summary>Reads a run's summary. What cannot be read is reported.</summary>
    public static RunSummary Of(RunFolder folder, Action<string> report)
    {
        var (name, bytes) = (Path.GetFileName(folder.Path), BytesOf(folder));
        return folder.Receipt().Match(
            receipt => Of(folder, receipt, name, bytes, report),
            fault =>
            {
                report(fault.Message);
                return new(name, "damaged", null, null, null, null, null, null, null, bytes);
            });
    }

    /// <summary>Summaries as JSON.</summary>
    public static Seq<string> Json(Seq<RunSummary> runs) => toSeq(JsonSerializer.Serialize(runs.ToArray(), EvaluationReport.Format).Split('\n'));

    /// <summary>Summaries as a table.</summary>
    public static Seq<string> Table(Seq<RunSummary> runs)
    {
        var width = Math.Max(4, runs.Max(run => run.Name.Length));
        return Row("run", "state", "preset", "embedding", "epochs", "loss", "test", "D", "MB").Cons(runs.Map(run => Row(
            run.Name,
            run.State,
            run.Preset ?? "",
            run.Embedding == Choices.EmbeddingAsInFile ? "as in file" : run.Embedding ?? "",
            run.Epochs is { } done ? Invariant($"{done}/{run.OfEpochs}") : "",
            run.Loss is { } loss ? Invariant($"{loss:F4}") : "",
            run.HeldOutLoss is { } heldOut ? Invariant($"{heldOut:F4}") : "",
            run.D is { } distance ? Invariant($"{distance:F2}") : "",
            Invariant($"{run.Bytes / 1e6:F1}"))));

        string Row(string name, string state, string network, string embedding, string epochs, string loss, string heldOut, string distance, string size) =>
            $"{name.PadRight(width)}  {state,-8}  {network,-13}  {embedding,-11}  {epochs,9}  {loss,8}  {heldOut,8}  {distance,8}  {size,8}";
    }

    private static RunSummary Of(RunFolder folder, RunReceipt receipt, string name, long bytes, Action<string> report)
    {
        var log = MetricsLog.Read(folder).IfFail(fault =>
        {
            report(fault.Message);
            return MetricLines.None;
        });
        log.Remark(folder).Iter(report);
        var epochs = log.Metrics.Filter(metric => metric.Kind == "epoch" && metric.Step <= receipt.Progress.Step);
        var options = receipt.Options;
        var preset = options.Network is { } network && network != options.Preset ? $"{options.Preset} {network}" : options.Preset;
        var last = epochs.IsEmpty ? null : epochs.Last;
        return new(
            name, StateOf(folder, receipt), preset, EmbeddingOf(receipt), epochs.Count, options.Epochs, last?.Loss, last?.HeldOutLoss,
            DistanceOf(folder, receipt), bytes);
    }

    private static string StateOf(RunFolder folder, RunReceipt receipt) => receipt.IsImported ? "imported"
        : receipt.Distilled is not null ? "distilled"
        : receipt.Finished ? "finished"
        : RunLock.Holder(folder).IsSome ? "training"
        : "stopped";

    /// <summary>The embedding's name; none if the options are damaged.</summary>
    private static string? EmbeddingOf(RunReceipt receipt) => TrainingConfig
        .Of(receipt.Options, receipt.Data.Size, receipt.Data.Channels, receipt.Data.Classes)
        .Match(config => config.EmbeddingName, _ => (string?)null);

    /// <summary>D, unless the run was trained further since it was measured.</summary>
    private static double? DistanceOf(RunFolder folder, RunReceipt receipt)
    {
        try
        {
            return Folders.Read(folder.Within("evaluation.json"), LargestEvaluation).ToOption()
                .Bind(bytes => Optional(JsonSerializer.Deserialize<EvaluationReport>(bytes.Span, EvaluationReport.Format)))
                .Filter(measured => receipt.IsSampledBy(measured.Samples.Checkpoint))
                .MatchUnsafe(measured => measured.AboveFloor, () => (double?)null);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The size of a folder. A process that trains there creates and deletes files meanwhile.</summary>
    private static long BytesOf(RunFolder folder)
    {
        try
        {
            var everything = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
            return new DirectoryInfo(folder.Path).EnumerateFiles("*", everything).Sum(BytesOf);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static long BytesOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}

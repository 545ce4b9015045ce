using System.Text.Json;
using System.Text.Json.Nodes;
using Ddpm.Host.Files;
using LanguageExt;
using LanguageExt.Common;
using TorchSharp;
using TorchSharp.Modules;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>One line of metrics.jsonl.</summary>
/// <param name="Kind">"step" or "epoch".</param>
/// <param name="Step">Steps made.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Loss">For a step the mean since the last line, for an epoch the mean over its images.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="ImagesPerSecond">Since the last line, or over the epoch.</param>
/// <param name="Seconds">Training time in this process so far.</param>
/// <param name="GradientNorm">The length of the gradient of this very step, before any clipping.</param>
public sealed record Metric(
    string Kind, int Step, int Epoch, double Loss, double LearningRate, double ImagesPerSecond, double Seconds, double GradientNorm = 0);

/// <summary>metrics.jsonl and its TensorBoard twin: logs that grow line by line.</summary>
public sealed class MetricsLog : IDisposable
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower };

    private readonly FileStream _file;
    private readonly StreamWriter _lines;
    private readonly SummaryWriter _board;

    private MetricsLog(FileStream file, SummaryWriter board) =>
        (_file, _lines, _board) = (file, new StreamWriter(file) { AutoFlush = true, NewLine = "\n" }, board);

    /// <summary>
    /// Opens a run's log for steps after <paramref name="step"/>: lines of later steps, which an interrupted run left behind its last
    /// checkpoint, are dropped, since they will be written again.
    /// </summary>
    public static Fin<MetricsLog> Open(RunFolder folder, int step)
    {
        try
        {
            var kept = FileEntry.Named(folder.MetricsPath).Kind == FileKind.File ? Lines(folder).Where(line => StepOf(line) <= step).ToArray() : [];
            return Folders.CreateInside(folder.Path, folder.TensorBoardPath)
                .Bind(_ => folder.Write(folder.MetricsPath, System.Text.Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n")))))
                .Map(_ => new MetricsLog(
                    new FileStream(folder.MetricsPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete),
                    torch.utils.tensorboard.SummaryWriter(folder.TensorBoardPath, createRunName: false)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"cannot write the metrics in {folder.Path}: {e.Message}");
        }
    }

    /// <summary>All lines of a run so far, but for one that is being written, or was when the machine stopped.</summary>
    public static Fin<Seq<Metric>> Read(RunFolder folder)
    {
        try
        {
            using var lines = new StreamReader(Folders.OpenShared(folder.MetricsPath));
            return toSeq(lines.ReadToEnd().Split('\n')[..^1].Select(line => JsonSerializer.Deserialize<Metric>(line, Format)!).ToArray());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return Error.New($"cannot read the metrics in {folder.MetricsPath}: {e.Message}");
        }
    }

    /// <summary>Adds a line.</summary>
    public Fin<Unit> Write(Metric metric)
    {
        try
        {
            _lines.WriteLine(JsonSerializer.Serialize(metric, Format));
            _board.add_scalar($"{metric.Kind}/loss", (float)metric.Loss, metric.Step);
            _board.add_scalar($"{metric.Kind}/images-per-second", (float)metric.ImagesPerSecond, metric.Step);
            return unit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"cannot write the metrics: {e.Message}");
        }
    }

    /// <summary>Returns once all lines are on the disk.</summary>
    public Fin<Unit> Flush()
    {
        try
        {
            _file.Flush(flushToDisk: true);
            return unit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"cannot write the metrics: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _lines.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What could not be written has been told when it was tried first.
        }
    }

    private static string[] Lines(RunFolder folder)
    {
        using var lines = new StreamReader(Folders.OpenShared(folder.MetricsPath));
        return lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static int StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<int>() ?? int.MaxValue;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return int.MaxValue; // the torn last line of a run that was killed
        }
    }
}

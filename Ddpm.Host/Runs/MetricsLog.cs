using System.Text.Json;
using System.Text.Json.Serialization;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Pure.Text;
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
/// <param name="HeldOutLoss">For an epoch, the loss on test images; null if the run has none, and for a step.</param>
internal sealed record Metric(
    string Kind, int Step, int Epoch, double Loss, double LearningRate, double ImagesPerSecond, double Seconds, double GradientNorm = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? HeldOutLoss = null)
{
    /// <summary>Whether training could have written it.</summary>
    [JsonIgnore]
    public bool IsPossible => Kind is "step" or "epoch" && Step >= 0 && Epoch >= 0
        && new[] { Loss, LearningRate, ImagesPerSecond, Seconds, GradientNorm, HeldOutLoss ?? 0 }.All(double.IsFinite);
}

/// <summary>What a log holds.</summary>
/// <param name="Metrics">The lines that can be read.</param>
/// <param name="Unreadable">How many cannot.</param>
internal sealed record MetricLines(Seq<Metric> Metrics, int Unreadable)
{
    /// <summary>Of a run that has logged nothing.</summary>
    public static MetricLines None { get; } = new(Seq<Metric>(), 0);

    /// <summary>That some lines cannot be read, if so.</summary>
    public Option<string> Remark(RunFolder folder) => Unreadable == 0
        ? Option<string>.None
        : Invariant($"{Counted.Of(Unreadable, "line")} of {Quotation.Printable(folder.MetricsPath)} cannot be read and are left out");
}

/// <summary>metrics.jsonl and its TensorBoard twin: logs that grow line by line.</summary>
internal sealed class MetricsLog : IDisposable
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    // A line has some 200 bytes, so these are a million of them.
    private const int LargestLog = 1 << 28;

    private readonly FileStream _file;
    private readonly StreamWriter _lines;
    private readonly SummaryWriter _board;

    private MetricsLog(FileStream file, SummaryWriter board) =>
        (_file, _lines, _board) = (file, new StreamWriter(file) { AutoFlush = true, NewLine = "\n" }, board);

    /// <summary>
    /// Opens a run's log for steps after <paramref name="step"/>: lines of later steps, which an interrupted run left behind its last
    /// checkpoint, are dropped, since they will be written again. TensorBoard's files hold no step twice either: they are made anew of the lines that stay.
    /// </summary>
    public static Fin<MetricsLog> Open(RunFolder folder, int step)
    {
        try
        {
            var prepared =
                from there in FileEntry.Named(folder.MetricsPath).Kind == FileKind.File ? Bytes(folder) : ReadOnlyMemory<byte>.Empty
                let lines = Lines(there).Filter(line => StepOf(line) <= step).Strict()
                from written in Folders.CreateInside(folder.Path, folder.TensorBoardPath)
                    .Bind(_ => folder.Write(folder.MetricsPath, lines.Bind(line => line.ToArray().Append((byte)'\n')).ToArray()))
                select lines;
            return prepared.Map(lines =>
            {
                DeleteEvents(folder);
                var log = new MetricsLog(
                    new FileStream(folder.MetricsPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete),
                    torch.utils.tensorboard.SummaryWriter(folder.TensorBoardPath, createRunName: false));
                lines.Choose(Parsed).Iter(log.Show);
                return log;
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"cannot write the metrics in {folder.Path}: {e.Message}");
        }
    }

    /// <summary>
    /// All complete lines of a run so far. The last line can be incomplete, if a process writes it now or the machine stopped. It is left out.
    /// </summary>
    public static Fin<MetricLines> Read(RunFolder folder)
    {
        try
        {
            return File.Exists(folder.MetricsPath) ? Bytes(folder).Map(Parse) : MetricLines.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"cannot read the metrics in {folder.MetricsPath}: {e.Message}");
        }
    }

    /// <summary>The complete lines in a log's bytes.</summary>
    internal static MetricLines Parse(ReadOnlyMemory<byte> log)
    {
        var lines = Lines(log);
        var readable = lines.Choose(Parsed).Strict();
        return new(readable, lines.Count - readable.Count);
    }

    /// <summary>Adds a line.</summary>
    public Fin<Unit> Write(Metric metric)
    {
        try
        {
            _lines.WriteLine(JsonSerializer.Serialize(metric, Format));
            Show(metric);
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
            // Write or Flush has already reported this fault.
        }
    }

    private void Show(Metric metric)
    {
        _board.add_scalar($"{metric.Kind}/loss", (float)metric.Loss, metric.Step);
        _board.add_scalar($"{metric.Kind}/images-per-second", (float)metric.ImagesPerSecond, metric.Step);
        if (metric.HeldOutLoss is { } heldOut)
        {
            _board.add_scalar($"{metric.Kind}/held-out-loss", (float)heldOut, metric.Step);
        }
    }

    private static Unit DeleteEvents(RunFolder folder) => Directory.Exists(folder.TensorBoardPath)
        ? toSeq(Directory.GetFiles(folder.TensorBoardPath, "events.out.tfevents.*")).Iter(File.Delete)
        : unit;

    /// <summary>The file's bytes at this moment. A training process may append to it meanwhile.</summary>
    private static Fin<ReadOnlyMemory<byte>> Bytes(RunFolder folder)
    {
        using var file = Folders.OpenShared(folder.MetricsPath);
        if (file.Length > LargestLog)
        {
            return Error.New($"{folder.MetricsPath} has {file.Length} bytes, but at most {LargestLog} are supported: move it away");
        }

        var bytes = new byte[file.Length];
        return new ReadOnlyMemory<byte>(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
    }

    private static Seq<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> log)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        for (int end; (end = log.Span.IndexOf((byte)'\n')) >= 0; log = log[(end + 1)..])
        {
            lines.Add(log[..end]);
        }

        return toSeq(lines);
    }

    private static Option<Metric> Parsed(ReadOnlyMemory<byte> line)
    {
        try
        {
            return Optional(JsonSerializer.Deserialize<Metric>(line.Span, Format)).Filter(metric => metric.IsPossible);
        }
        catch (JsonException)
        {
            return None;
        }
    }

    private static int StepOf(ReadOnlyMemory<byte> line) => Parsed(line).Match(metric => metric.Step, () => int.MaxValue);
}

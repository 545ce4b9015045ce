using System.Text;
using System.Text.Json;
using Ddpm.Host.Evaluation;
using Ddpm.Host.Exchange;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Runs;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Reports;

/// <summary>The content of a run's folder, as a report shows it.</summary>
/// <param name="Name">The run.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Receipt">The receipt.</param>
/// <param name="Config">What it trained.</param>
/// <param name="Metrics">Its losses, line by line.</param>
/// <param name="Unreadable">That lines of its log cannot be read, if so.</param>
/// <param name="Grids">Samples as PNG by epoch, and the last ones under their own name.</param>
/// <param name="Frames">The sampling chain as pictures, WebP.</param>
/// <param name="Evaluation">What `evaluate` has measured.</param>
/// <param name="FewSteps">What `evaluate steps` has measured.</param>
/// <param name="Plan">What sampling does, as lines of text.</param>
/// <param name="Outdated">What was measured of other weights than the run would be sampled with now, and is left out.</param>
internal sealed record RunReport(
    string Name, string Folder, RunReceipt Receipt, TrainingConfig Config, Seq<Metric> Metrics, Option<string> Unreadable,
    Seq<(string Label, byte[] Png)> Grids, Seq<byte[]> Frames, Option<EvaluationReport> Evaluation, Option<FewSteps> FewSteps,
    Seq<string> Plan, Seq<string> Outdated)
{
    /// <summary>The page in which the model itself makes pictures: <see cref="HtmlPage"/>. None for a report with a film instead.</summary>
    public Option<string> Live { get; init; }

    private const int MostFrames = 50, PlanLines = 20;

    /// <summary>Reads a run's folder. Missing files are left out. A damaged file is a fault.</summary>
    public static Fin<RunReport> Read(RunFolder folder) =>
        from receipt in folder.Receipt()
        from config in TrainingConfig.Of(receipt.Options, receipt.Data.Size, receipt.Data.Channels, receipt.Data.Classes)
            .OrFailure().At($"{folder.ReceiptPath} is damaged")
        from log in MetricsLog.Read(folder)
        from grids in Grid(folder)
        from frames in File.Exists(folder.Within("sampling.gif")) ? FramePicture.ReadWebp(folder.Within("sampling.gif"), MostFrames) : Seq<byte[]>()
        from evaluation in Json<EvaluationReport>(folder.Within("evaluation.json"))
        from steps in Json<FewSteps>(folder.Within("few-steps.json"))
        let model = receipt.ModelOf(config)
        from plan in GuideChoice.UsualSampling(folder, receipt, model).Compile(model.Schedule, model.Prediction, model.Preset.ClipSample).OrFailure()
        let older = evaluation.Filter(report => !receipt.IsSampledBy(report.Samples.Checkpoint))
        let fewer = steps.Filter(table => Weights(folder).Exists(now => now != table.WeightsSha256))
        select new RunReport(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Path))), folder.Path, receipt, config, log.Metrics, log.Remark(folder),
            grids, frames, older.IsSome ? None : evaluation, fewer.IsSome ? None : steps, Shortened(PlanTable.Of(plan)),
            toSeq(older).Map(_ => "evaluation.json belongs to an earlier checkpoint: run evaluate again")
                + toSeq(fewer).Map(_ => "few-steps.json belongs to an earlier checkpoint: run evaluate steps again"));

    /// <summary>The same with the model itself in place of the film, or why it cannot be in a page.</summary>
    public static Fin<RunReport> ReadLive(RunFolder folder) =>
        from report in Read(folder)
        from page in TrainedModel.Use(folder, TorchSharp.torch.CPU, model => HtmlPage.Of(PageModel.Of(folder, model), PageWeights.Float32))
        select report with { Live = Encoding.UTF8.GetString(page.Span) };

    /// <summary>The checksum of the weights that the run would be sampled with; none where its checkpoint is not there to be asked.</summary>
    private static Option<string> Weights(RunFolder folder) => TrainedModel.Use(folder, TorchSharp.torch.CPU, model => FinSucc(model.WeightsSha256)).ToOption();

    private static Seq<string> Shortened(Arr<string> lines) => lines.Count <= 2 * PlanLines
        ? toSeq(lines)
        : toSeq(lines.Take(PlanLines)) + Seq1($"… {lines.Count - 2 * PlanLines} lines more …") + toSeq(lines.Skip(lines.Count - PlanLines));

    private static Fin<Seq<(string, byte[])>> Grid(RunFolder folder)
    {
        string[] pictures = Directory.Exists(folder.Within("samples")) ? Directory.GetFiles(folder.Within("samples"), "epoch-*.png") : [];
        var epochs = toSeq(pictures.OrderBy(path => path.Length).ThenBy(path => path, StringComparer.Ordinal).ToArray());
        var last = toSeq(new[] { folder.Within("samples.png") }).Filter(File.Exists);
        return (epochs.Map(path => (Label: Label(path), Path: path)) + last.Map(path => (Label: "the end", Path: path)))
            .Map(grid => Folders.Read(grid.Path).Map(bytes => (grid.Label, bytes.ToArray()))).Sequence();
    }

    private static string Label(string path) => $"epoch {Path.GetFileNameWithoutExtension(path)["epoch-".Length..].TrimStart('0').PadLeft(1, '0')}";

    private static Fin<Option<T>> Json<T>(string path)
        where T : class
    {
        if (!File.Exists(path))
        {
            return Option<T>.None;
        }

        try
        {
            return from bytes in Folders.Read(path)
                   select Optional(JsonSerializer.Deserialize<T>(bytes.Span, EvaluationReport.Format));
        }
        catch (JsonException e)
        {
            return Error.New($"{path} is damaged: line {e.LineNumber + 1} is not valid; measure again");
        }
    }
}

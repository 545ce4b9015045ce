using System.Text.Json;
using Ddpm.Host.Evaluation;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Pure.Options;
using Ddpm.Pure.Text;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`runs`: what there is.</summary>
internal static class RunsCommand
{
    private const int LargestEvaluation = 1 << 24;

    /// <summary>A run in a line.</summary>
    /// <param name="Name">Its folder's name.</param>
    /// <param name="State">finished, imported, training (somebody does), stopped, or damaged.</param>
    /// <param name="Preset">The preset, and its network where that is another.</param>
    /// <param name="Embedding">The embedding of timesteps; "as-in-file" where the table came with imported weights.</param>
    /// <param name="Epochs">Epochs done.</param>
    /// <param name="OfEpochs">Epochs wanted.</param>
    /// <param name="Loss">The last epoch's loss.</param>
    /// <param name="D">The Fréchet distance above the floor, where it was measured.</param>
    /// <param name="Bytes">What its folder takes.</param>
    private sealed record Entry(string Name, string State, string? Preset, string? Embedding, int? Epochs, int? OfEpochs, double? Loss, double? D, long Bytes);

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("runs", "List the runs here: state, epochs, loss, evaluation, size");
        CommandLine.Option<string> root = new("--in") { Description = "The folder that the runs are in", DefaultValueFactory = _ => RunOptions.Root, HelpName = "DIR" };
        CommandLine.Option<bool> json = new("--json") { Description = "As JSON, for a script" };
        command.AddGroup("What is listed", root, json);
        command.SetAction(said => Session.Run(said, (view, _) =>
            from folders in RunFolder.In(said.GetValue(root)!)
            let runs = folders.Map(folder => Of(folder, line => view.Line($"{Quotation.Printable(Path.GetFileName(folder.Path))}: {line}"))).Strict()
            select (said.GetValue(json) ? toSeq(JsonSerializer.Serialize(runs.ToArray(), EvaluationReport.Format).Split('\n')) : Table(runs, said.GetValue(root)!)).Iter(view.Result)));
        return command.WithExample("--json");
    }

    private static Entry Of(RunFolder folder, Action<string> tell)
    {
        var (name, bytes) = (Path.GetFileName(folder.Path), Bytes(folder));
        return folder.Receipt().Match(
            receipt =>
            {
                var log = MetricsLog.Read(folder).IfFail(fault =>
                {
                    tell(fault.Message);
                    return MetricLines.None;
                });
                log.Remark(folder).Iter(tell);
                var epochs = log.Metrics.Filter(metric => metric.Kind == "epoch" && metric.Step <= receipt.Progress.Step);
                var state = receipt.IsImported ? "imported" : receipt.Finished ? "finished" : RunLock.Holder(folder).IsSome ? "training" : "stopped";
                var preset = receipt.Options.Preset;
                return new Entry(
                    name, state, receipt.Options.Network is { } network && network != preset ? $"{preset} {network}" : preset, Embedding(receipt), epochs.Count, receipt.Options.Epochs,
                    epochs.LastOrNone().MatchUnsafe(last => last.Loss, () => (double?)null), Distance(folder, receipt), bytes);
            },
            fault =>
            {
                tell(fault.Message);
                return new Entry(name, "damaged", null, null, null, null, null, null, bytes);
            });
    }

    /// <summary>The embedding's name; none where the options are damaged.</summary>
    private static string? Embedding(RunReceipt receipt) =>
        TrainingConfig.From(receipt.Options, receipt.Data.Size, receipt.Data.Channels, receipt.Data.Classes).Match(config => config.EmbeddingName, _ => (string?)null);

    /// <summary>What its files take. Whoever trains there makes and deletes some meanwhile.</summary>
    private static long Bytes(RunFolder folder)
    {
        static long Length(FileInfo file)
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

        try
        {
            return new DirectoryInfo(folder.Path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Sum(Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // the run was deleted while it was looked at
        }
    }

    /// <summary>D, unless the run has gone on since it was measured.</summary>
    private static double? Distance(RunFolder folder, RunReceipt receipt)
    {
        try
        {
            return Folders.Read(folder.Within("evaluation.json"), LargestEvaluation).ToOption()
                .Bind(bytes => Optional(JsonSerializer.Deserialize<EvaluationReport>(bytes.Span, EvaluationReport.Format)))
                .Filter(measured => receipt.IsSampledBy(measured.Samples.Checkpoint)).MatchUnsafe(measured => measured.AboveFloor, () => (double?)null);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Seq<string> Table(Seq<Entry> runs, string folder)
    {
        if (runs.IsEmpty)
        {
            return Seq1($"there are no runs in {folder}: train makes one");
        }

        var width = Math.Max(4, runs.Max(run => run.Name.Length));
        string Row(string name, string state, string network, string embedding, string epochs, string loss, string distance, string size) =>
            $"{name.PadRight(width)}  {state,-8}  {network,-13}  {embedding,-11}  {epochs,9}  {loss,8}  {distance,8}  {size,8}";
        return Row("run", "state", "preset", "embedding", "epochs", "loss", "D", "MB").Cons(runs.Map(run => Row(
            run.Name, run.State, run.Preset ?? "", run.Embedding == Choices.EmbeddingAsInFile ? "as in file" : run.Embedding ?? "", run.Epochs is { } done ? Invariant($"{done}/{run.OfEpochs}") : "", run.Loss is { } loss ? Invariant($"{loss:F4}") : "",
            run.D is { } distance ? Invariant($"{distance:F2}") : "", Invariant($"{run.Bytes / 1e6:F1}"))));
    }
}

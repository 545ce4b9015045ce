using System.Net;
using System.Text;
using System.Text.Json;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Text;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Reports;

/// <summary>
/// A page of HTML that tells of some runs side by side, or of one: everything is inside it, pictures, plots, style and script, so that it can be read without a net, kept and
/// sent.
/// </summary>
internal static class ReportPage
{
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The page.</summary>
    /// <param name="runs">At least one.</param>
    public static string Of(Seq<RunReport> runs)
    {
        var title = runs.Count == 1 ? runs[0].Name : $"{string.Join(", ", runs.Map(run => run.Name))} compared";
        return $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{Text(title)}} · Ddpm</title>
            <link rel="icon" href="data:,">
            <style>{{Resource("report.css")}}</style>
            </head>
            <body>
            <h1>{{Text(title)}}</h1>
            {{Columns(runs, run => $"<p>{Text(Summary(run))}</p>")}}
            {{Section("Samples", Columns(runs, run => Turn(run.Grids.Map(grid => (grid.Label, Source("image/png", grid.Png))), run.Grids.Count - 1, plays: false)))}}
            {{Section("From noise to images", Columns(runs, run => Turn(Frames(run), run.Frames.Count - 1, plays: true)))}}
            {{Section("Losses and learning rate", runs.ForAll(run => run.Metrics.IsEmpty) ? "" : Beside(Plot("the loss over epochs", Losses(runs)), Plot("the learning rate over epochs", Rates(runs))) + Soft(runs.Choose(run => run.Unreadable)))}}
            {{Section("Noise schedule", Beside(
                Plot("ᾱ over timesteps", Schedules(runs, "ᾱ, what is left of the image's variance", false, level => level.AlphaBar)),
                Plot("the signal-to-noise ratio over timesteps", Schedules(runs, "signal-to-noise ratio", true, level => level.Snr))))}}
            {{Section("Evaluation", Evaluation(runs))}}
            {{Section("Evaluations of the network", Columns(runs, run => run.FewSteps.Match(steps => Plot("D over evaluations of the network, by sampler", steps.Plot()), () => "")))}}
            {{Section("What sampling does", Columns(runs, run => $"<details><summary>{run.Plan.HeadOrNone().IfNone("")}</summary><pre>{Text(string.Join("\n", run.Plan))}</pre></details>"))}}
            {{Section("Options", Options(runs))}}
            {{Section("Receipt", Receipt(runs))}}
            {{Section("To repeat it", Columns(runs, run => run.Receipt.IsImported ? "" : $"<pre>{Text(ShellWords.Of(run.Receipt.ToArguments()))}\n{Text(ShellWords.Of(Seq("train", "--from", $"{run.Folder}/run.json") + run.Receipt.OwnData))}</pre>"))}}
            <script>{{Resource("report.js")}}</script>
            </body>
            </html>

            """;
    }

    private static string Beside(params string[] parts) => $"<div class=\"columns\">{string.Concat(parts)}</div>";

    private static Seq<(string Label, string Source)> Frames(RunReport run) =>
        toSeq(run.Frames.Select((frame, i) => (Invariant($"{100 * i / Math.Max(1, run.Frames.Count - 1)} %"), Source("image/webp", frame))).ToArray());

    private static string Summary(RunReport run)
    {
        var (options, receipt) = (run.Receipt.Options, run.Receipt);
        if (receipt.IsImported)
        {
            return $"The {run.Config.NetworkName} network{Embedding(run)}, {receipt.Data.Origin}.";
        }

        var steps = (long)StepsPerEpoch(run) * options.Epochs;
        var state = receipt.Finished ? "finished" : Invariant($"at step {receipt.Progress.Step} of {steps}");
        var loss = run.Metrics.Filter(metric => metric.Kind == "epoch").LastOrNone().Match(last => Invariant($", loss {last.Loss:F4} in epoch {last.Epoch}"), () => "");
        var data = Invariant($"{Counted.Of(receipt.Data.Images, "image")} of {receipt.Data.Name}, {receipt.Data.Size}×{receipt.Data.Size}×{receipt.Data.Channels}");
        return $"The {run.Config.NetworkName} network{Embedding(run)} with the recipe {options.Preset}: {Counted.Of(options.Epochs, "epoch")} of {data}; {state}{loss}.";
    }

    /// <summary>Names the embedding of timesteps where it was chosen, or came with the weights.</summary>
    private static string Embedding(RunReport run) => run.Receipt.Options.Embedding switch
    {
        null => "",
        Choices.EmbeddingAsInFile => " (embedding of timesteps as in the file)",
        var name => $" (embedding of timesteps: {name})",
    };

    private static LinePlot Losses(Seq<RunReport> runs) => new("epochs", "loss", LogY: true, Lines: runs.Bind(run => run.Metrics.Exists(metric => metric.Kind == "epoch")
        ? Seq(new PlotLine(Named(runs, run, "steps"), Over(run, "step", metric => metric.Loss)), new PlotLine(Named(runs, run, "epochs"), Over(run, "epoch", metric => metric.Loss), Marked: true))
        : Seq1(new PlotLine(Named(runs, run, "steps"), Over(run, "step", metric => metric.Loss)))));

    private static LinePlot Rates(Seq<RunReport> runs) =>
        new("epochs", "learning rate", runs.Map(run => new PlotLine(Named(runs, run, ""), Over(run, "step", metric => metric.LearningRate))));

    private static int StepsPerEpoch(RunReport run) => StepCount.InEpoch(run.Receipt.Data.Images, run.Receipt.Options.BatchSize);

    private static Seq<(double, double)> Over(RunReport run, string kind, Func<Runs.Metric, double> value)
    {
        var perEpoch = StepsPerEpoch(run);
        return run.Metrics.Filter(metric => metric.Kind == kind).Map(metric => ((double)metric.Step / perEpoch, value(metric)));
    }

    private static LinePlot Schedules(Seq<RunReport> runs, string axis, bool logarithmic, Func<NoiseLevel, double> value) =>
        new("timestep", axis, LogY: logarithmic, Lines: runs.Map(run => new PlotLine(
            Named(runs, run, ""), toSeq(Enumerable.Range(0, run.Config.Model.Schedule.Steps).Select(t => ((double)t, value(run.Config.Model.Schedule[t]))).ToArray()))));

    private static string Named(Seq<RunReport> runs, RunReport run, string what) => runs.Count == 1 ? what : $"{run.Name} {what}".TrimEnd();

    private static string Evaluation(Seq<RunReport> runs) => runs.Exists(run => run.Evaluation.IsSome || !run.Outdated.IsEmpty)
        ? Columns(runs, run => Soft(run.Outdated)
            + run.Evaluation.Match(report => $"<pre>{Text(string.Join("\n", report.Table()))}</pre>", () => run.Outdated.IsEmpty ? "<p class=\"soft\">not evaluated</p>" : ""))
        : "";

    private static string Soft(Seq<string> told) => string.Concat(told.Map(line => $"<p class=\"soft\">{Text(line)}</p>"));

    /// <summary>Every option of every run; those that are not the preset's, or not the same everywhere, stand out.</summary>
    private static string Options(Seq<RunReport> runs) => Table(
        runs, toSeq(typeof(TrainingOptions).GetProperties().Select(option => (
            JsonNamingPolicy.KebabCaseLower.ConvertName(option.Name),
            runs.Map(run => (Value: Shown(option.GetValue(run.Receipt.Options)), Other: runs.Count > 1
                ? runs.Exists(one => !Equals(option.GetValue(one.Receipt.Options), option.GetValue(run.Receipt.Options)))
                : !Equals(option.GetValue(run.Receipt.Options), option.GetValue(TrainingOptions.Of(run.Receipt.Options.Preset, run.Receipt.Options.Dataset))))))).ToArray()));

    private static string Receipt(Seq<RunReport> runs) => Table(runs, Seq<(string, Func<RunReport, string>)>(
            ("data", run => run.Receipt.Data.Origin), ("data SHA-256", run => run.Receipt.Data.Sha256), ("weights SHA-256", run => run.Receipt.WeightsSha256 ?? "not finished"),
            ("Ddpm", run => run.Receipt.Machine.Ddpm), ("TorchSharp", run => run.Receipt.Machine.TorchSharp), ("libtorch", run => run.Receipt.Machine.Libtorch),
            ("runtime", run => run.Receipt.Machine.Runtime), ("system", run => run.Receipt.Machine.System), ("device", run => run.Receipt.Machine.Device),
            ("threads", run => Invariant($"{run.Receipt.Machine.Threads}")))
        .Map(row => (row.Item1, runs.Map(run => (row.Item2(run), false)))));

    private static string Shown(object? value) => value switch
    {
        null => "–",
        bool said => said ? "yes" : "no",
        _ => Invariant($"{value}"),
    };

    private static string Table(Seq<RunReport> runs, Seq<(string Name, Seq<(string Value, bool Other)> Cells)> rows)
    {
        var head = runs.Count == 1 ? "" : $"<tr><th></th>{string.Concat(runs.Map(run => $"<th>{Text(run.Name)}</th>"))}</tr>";
        string Cell((string Value, bool Other) cell) => $"<td class=\"hash{(cell.Other ? " other" : "")}\">{Text(cell.Value)}</td>";
        string Row((string Name, Seq<(string Value, bool Other)> Cells) row) => $"<tr><th>{Text(row.Name)}</th>{string.Concat(row.Cells.Map(Cell))}</tr>";
        return $"<div class=\"scroll\"><table>{head}{string.Concat(rows.Map(Row))}</table></div>";
    }

    /// <summary>A section, unless there is nothing in it.</summary>
    private static string Section(string title, string content) => content.Length == 0 ? "" : $"<section><h2>{Text(title)}</h2>{content}</section>";

    /// <summary>What there is of each run, side by side; nothing where there is nothing of any.</summary>
    private static string Columns(Seq<RunReport> runs, Func<RunReport, string> content)
    {
        var parts = runs.Map(run => (run.Name, Content: content(run)));
        return parts.ForAll(part => part.Content.Length == 0)
            ? ""
            : $"<div class=\"columns\">{string.Concat(parts.Map(part => $"<div>{(runs.Count == 1 ? "" : $"<h3>{Text(part.Name)}</h3>")}{part.Content}</div>"))}</div>";
    }

    /// <summary>Pictures that a slider turns through.</summary>
    private static string Turn(Seq<(string Label, string Source)> pictures, int first, bool plays) => pictures.IsEmpty
        ? ""
        : Invariant($"<div class=\"turn\"><img class=\"pixels\" src=\"{pictures[first].Source}\" alt=\"{Text(pictures[first].Label)}\">")
            + Invariant($"<div class=\"player\"{(pictures.Count == 1 ? " hidden" : "")}>{(plays ? "<button type=\"button\">Play</button>" : "")}<input type=\"range\" min=\"0\" max=\"{pictures.Count - 1}\" value=\"{first}\" aria-label=\"which picture\"><output>{Text(pictures[first].Label)}</output></div>")
            + $"<script type=\"application/json\">{Json(pictures.Map(picture => new { label = picture.Label, source = picture.Source }))}</script></div>";

    private static string Plot(string what, LinePlot plot) => $"<img class=\"plot\" src=\"{Source("image/svg+xml", Encoding.UTF8.GetBytes(plot.ToSvg()))}\" alt=\"{Text(what)}\">";

    private static string Source(string type, byte[] content) => $"data:{type};base64,{Convert.ToBase64String(content)}";

    /// <summary>JSON inside a script: without the escapes that would make pictures longer, and without what could end the script.</summary>
    private static string Json<T>(T value) => JsonSerializer.Serialize(value, Unescaped).Replace("<", "\\u003c", StringComparison.Ordinal);

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(ReportPage).Assembly.GetManifestResourceStream($"Ddpm.Host.Reports.{name}")!);
        return reader.ReadToEnd();
    }
}

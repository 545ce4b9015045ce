using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Charts;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Text;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Reports;

/// <summary>
/// An HTML page about one run, or about several side by side. The page holds all of its pictures, plots, style and script, so it can be read without a network,
/// kept and sent.
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
            {{Section("Samples", Columns(runs, run => Turn(Grids(run), run.Grids.Count - 1, plays: false)))}}
            {{Section("From noise to images", Columns(runs, FromNoise))}}
            {{Section("Losses and learning rate", Training(runs))}}
            {{Section("Noise schedule", Beside(
                Plot("the image's share of the variance", Schedules(runs, "image's share, a²/(a² + σ²)", false, level => level.SquaredA / level.Power)),
                Plot("the noise over the image, by timestep", Schedules(runs, "noise over image, σ/a", true, level => level.Sigma / level.A))))}}
            {{Section("Evaluation", Evaluation(runs))}}
            {{Section("Evaluations of the network", Columns(runs, FewSteps))}}
            {{Section("What sampling does", Columns(runs, Plan))}}
            {{Section("Options", Options(runs))}}
            {{Section("Receipt", Receipt(runs))}}
            {{Section("To repeat it", Columns(runs, Repetition))}}
            <script>{{Resource("report.js")}}</script>
            </body>
            </html>

            """;
    }

    private static string Beside(params string[] parts) => $"<div class=\"columns\">{string.Concat(parts)}</div>";

    private static Seq<(string Label, string Source)> Grids(RunReport run) => run.Grids.Map(grid => (grid.Label, Source("image/png", grid.Png)));

    private static Seq<(string Label, string Source)> Frames(RunReport run) =>
        toSeq(run.Frames.Select((frame, i) => (Invariant($"{100 * i / Math.Max(1, run.Frames.Count - 1)} %"), Source("image/webp", frame))).ToArray());

    /// <summary>The model itself, in a frame with a policy of its own; or a film.</summary>
    private static string FromNoise(RunReport run) => run.Live.Match(
        page => $"<iframe title=\"{Text(run.Name)}, live\" srcdoc=\"{Text(page)}\"></iframe>",
        () => Turn(Frames(run), run.Frames.Count - 1, plays: true));

    private static string Summary(RunReport run)
    {
        var (options, receipt) = (run.Receipt.Options, run.Receipt);
        if (receipt.IsImported)
        {
            return $"The {run.Config.NetworkName} network{Embedding(run)}, {receipt.Data.Origin}.";
        }

        if (receipt.Distilled is { } distilled)
        {
            return $"The {run.Config.NetworkName} network{Embedding(run)}, distilled from the run {distilled.Run} "
                + $"to {Counted.Of(distilled.Options.Evaluations, "evaluation")}.";
        }

        var steps = (long)StepsPerEpoch(run) * options.Epochs;
        var state = receipt.Finished ? "finished" : Invariant($"at step {receipt.Progress.Step} of {steps}");
        var lastEpoch = run.Metrics.Filter(metric => metric.Kind == "epoch").LastOrNone();
        string Tested(Metric last) => last.HeldOutLoss is { } heldOut ? Invariant($" ({heldOut:F4} on test images)") : "";
        var loss = lastEpoch.Match(last => Invariant($", loss {last.Loss:F4} in epoch {last.Epoch}{Tested(last)}"), () => "");
        var shape = receipt.Data.Shape.ToString();
        var data = $"{Counted.Of(receipt.Data.Images, "image")} of {receipt.Data.Name}, {shape}";
        return $"The {run.Config.NetworkName} network{Embedding(run)} with the recipe {options.Preset}: "
            + $"{Counted.Of(options.Epochs, "epoch")} of {data}; {state}{loss}.";
    }

    /// <summary>Names the embedding of timesteps where it was chosen, or came with the weights.</summary>
    private static string Embedding(RunReport run) => run.Receipt.Options.Embedding switch
    {
        null => "",
        Choices.EmbeddingAsInFile => " (embedding of timesteps as in the file)",
        var name => $" (embedding of timesteps: {name})",
    };

    private static string Training(Seq<RunReport> runs) => runs.ForAll(run => run.Metrics.IsEmpty)
        ? ""
        : Beside(Plot("the loss over epochs", Losses(runs)), Plot("the learning rate over epochs", Rates(runs))) + Soft(runs.Choose(run => run.Unreadable));

    private static string FewSteps(RunReport run) =>
        run.FewSteps.Match(steps => Plot("D over evaluations of the network, by sampler", steps.Chart()), () => "");

    private static string Plan(RunReport run) =>
        $"<details><summary>{run.Plan.HeadOrNone().IfNone("")}</summary><pre>{Text(string.Join("\n", run.Plan))}</pre></details>";

    /// <summary>The commands that repeat a run.</summary>
    private static string Repetition(RunReport run)
    {
        if (!run.Receipt.IsTrained)
        {
            return "";
        }

        var again = Seq("train", "--from", $"{run.Folder}/run.json") + run.Receipt.OwnData;
        return $"<pre>{Text(ShellWords.Of(run.Receipt.ToArguments()))}\n{Text(ShellWords.Of(again))}</pre>";
    }

    private static LineChart Losses(Seq<RunReport> runs) => TrainingCurves.LossChart(runs.Bind(run => CurvesOf(runs, run).Losses.ToSeq()).ToArr());

    private static LineChart Rates(Seq<RunReport> runs) => new("epochs", "learning rate", runs.Map(run => CurvesOf(runs, run).Rates).ToArr());

    private static TrainingCurves CurvesOf(Seq<RunReport> runs, RunReport run) => new(run.Metrics, StepsPerEpoch(run), Named(runs, run));

    private static int StepsPerEpoch(RunReport run) => StepCount.InEpoch(run.Receipt.Data.Images, run.Receipt.Options.BatchSize);

    private static LineChart Schedules(Seq<RunReport> runs, string axis, bool logarithmic, Func<NoiseLevel, double> value)
    {
        ChartCurve Curve(RunReport run) => new(Named(runs, run), run.Config.Model.Schedule.Levels.Select((level, t) => ((double)t, value(level))).ToArr());
        return new("timestep", axis, runs.Map(Curve).ToArr(), logarithmicY: logarithmic);
    }

    /// <summary>The name of a run's curves, if the page shows several runs.</summary>
    private static string Named(Seq<RunReport> runs, RunReport run) => runs.Count == 1 ? "" : run.Name;

    private static string Evaluation(Seq<RunReport> runs)
    {
        string Of(RunReport run) => Soft(run.Outdated) + run.Evaluation.Match(
            report => $"<pre>{Text(string.Join("\n", report.Table()))}</pre>",
            () => run.Outdated.IsEmpty ? Soft(Seq1("not evaluated")) : "");
        return runs.Exists(run => run.Evaluation.IsSome || !run.Outdated.IsEmpty) ? Columns(runs, Of) : "";
    }

    private static string Soft(Seq<string> lines) => string.Concat(lines.Map(line => $"<p class=\"soft\">{Text(line)}</p>"));

    /// <summary>Every option of every run. Of one run, options that differ from the preset stand out; of several, options that differ between them.</summary>
    private static string Options(Seq<RunReport> runs)
    {
        TrainingOptions[] Others(TrainingOptions options) => runs.Count > 1
            ? [.. runs.Map(run => run.Receipt.Options)]
            : [TrainingOptions.Of(options.Preset, options.Dataset)];
        (string, Seq<(string, bool)>) Row(PropertyInfo option) => (
            JsonNamingPolicy.KebabCaseLower.ConvertName(option.Name),
            runs.Map(run => run.Receipt.Options).Map(options => (
                Shown(option.GetValue(options)),
                Others(options).Any(other => !Equals(option.GetValue(other), option.GetValue(options))))));
        return Table(runs, toSeq(typeof(TrainingOptions).GetProperties().Select(Row).ToArray()));
    }

    private static string Receipt(Seq<RunReport> runs) => Table(runs, Seq<(string, Func<RunReport, string>)>(
            ("data", run => run.Receipt.Data.Origin), ("data SHA-256", run => run.Receipt.Data.Sha256),
            ("weights SHA-256", run => run.Receipt.WeightsSha256 ?? "not finished"),
            ("Ddpm", run => run.Receipt.Machine.Ddpm), ("TorchSharp", run => run.Receipt.Machine.TorchSharp), ("libtorch", run => run.Receipt.Machine.Libtorch),
            ("runtime", run => run.Receipt.Machine.Runtime), ("system", run => run.Receipt.Machine.System), ("device", run => run.Receipt.Machine.Device),
            ("threads", run => Invariant($"{run.Receipt.Machine.Threads}")))
        .Map(row => (row.Item1, runs.Map(run => (row.Item2(run), false)))));

    private static string Shown(object? value) => value switch
    {
        null => "–",
        bool set => set ? "yes" : "no",
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
        var parts = runs.Map(run => (Head: runs.Count == 1 ? "" : $"<h3>{Text(run.Name)}</h3>", Content: content(run)));
        return parts.ForAll(part => part.Content.Length == 0) ? "" : Beside([.. parts.Map(part => $"<div>{part.Head}{part.Content}</div>")]);
    }

    /// <summary>Pictures that a slider turns through.</summary>
    private static string Turn(Seq<(string Label, string Source)> pictures, int first, bool plays)
    {
        if (pictures.IsEmpty)
        {
            return "";
        }

        var (label, source) = (Text(pictures[first].Label), pictures[first].Source);
        var (hidden, play) = (pictures.Count == 1 ? " hidden" : "", plays ? "<button type=\"button\">Play</button>" : "");
        var slider = Invariant($"<input type=\"range\" min=\"0\" max=\"{pictures.Count - 1}\" value=\"{first}\" aria-label=\"which picture\">");
        return $"<div class=\"turn\"><img class=\"pixels\" src=\"{source}\" alt=\"{label}\">"
            + $"<div class=\"player\"{hidden}>{play}{slider}<output>{label}</output></div>"
            + $"<script type=\"application/json\">{Json(pictures.Map(picture => new { label = picture.Label, source = picture.Source }))}</script></div>";
    }

    private static string Plot(string title, LineChart chart)
    {
        var source = Source("image/svg+xml", Encoding.UTF8.GetBytes(chart.ToSvg()));
        return $"<img class=\"plot\" src=\"{source}\" alt=\"{Text(title)}\">";
    }

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

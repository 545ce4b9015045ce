using System.Text;
using System.Text.RegularExpressions;
using ImageMagick;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>The report of a run through the real command line.</summary>
public sealed partial class ReportTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_tells_of_itself_in_one_page_that_needs_nothing_else()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "2", "--run", "small", "--sample-every", "1", "--learning-rate", "0.002"));
        var page = File.ReadAllText(_ddpm.Path("runs", "small", "report.html")); // training has left it
        Assert.DoesNotMatch(Elsewhere(), page);
        Assert.Equal(("small · Ddpm", 1), (Regex.Match(page, "<title>(.*?)</title>").Groups[1].Value, Regex.Count(page, "<h1>")));
        string[] sections =
        [
            "Samples", "From noise to images", "Losses and learning rate", "Noise schedule", "What sampling does", "Options", "Receipt", "To repeat it",
        ];
        foreach (var section in sections)
        {
            Assert.Contains($"<h2>{section}</h2>", page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("<h2>Evaluation</h2>", page, StringComparison.Ordinal); // there is none yet
        Assert.Contains("<td class=\"hash other\">0.002</td>", page, StringComparison.Ordinal);
        Assert.Contains("epoch 0", page, StringComparison.Ordinal);
        foreach (Match picture in Embedded().Matches(page))
        {
            using var decoded = new MagickImage(Convert.FromBase64String(picture.Groups[2].Value), picture.Groups[1].Value switch
            {
                "image/png" => MagickFormat.Png,
                "image/webp" => MagickFormat.WebP,
                _ => MagickFormat.Svg,
            });
            Assert.True(decoded.Width > 50);
        }

        Assert.Equal(4, Regex.Count(page, "<img class=\"plot\""));
        // Plots; grids of three epochs and the end; frames of ten steps; and the grid and the frame that are shown first.
        Assert.Equal(4 + 4 + 1 + 11 + 1, Embedded().Count(page));
        // Ticks are text: a learning rate that never changes is told, and not shown as 0.
        var plots = Embedded().Matches(page).Where(picture => picture.Groups[1].Value == "image/svg+xml")
            .Select(picture => Encoding.UTF8.GetString(Convert.FromBase64String(picture.Groups[2].Value)));
        Assert.Contains(plots, plot => Regex.IsMatch(plot, @">\s*0\.002\s*<"));
        // What repeats it does.
        var command = Regex.Match(page, "<pre>train (.*?)\n").Groups[1].Value.Split(' ');
        _ddpm.Done(["train", .. command, "--data", Fixtures.FashionMnist, "--run", "again", "--threads", "1", "--sample-every", "0"]);
        Assert.Equal(File.ReadAllBytes(_ddpm.Path("runs", "small", "samples.npy")), File.ReadAllBytes(_ddpm.Path("runs", "again", "samples.npy")));

        _ddpm.Done(
            "evaluate", "--run", "small", "--data", Fixtures.FashionMnist, "--count", "8", "--sampler", "ddim", "--sampling-steps", "2", "--bound-images", "0");
        _ddpm.Done("evaluate", "steps", "--run", "small", "--data", Fixtures.FashionMnist, "--count", "8", "--samplers", "ddim", "--evaluations", "1", "2");
        _ddpm.Done("report", "--run", "small", "--to", "page.html");
        var whole = File.ReadAllText(_ddpm.Path("page.html"));
        Assert.Contains("<h2>Evaluation</h2>", whole, StringComparison.Ordinal);
        Assert.Equal(5, Regex.Count(whole, "<img class=\"plot\""));

        _ddpm.Done("report", "--compare", "small", "again");
        var compared = File.ReadAllText(_ddpm.Path("comparison.html"));
        Assert.Contains("<h1>small, again compared</h1>", compared, StringComparison.Ordinal);
        Assert.Contains("not evaluated", compared, StringComparison.Ordinal);
        Assert.DoesNotContain("hash other", compared, StringComparison.Ordinal); // they agree in all options
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "other", "--sample-every", "0"));
        _ddpm.Done("report", "--compare", "small", "other", "--to", "others.html");
        var differences = Regex.Matches(File.ReadAllText(_ddpm.Path("others.html")), "<td class=\"hash other\">(.*?)</td>");
        Assert.Equal(["2", "1", "0.002", "0.001"], differences.Select(cell => cell.Groups[1].Value));

        foreach (var damaged in (string[])["{\"samples\": 3}", "{}", "{\"samples\": null}"])
        {
            File.WriteAllText(_ddpm.Path("runs", "small", "evaluation.json"), damaged);
            _ddpm.Refused(1, ["evaluation.json is damaged: line 1"], "report", "--run", "small");
            Assert.Contains("small  finished", _ddpm.Done("runs").Output, StringComparison.Ordinal);
        }

        _ddpm.Refused(2, ["what should be reported?"], "report");
        _ddpm.Refused(2, ["what should be reported?"], "report", "--compare", "small");
        _ddpm.Refused(1, ["there is no run in runs/none"], "report", "--compare", "again", "none");
    }

    /// <summary>The end is shown first, epochs go by their numbers, and a line of metrics that was cut off is none.</summary>
    [Fact]
    public void A_report_goes_by_epochs_and_bears_a_line_that_was_cut_off()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "small", "--sample-every", "1"));
        var samples = _ddpm.Path("runs", "small", "samples");
        File.Copy(Path.Combine(samples, "epoch-01.png"), Path.Combine(samples, "epoch-100.png"));
        File.Copy(Path.Combine(samples, "epoch-01.png"), Path.Combine(samples, "epoch-95.png"));
        File.AppendAllText(_ddpm.Path("runs", "small", "metrics.jsonl"), "{\"kind\":\"step\",\"st");
        _ddpm.Done("report", "--run", "small");
        var labels = Regex.Matches(File.ReadAllText(_ddpm.Path("runs", "small", "report.html")), "\"(epoch \\d+|the end)\"");
        Assert.Equal(["the end", "epoch 0", "epoch 1", "epoch 95", "epoch 100"], labels.Select(label => label.Groups[1].Value).Distinct());
    }

    [Fact]
    public void One_epoch_of_one_step_on_one_image_is_told_without_a_plural()
    {
        string[] one = ["--limit", "1", "--batch-size", "1", "--epochs", "1"];
        var outcome = _ddpm.Done(
            [
                "train", "--preset", "standard", "--data", Fixtures.FashionMnist, .. one, "--steps", "12", "--threads", "1", "--run", "one",
                "--sample-every", "0",
            ]);
        Assert.Contains("training the standard network for 1 epoch of 1 step\n", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(": 1 epoch of 1 image of fashion-mnist,", File.ReadAllText(_ddpm.Path("runs", "one", "report.html")), StringComparison.Ordinal);
        // A line for its step and one for its epoch, though the default is a line every fifty steps.
        Assert.Equal(2, File.ReadAllLines(_ddpm.Path("runs", "one", "metrics.jsonl")).Length);
    }

    [GeneratedRegex("(src|href)\\s*=\\s*[\"'](?!data:)|https?://|url\\(|@import", RegexOptions.IgnoreCase)]
    private static partial Regex Elsewhere();

    [GeneratedRegex("\"data:(image/[a-z+]*);base64,([A-Za-z0-9+/=]+)\"")]
    private static partial Regex Embedded();
}

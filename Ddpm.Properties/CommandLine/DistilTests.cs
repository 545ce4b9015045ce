using System.Text.Json.Nodes;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Distillation through the real command line.</summary>
public sealed class DistilTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_becomes_one_that_is_sampled_with_two_evaluations()
    {
        Train("run");
        Distil("run");
        Distil("run", "--to-run", "again", "--threads", "2");
        var receipt = Receipt("run-distilled");
        Assert.Equal(Receipt("run")["weights-sha256"]!.GetValue<string>(), receipt["distilled"]!["weights-sha256"]!.GetValue<string>());
        Assert.Equal(64, receipt["distilled"]!["options"]!["images"]!.GetValue<int>());
        Assert.Equal(Receipt("again")["weights-sha256"]!.GetValue<string>(), receipt["weights-sha256"]!.GetValue<string>());
        Assert.NotEqual(Receipt("run")["weights-sha256"]!.GetValue<string>(), receipt["weights-sha256"]!.GetValue<string>());

        var usual = File.ReadAllBytes(_ddpm.Path("runs", "run-distilled", "samples.npy"));
        Assert.Equal(usual, Drawn("--sampling-steps", "2"));
        Assert.NotEqual(usual, Drawn("--sampling-steps", "1"));
        Assert.Contains("distilled", _ddpm.Done("runs").Output, StringComparison.Ordinal);
        _ddpm.Done("report", "--run", "run-distilled");
        Assert.Contains(
            "distilled from the run run to 2 evaluations", File.ReadAllText(_ddpm.Path("runs", "run-distilled", "report.html")), StringComparison.Ordinal);

        _ddpm.Refused(2, ["there is a run in", "run-distilled already"], "distil", "--run", "run");
        _ddpm.Refused(2, ["was distilled already"], "distil", "--run", "run-distilled");
        _ddpm.Refused(2, ["were distilled, not trained"], "train", "--run", "run-distilled", "--resume");
        _ddpm.Refused(2, ["--to-run must be a plain name"], "distil", "--run", "run", "--to-run", "a/b");
        _ddpm.Refused(2, ["images must be at least 32, got 3"], "distil", "--run", "run", "--to-run", "none", "--images", "3");
        Assert.False(Directory.Exists(_ddpm.Path("runs", "none")));
    }

    [Fact]
    public void Classes_are_refused()
    {
        Train("classes", "--conditional");
        _ddpm.Refused(2, ["only runs without classes can be distilled"], "distil", "--run", "classes");
    }

    private void Train(string name, params string[] more) =>
        _ddpm.Done(DdpmProcess.SmallTraining(["--sample-every", "0", "--epochs", "1", "--steps", "60", "--run", name, .. more]));

    private void Distil(string name, params string[] more) => _ddpm.Done(["distil", "--run", name, "--images", "64", "--batch-size", "32", .. more]);

    private JsonNode Receipt(string name) => JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", name, "run.json")))!;

    private byte[] Drawn(params string[] more)
    {
        _ddpm.Done(["sample", "--run", "run-distilled", "--to", "drawn", .. more]);
        return File.ReadAllBytes(_ddpm.Path("drawn", "samples.npy"));
    }
}

using System.Text.Json.Nodes;
using Ddpm.Properties.Data;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>That `bench` measures what it says and tells a peer's ratio; how fast anything is, no test asks.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [UnixFact]
    public void Figures_are_told_and_written_and_a_peer_s_ratio_is_ours_by_theirs()
    {
        var outcome = Bench("echo hello; echo '{\"train_images_per_second\": 1e-3, \"forward_images_per_second\": 2.5}'", "--json", "bench.json", "--precision", "bf16");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var figures = JsonNode.Parse(File.ReadAllText(_ddpm.Path("bench.json")))!.AsArray().ToDictionary(figure => figure!["name"]!.GetValue<string>(), figure => figure!["value"]!);
        double Median(string name) => figures[name]["median"]!.GetValue<double>();
        foreach (var name in (string[])["training", "training-step", "training-fraction", "forward", "matrix-float32", "matrix-bfloat16", "core-float32", "normals", "plan-ddpm", "peak-memory"])
        {
            Assert.True(Median(name) > 0 && figures[name]["least"]!.GetValue<double>() <= Median(name) && Median(name) <= figures[name]["most"]!.GetValue<double>(), name);
        }

        Assert.Equal(1, ((string[])["noise", "data", "forward", "backward", "update"]).Sum(part => Median($"share-{part}")), 1e-9);
        Assert.Equal(1e-3, Median("peer-training"));
        Assert.True(Median("ratio-training") > 1e3 * Median("ratio-forward") / Median("forward") && Median("ratio-forward") > 0);
    }

    [UnixFact]
    public void A_peer_that_fails_or_says_something_else_is_an_error()
    {
        Refused(Bench("echo broken >&2; exit 3"), "--peer: broken");
        Refused(Bench("echo '{\"train_images_per_second\": 7}'"), "the last line that the command prints must be a JSON object");
        Refused(Bench("echo '{\"train_images_per_second\": 7, \"forward_images_per_second\": 0}'"), "positive numbers");
        Refused(Bench("true"), "the last line that the command prints must be a JSON object");
    }

    private DdpmProcess.Outcome Bench(string peer, params string[] more) =>
        _ddpm.Run(["bench", "--image-size", "12", "--batch-size", "4", "--window", "0.0001", "--rounds", "2", "--threads", "1", "--peer", peer, .. more]);

    private static void Refused(DdpmProcess.Outcome outcome, string says)
    {
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Pure.Random;
using Xunit;
using Xunit.Abstractions;

namespace Ddpm.Properties.CommandLine;

/// <summary>
/// Training that is killed (SIGKILL: no chance to tidy up) again and again and goes on each time. The environment variable DDPM_KILLS says how
/// often; unless it is set, 4 times.
/// </summary>
public sealed class KilledRunTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("DDPM_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : 4;

    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    /// <summary>Every other time it is killed while the checkpoint of some step to come is being written, else at a random moment from its start on.</summary>
    [Fact]
    public void A_run_that_is_killed_at_any_moment_ends_with_the_bits_of_one_that_was_not()
    {
        string[] training = DdpmProcess.SmallTraining(
            "--epochs", $"{6 * Kills}", "--sample-every", "0", "--log-every", "2", "--checkpoint-every", "1", "--keep", "3", "--clip-norm", "1");
        var whole = _ddpm.Run([.. training, "--run", "one"]);
        Assert.True(whole.ExitCode == 0, whole.Error);

        var moments = new RandomStream(1, StreamName.Timesteps);
        var (killed, whileWriting, atSteps) = (0, 0, new List<int>());
        for (var kill = 0; kill < Kills; kill++)
        {
            string[] start = File.Exists(_ddpm.Path("runs", "two", "run.json"))
                ? ["train", "--run", "two", "--resume", "--data", Fixtures.FashionMnist]
                : [.. training, "--run", "two"];
            var draws = moments.At(kill, 0);
            var (step, wait) = ((Receipt("two")?["progress"]?["step"]?.GetValue<int>() ?? 0) + 2 + draws.Below(0, 12), draws.Below(1, 4000));
            Func<TimeSpan, bool> moment = kill % 2 == 0 ? _ => Partial().Any(name => WrittenStep(name) >= step) : elapsed => elapsed.TotalMilliseconds >= wait;
            var outcome = _ddpm.Run(process => KillAt(process, moment), start);
            if (outcome.ExitCode == 0)
            {
                break; // it was done before its moment came
            }

            Assert.True(outcome.ExitCode == 137, outcome.Error);
            killed++;
            whileWriting += Partial().Any() ? 1 : 0;
            atSteps.Add(Receipt("two")?["progress"]?["step"]?.GetValue<int>() ?? 0);
        }

        output.WriteLine($"killed {killed} times, with last checkpoints of steps {string.Join(" ", atSteps)}; {whileWriting} times a file was left half-written");
        Assert.True(killed > Kills / 2);
        var resumed = _ddpm.Run("train", "--run", "two", "--resume", "--data", Fixtures.FashionMnist);
        Assert.True(resumed.ExitCode == 0, resumed.Error);

        Assert.Equal(Checkpoints("one"), Checkpoints("two"));
        Assert.Equal(Receipt("one")!["weights-sha256"]!.GetValue<string>(), Receipt("two")!["weights-sha256"]!.GetValue<string>());
        Assert.Equal(Metrics("one"), Metrics("two"));
        Assert.Equal(Sha256(_ddpm.Path("runs", "one", "samples.npy")), Sha256(_ddpm.Path("runs", "two", "samples.npy")));
        Assert.Empty(Partial());
        Assert.False(File.Exists(_ddpm.Path("runs", "two", "run.lock")));
    }

    private static void KillAt(Process process, Func<TimeSpan, bool> moment) => new Thread(() =>
    {
        var clock = Stopwatch.StartNew();
        while (!moment(clock.Elapsed))
        {
            if (process.HasExited)
            {
                return;
            }

            Thread.Yield();
        }

        process.Kill();
    }).Start();

    private IEnumerable<string> Partial()
    {
        var folder = _ddpm.Path("runs", "two", "checkpoints");
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*" + AtomicFile.TemporarySuffix) : [];
    }

    private static int WrittenStep(string partial) => RunFolder.CheckpointStep(Path.GetFileName(partial).Split('.') is [var step, var format, ..] ? $"{step}.{format}" : "").IfNone(0);

    /// <summary>Weights, Adam's moments, progress and options, as they lie on the disk.</summary>
    private (string, string)[] Checkpoints(string run) =>
        [.. Directory.EnumerateFiles(_ddpm.Path("runs", run, "checkpoints")).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), Sha256(path)))];

    private JsonNode? Receipt(string run) =>
        _ddpm.Path("runs", run, "run.json") is var path && File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) : null;

    private string[] Metrics(string run) =>
        [.. File.ReadLines(_ddpm.Path("runs", run, "metrics.jsonl")).Select(line =>
        {
            var metric = JsonNode.Parse(line)!.AsObject();
            Assert.True(metric.Remove("seconds") && metric.Remove("images-per-second"));
            return metric.ToJsonString();
        })];

    private static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}

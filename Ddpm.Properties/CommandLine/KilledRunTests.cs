using System.Diagnostics;
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
    private static readonly int Kills = EnvironmentCount.Of("DDPM_KILLS") ?? 4;

    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    /// <summary>
    /// Every other time, the run is killed while it writes the checkpoint of some later step; otherwise once one is written: the last one, which is at once,
    /// or one of the next eleven.
    /// </summary>
    [Fact]
    public void A_run_that_is_killed_at_any_moment_ends_with_the_bits_of_one_that_was_not()
    {
        string[] training = DdpmProcess.SmallTraining(
            "--epochs", $"{6 * Kills}", "--sample-every", "0", "--log-every", "2", "--checkpoint-every", "1", "--keep", "3", "--clip-norm", "1");
        _ddpm.Done([.. training, "--run", "one"]);

        var moments = new RandomStream(1, StreamName.Timesteps);
        var (killed, whileWriting, atSteps) = (0, 0, new List<int>());
        for (var kill = 0; kill < Kills; kill++)
        {
            string[] start = File.Exists(_ddpm.Path("runs", "two", "run.json"))
                ? ["train", "--run", "two", "--resume", "--data", Fixtures.FashionMnist]
                : [.. training, "--run", "two"];
            var step = LastStep() + moments.At(kill, 0).Below(0, 12);
            Func<bool> moment = kill % 2 == 0 ? () => Partial().Any(path => StepOf(path) >= step + 2) : () => LastStep() >= step;
            var outcome = _ddpm.Run(process => KillAt(process, moment), start);
            if (outcome.ExitCode == 0)
            {
                break; // it was done before its moment came
            }

            outcome.Ended(137);
            killed++;
            whileWriting += Partial().Length > 0 ? 1 : 0;
            atSteps.Add(LastStep());
        }

        output.WriteLine(
            $"killed {killed} times, with last checkpoints of steps {string.Join(" ", atSteps)}; {whileWriting} times a file was left half-written");
        Assert.True(killed > Kills / 2);
        _ddpm.Done("train", "--run", "two", "--resume", "--data", Fixtures.FashionMnist);

        Assert.Equal(Checkpoints("one"), Checkpoints("two"));
        Assert.Equal(Weights("one"), Weights("two"));
        Assert.Equal(Metrics("one"), Metrics("two"));
        Assert.Equal(Sha256(_ddpm.Path("runs", "one", "samples.npy")), Sha256(_ddpm.Path("runs", "two", "samples.npy")));
        Assert.Empty(Partial());
        Assert.False(File.Exists(_ddpm.Path("runs", "two", "run.lock")));
    }

    private static void KillAt(Process process, Func<bool> moment)
    {
        while (!moment())
        {
            if (process.HasExited)
            {
                return;
            }

            Thread.Yield();
        }

        process.Kill();
    }

    private string[] Partial() => InCheckpoints("*" + AtomicFile.TemporarySuffix);

    /// <summary>Of the last whole checkpoint of the run that is killed; 0 where it has none yet.</summary>
    private int LastStep() => InCheckpoints("*.safetensors").Select(StepOf).DefaultIfEmpty().Max();

    private string[] InCheckpoints(string pattern) =>
        _ddpm.Path("runs", "two", "checkpoints") is var folder && Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];

    /// <summary>The step in the name of a checkpoint, or of a file that is to become one.</summary>
    private static int StepOf(string path)
    {
        var name = Path.GetFileName(path).Split('.') is [var step, var format, ..] ? $"{step}.{format}" : "";
        return RunFolder.CheckpointStep(name).IfNone(0);
    }

    /// <summary>Weights, Adam's moments, progress and options, as they lie on the disk.</summary>
    private (string, string)[] Checkpoints(string run) => Directory.EnumerateFiles(_ddpm.Path("runs", run, "checkpoints"))
        .Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), Sha256(path))).ToArray();

    private string Weights(string run) => JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", run, "run.json")))!["weights-sha256"]!.GetValue<string>();

    private string[] Metrics(string run) =>
        [.. File.ReadLines(_ddpm.Path("runs", run, "metrics.jsonl")).Select(line =>
        {
            var metric = JsonNode.Parse(line)!.AsObject();
            Assert.True(metric.Remove("seconds") && metric.Remove("images-per-second"));
            return metric.ToJsonString();
        })];

    private static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}

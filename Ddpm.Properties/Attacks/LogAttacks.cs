using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Ddpm.Host.Runs;
using Ddpm.Properties.CommandLine;
using Xunit;

namespace Ddpm.Properties.Attacks;

/// <summary>Logs and receipts that nobody's training wrote.</summary>
public sealed class LogAttacks : IDisposable
{
    private const string Good = """{"kind":"step","step":1,"epoch":1,"loss":0.5,"learning-rate":0.001,"images-per-second":9,"seconds":1}""";

    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    public static TheoryData<string> Lines { get; } =
    [
        "null", "3", "[]", "{}", "\"step\"", "", "{\"kind\":null}", "\0", "\u00ff", Good.Replace("0.5", "\"0.5\"", StringComparison.Ordinal),
        Good.Replace("0.5", "1e999", StringComparison.Ordinal), Good.Replace("0.5", "NaN", StringComparison.Ordinal),
        Good.Replace("\"step\":1", "\"step\":-1", StringComparison.Ordinal),
        Good.Replace("\"step\":1", "\"step\":99999999999", StringComparison.Ordinal),
        Good.Replace("\"kind\":\"step\"", "\"kind\":\"\\u001b[2J\"", StringComparison.Ordinal),
        new('[', 100_000), Good[..^1], Good + Good, Good.Replace("\"loss\":0.5,", "", StringComparison.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_that_cannot_be_read_is_counted_and_hides_no_other(string line)
    {
        var log = MetricsLog.Parse(Encoding.UTF8.GetBytes($"{Good}\n{line}\n{Good}\n{Good[..20]}"));
        Assert.Equal((2, 1), (log.Metrics.Count, log.Unreadable));
    }

    /// <summary>A run with a damaged log, receipt, evaluation or folder is reported; the other runs are listed as before.</summary>
    [UnixFact]
    public void One_bad_run_never_hides_others()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "good", "--sample-every", "0"));
        string Run(string name, string file, string content)
        {
            Directory.CreateDirectory(_ddpm.Path("runs", name));
            File.Copy(_ddpm.Path("runs", "good", "run.json"), _ddpm.Path("runs", name, "run.json"));
            File.Copy(_ddpm.Path("runs", "good", "metrics.jsonl"), _ddpm.Path("runs", name, "metrics.jsonl"));
            File.Delete(_ddpm.Path("runs", name, file));
            File.WriteAllText(_ddpm.Path("runs", name, file), content);
            return _ddpm.Path("runs", name, file);
        }

        Run("null-line", "metrics.jsonl", $"null\n{File.ReadAllText(_ddpm.Path("runs", "good", "metrics.jsonl"))}");
        Run("no-json", "run.json", "{");
        Run("evaluated", "evaluation.json", "null");
        File.Delete(Run("endless", "metrics.jsonl", ""));
        File.CreateSymbolicLink(_ddpm.Path("runs", "endless", "metrics.jsonl"), "/dev/zero");
        File.Delete(Run("measured", "evaluation.json", ""));
        File.CreateSymbolicLink(_ddpm.Path("runs", "measured", "evaluation.json"), "/dev/zero");

        var listed = _ddpm.Done("runs", "--json");
        var runs = JsonNode.Parse(listed.Output)!.AsArray();
        Assert.Equal(["endless", "evaluated", "good", "measured", "no-json", "null-line"], runs.Select(run => run!["name"]!.GetValue<string>()));
        Assert.Equal("damaged", runs[4]!["state"]!.GetValue<string>());
        Assert.Equal(1, runs[5]!["epochs"]!.GetValue<int>());
        Assert.Contains("null-line: 1 line of runs/null-line/metrics.jsonl cannot be read and are left out", listed.Error, StringComparison.Ordinal);
        Assert.Contains("no-json: runs/no-json/run.json: it is not the receipt", listed.Error, StringComparison.Ordinal);

        Assert.Contains("1 line of runs/null-line/metrics.jsonl cannot be read", _ddpm.Done("report", "--run", "null-line").Error, StringComparison.Ordinal);
        Assert.Contains(
            "1 line of runs/null-line/metrics.jsonl cannot be read", File.ReadAllText(_ddpm.Path("runs", "null-line", "report.html")),
            StringComparison.Ordinal);
        _ddpm.Refused(1, ["cannot read the metrics in runs/endless/metrics.jsonl: it is a device, not a file"], "report", "--run", "endless");
    }

    /// <summary>Names that move a cursor or begin another line are shown without what does so, and commands to repeat are quoted.</summary>
    [UnixFact]
    public void Names_forge_no_line()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "good", "--sample-every", "0"));
        var name = "x\nerror: all is lost\u001b[2J";
        Directory.Move(_ddpm.Path("runs", "good"), _ddpm.Path("runs", name));
        var receipt = _ddpm.Path("runs", name, "run.json");
        File.WriteAllText(
            receipt, File.ReadAllText(receipt).Replace("\"fashion-mnist\",\n    \"origin\"", "\"a; rm -rf ~/\",\n    \"origin\"", StringComparison.Ordinal));
        File.WriteAllText(_ddpm.Path("runs", name, "run.lock"), """{"Pid":1,"Host":"h\u001b[31m\nerror: forged","Started":"x"}""");
        var outcomes = new[]
        {
            _ddpm.Run("runs"), _ddpm.Run("train", "--out", $"runs/{name}", "--resume", "--epochs", "2", "--data", Fixtures.FashionMnist),
            _ddpm.Run("report", "--out", $"runs/{name}"),
            _ddpm.Run("sample", "--out", "nowhere\nerror: forged\u001b[2J"), _ddpm.Run("import", "x\nerror: forged", "--run", "y"),
            _ddpm.Run("runs", "--\u001b[2Jx\nerror: forged"),
        };
        Assert.All(outcomes, outcome => Assert.DoesNotContain('\u001b', outcome.Error + outcome.Output));
        Assert.All(
            outcomes,
            outcome => Assert.DoesNotContain(
                (outcome.Error + outcome.Output).Split('\n'),
                line => line.StartsWith("error: all is lost", StringComparison.Ordinal) || line.StartsWith("error: forged", StringComparison.Ordinal)));
        Assert.Contains(
            "--data &#39;a; rm -rf ~&#39;",
            File.ReadAllText(Path.Combine(_ddpm.Path("runs", name), "report.html")).Replace("'", "&#39;", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>A run that was killed behind its last checkpoint has logged steps that it will make again.</summary>
    [Fact]
    public void TensorBoard_sees_every_step_once_when_a_run_goes_on()
    {
        var folder = new RunFolder(_ddpm.Path("run"));
        folder.Create().ThrowIfFail();
        void Log(int from, int steps)
        {
            using var log = MetricsLog.Open(folder, from).ThrowIfFail();
            foreach (var step in Enumerable.Range(from + 1, steps))
            {
                log.Write(new("step", step, 1, 0.5, 1e-3, 9, 1)).ThrowIfFail();
            }
        }

        Log(0, 7);
        Log(5, 4);
        Assert.Equal(Enumerable.Range(1, 9), MetricsLog.Read(folder).ThrowIfFail().Metrics.Map(metric => metric.Step));
        var events = Directory.GetFiles(folder.TensorBoardPath).SelectMany(file => Steps(File.ReadAllBytes(file))).Order();
        Assert.Equal(Enumerable.Range(1, 9).SelectMany(step => (int[])[step, step]), events); // the loss and the images per second
    }

    /// <summary>
    /// The steps in a file of TensorBoard's: records of a length, a checksum, an event and a checksum; the second field of an event is its step.
    /// </summary>
    private static IEnumerable<int> Steps(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var record = file.AsSpan(at + 12, (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            at += 16 + record.Length;
            if (record.Length > 10 && record[9] == 0x10 && record.IndexOf("loss"u8) + record.IndexOf("images-per-second"u8) > -2)
            {
                yield return record[10];
            }
        }
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Ddpm.Host.Commands;
using Xunit;
using static System.FormattableString;

namespace Ddpm.Properties.CommandLine;

/// <summary>The command line itself: help, spelling, files of options, streams.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    public static TheoryData<string> Commands { get; } =
    [
        "", "train", "train-plan", "sample", "evaluate", "evaluate steps", "evaluate train-classifier", "report", "runs", "import", "export", "forward",
        "bench", "reference export", "reference verify", "reference plan", "doctor", "completion",
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_fits_a_screen_and_has_an_example(string command)
    {
        var outcome = _ddpm.Done([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal("", outcome.Error);
        var lines = outcome.Output.TrimEnd().Split('\n');
        Assert.InRange(lines.Length, 5, 56);
        Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, 120));
        Assert.Contains(lines, line => line.StartsWith($"Usage: ddpm {command}".TrimEnd(), StringComparison.Ordinal));
        Assert.StartsWith($"Example: ddpm {command}".TrimEnd(), lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--epoch: did you mean --epochs?", "train", "--epoch", "3")]
    [InlineData("trian: did you mean train?", "trian")]
    [InlineData("--qiuet: did you mean --quiet?", "runs", "--qiuet")]
    public void What_is_misspelt_is_answered_with_what_may_be_meant(string says, params string[] arguments) => _ddpm.Refused(2, [says], arguments);

    /// <summary>0,5 is neither 0.5 nor 5, whichever option of whichever command it is typed behind: no number reaches a command by another parser.</summary>
    [Fact]
    public void A_decimal_comma_is_refused_by_every_option_that_takes_a_number()
    {
        static IEnumerable<(string[] Path, Option Option)> Options(Command command, string[] path) => command.Options.Select(option => (path, option))
            .Concat(command.Subcommands.SelectMany(sub => Options(sub, [.. path, sub.Name])));
        var root = DdpmCommand.Root();
        static bool IsNumber(Type type) =>
            (type.GetElementType() ?? Nullable.GetUnderlyingType(type) ?? type) is { IsPrimitive: true } number && number != typeof(bool);
        var numbers = Options(root, []).Where(one => IsNumber(one.Option.ValueType)).ToArray();
        Assert.InRange(numbers.Length, 50, 1000);
        Assert.All(numbers, one => Assert.Contains(
            root.Parse([.. one.Path, one.Option.Name, .. Enumerable.Repeat("0,5", Math.Max(1, one.Option.Arity.MinimumNumberOfValues))]).Errors,
            error => error.Message.StartsWith($"{one.Option.Name} must be a ", StringComparison.Ordinal)
                && error.Message.EndsWith(", got 0,5", StringComparison.Ordinal)));
    }

    [Fact]
    public void Options_come_from_a_file_and_the_command_line_wins()
    {
        File.WriteAllText(_ddpm.Path("small.json"), $$"""
            {
              "data": {{JsonValue.Create(Fixtures.FashionMnist).ToJsonString()}}, // comments are welcome
              "limit": 16, "batch-size": 16, "steps": 3, "epochs": 5, "sample-every": 0, "learning-rate": 2e-3, "conditional": true, "seed": null, "threads": 1,
            }
            """);
        _ddpm.Done("train", "--config", "small.json", "--epochs", "1", "--run", "a");
        var options = JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "a", "run.json")))!["options"]!;
        Assert.Equal((1, 16), (options["epochs"]!.GetValue<int>(), options["limit"]!.GetValue<int>()));
        Assert.Equal((0.002, true), (options["learning-rate"]!.GetValue<double>(), options["conditional"]!.GetValue<bool>()));

        File.WriteAllText(_ddpm.Path("many.json"), "{\"guidance-sweep\": [0, 2], \"count\": 10, \"sampler\": \"ddim\", \"sampling-steps\": 1}");
        Assert.Contains("guidance.png", _ddpm.Done("sample", "--run", "a", "--config=many.json").Output, StringComparison.Ordinal);

        void Refused(string json, string says)
        {
            File.WriteAllText(_ddpm.Path("wrong.json"), json);
            _ddpm.Refused(2, [says], "runs", "--config", "wrong.json");
        }

        Refused("[1]", "wrong.json: it must hold a JSON object of options");
        Refused("{\n1}", "wrong.json: line 2, byte 1 is not valid JSON");
        Refused("{\"in\": {}}", "in must be text, a number, true, false, or a list of them");
        Refused("{\"jsn\": true}", "--jsn: did you mean --json?");
        Refused("{\"in\": \"\\ud800\"}", "half a surrogate pair");
        // The command line overrides the file, even its invalid text.
        Assert.Contains("no runs in b", _ddpm.Done("runs", "--in:b", "--config", "wrong.json").Output, StringComparison.Ordinal);
        _ddpm.Refused(2, ["--config needs a file"], "runs", "--config");
        _ddpm.Refused(1, ["cannot read none.json"], "runs", "--config", "none.json");
    }

    /// <summary>A pipe gets what was asked for, and whoever looks on the rest.</summary>
    [Fact]
    public void Results_are_on_the_output_stream_and_progress_on_the_error_stream_unless_quiet()
    {
        var outcome = _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "a", "--sample-every", "0"));
        Assert.Contains("training the standard network", outcome.Error, StringComparison.Ordinal);
        Assert.All(outcome.Output.TrimEnd().Split('\n'), line => Assert.StartsWith("wrote runs/a/", line, StringComparison.Ordinal));
        var quiet = _ddpm.Done([.. DdpmProcess.SmallTraining("--epochs", "1", "--run", "b", "--sample-every", "0"), "--quiet"]);
        Assert.Equal(("", outcome.Output.Replace("runs/a", "runs/b", StringComparison.Ordinal)), (quiet.Error, quiet.Output));
    }

    [Fact]
    public void Runs_are_listed_with_their_state()
    {
        Assert.Contains("there are no runs in runs", _ddpm.Done("runs").Output, StringComparison.Ordinal);
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "2", "--run", "done", "--sample-every", "0"));
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "stopped", "--sample-every", "0"));
        _ddpm.Done(
            "evaluate", "--run", "done", "--data", Fixtures.FashionMnist, "--count", "8", "--sampler", "ddim", "--sampling-steps", "1", "--bound-images", "0");
        var receipt = _ddpm.Path("runs", "stopped", "run.json");
        File.WriteAllText(receipt, File.ReadAllText(receipt).Replace("\"finished\": true", "\"finished\": false", StringComparison.Ordinal));
        Directory.CreateDirectory(_ddpm.Path("runs", "broken"));
        File.WriteAllText(_ddpm.Path("runs", "broken", "run.json"), "{}");
        var runs = JsonNode.Parse(_ddpm.Done("runs", "--json").Output)!.AsArray();
        Assert.Equal(
            [("broken", "damaged"), ("done", "finished"), ("stopped", "stopped")],
            runs.Select(run => (run!["name"]!.GetValue<string>(), run["state"]!.GetValue<string>())));
        Assert.Equal((2, 2), (runs[1]!["epochs"]!.GetValue<int>(), runs[1]!["of-epochs"]!.GetValue<int>()));
        Assert.All((string[])["loss", "held-out-loss"], name => Assert.True(runs[1]![name]!.GetValue<double>() > 0));
        Assert.True(runs[1]!["d"]!.GetValue<double>() > 0 && runs[1]!["bytes"]!.GetValue<long>() > 1_000_000);
        Assert.Contains("2/2", _ddpm.Done("runs").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -F _ddpm ddpm")]
    [InlineData("zsh", "compdef _ddpm ddpm")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public void A_shell_is_told_how_to_complete(string shell, string says) =>
        Assert.Contains(says, _ddpm.Done("completion", shell).Output, StringComparison.Ordinal);

    /// <summary>As Bash does when Tab is pressed behind "ddpm sample --sampl".</summary>
    [UnixFact]
    public void Bash_completes()
    {
        File.WriteAllText(_ddpm.Path("completion.bash"), _ddpm.Done("completion", "bash").Output);
        const string Tab = "COMP_LINE='ddpm sample --sampl' COMP_POINT=19 COMP_WORDS=(ddpm sample --sampl) COMP_CWORD=2; _ddpm; echo \"${COMPREPLY[@]}\"";
        var bash = _ddpm.RunProgram("bash", "-c", $"source completion.bash; {Tab}").Done();
        Assert.Equal(("--sampler --sampling-steps\n", ""), (bash.Output, bash.Error));
    }

    [Theory]
    [InlineData("sample --sampl", "--sampler --sampling-steps")]
    [InlineData("train --preset ", "best ddpm-cifar10 finest original standard")]
    [InlineData("train --precision b", "bf16")]
    [InlineData("export --format ", "diffusers html onnx run safetensors")]
    [InlineData("export --weights ", "float16 float32")]
    [InlineData("evaluate steps --run cl", "clothes closed")]
    [InlineData("sample --spacing sea", "searched")]
    [InlineData("reference plan --spacing ka", "karras")]
    public void What_completes_is_known(string typed, string words)
    {
        foreach (var run in (string[])["clothes", "closed", "other"])
        {
            Directory.CreateDirectory(_ddpm.Path("runs", run));
        }

        var line = "ddpm " + typed;
        var completed = _ddpm.Done(Invariant($"[suggest:{line.Length}]"), line).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(words.Split(' ').Order(StringComparer.Ordinal), completed.Order(StringComparer.Ordinal));
    }
}

using System.Text.Json.Nodes;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Training that starts from weights: those of a run, of a checkpoint, or of another program.</summary>
public sealed class FromWeightsTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_its_checkpoint_and_its_exported_weights_start_alike_and_repeat_to_the_same_bits()
    {
        _ddpm.Done(Small("taught", "--preset", "best", "--prediction", "velocity", "--seed", "4"));
        _ddpm.Done("export", "--run", "taught", "--to", "taught.safetensors");
        var checkpoint = Path.Combine("runs", "taught", "checkpoints", "step-0000003.safetensors");
        _ddpm.Done(Tuned("of-run", "taught"));
        _ddpm.Done(Tuned("of-folder", Path.Combine("runs", "taught")));
        _ddpm.Done(Tuned("of-checkpoint", checkpoint));
        _ddpm.Done(Tuned("of-file", "taught.safetensors", "--preset", "best", "--prediction", "velocity"));
        var receipt = Receipt("of-run");
        Assert.All(
            (string[])["of-folder", "of-checkpoint", "of-file"],
            name => Assert.Equal(Text(receipt, "weights-sha256"), Text(Receipt(name), "weights-sha256")));
        Assert.Equal("velocity", Text(receipt["options"]!, "prediction"));
        Assert.Equal("taught", Text(receipt["from-weights"]!, "source"));
        Assert.False(File.Exists(_ddpm.Path("runs", "of-run", "samples", "epoch-00.png")));

        _ddpm.Done(Small("random", "--preset", "best", "--prediction", "velocity", "--learning-rate", "0.0001"));
        Assert.NotEqual(Text(receipt, "weights-sha256"), Text(Receipt("random"), "weights-sha256"));

        var again = _ddpm.Done(
            "train", "--data", Fixtures.FashionMnist, "--threads", "1", "--from", Path.Combine("runs", "of-run", "run.json"), "--run", "again");
        Assert.Contains("equal the receipt's bit by bit", again.Output + again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_classes_starts_the_class_embedding_anew_and_says_so()
    {
        _ddpm.Done(Small("plain"));
        var tuned = _ddpm.Done(Tuned("classes", "plain", "--conditional"));
        Assert.Contains("the class embedding starts anew: the weights have 0 classes, this run has 10", tuned.Output + tuned.Error, StringComparison.Ordinal);
        var back = _ddpm.Done(Tuned("back", "classes", "--conditional", "false"));
        Assert.Contains("the class embedding of the weights (10 classes) is left out", back.Output + back.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_cannot_be_started_from_are_refused_in_one_line()
    {
        _ddpm.Done(Small("plain"));
        _ddpm.Run(Tuned("other", "plain", "--network", "modern")).Refused(1, "plain", "is missing");
        _ddpm.Run(Tuned("other", "plain", "--embedding", "transformer")).Refused(2, "--embedding cannot be combined with --from-weights");
        _ddpm.Run(Tuned("other", "nobody")).Refused(1, "--from-weights nobody", "there is no run in");
        File.WriteAllText(_ddpm.Path("text.safetensors"), "no weights");
        _ddpm.Run(Tuned("other", "text.safetensors")).Refused(1, "--from-weights text.safetensors");
        _ddpm.Run("train", "--run", "plain", "--resume", "--from-weights", "plain").Refused(2, "--from-weights begins a new run");
        var receipt = Path.Combine("runs", "plain", "run.json");
        _ddpm.Run("train", "--run", "other", "--from", receipt, "--from-weights", "plain").Refused(2, "leave out --from-weights");
        Assert.False(Directory.Exists(_ddpm.Path("runs", "other")));

        _ddpm.Done(Tuned("tuned", "plain"));
        Directory.Delete(_ddpm.Path("runs", "plain"), recursive: true);
        _ddpm.Done(Small("plain", "--seed", "9"));
        _ddpm.Run("train", "--data", Fixtures.FashionMnist, "--from", Path.Combine("runs", "tuned", "run.json"), "--run", "other")
            .Refused(1, "the run started from other weights than plain has now");
    }

    private static string[] Small(string name, params string[] more) =>
        DdpmProcess.SmallTraining(["--epochs", "1", "--run", name, "--sample-every", "1", .. more]);

    /// <summary>The same without a preset and without the number of steps, which come from the weights.</summary>
    private static string[] Tuned(string name, string source, params string[] more) =>
    [
        "train", "--data", Fixtures.FashionMnist, "--limit", "48", "--batch-size", "16", "--threads", "1", "--epochs", "1", "--sample-every", "1",
        "--learning-rate", "0.0001", "--run", name, "--from-weights", source, .. more,
    ];

    private JsonNode Receipt(string name) => JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", name, "run.json")))!;

    private static string Text(JsonNode node, string key) => node[key]!.GetValue<string>();
}

using System.Text.Json.Nodes;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Guidance by the run's own past and by other runs, through the real command line.</summary>
public sealed class AutoguidanceTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_of_best_is_guided_by_its_past_as_long_as_that_is_there()
    {
        Train("run", "--preset", "best", "--epochs", "10", "--keep", "1");
        var usual = Drawn("run");
        Assert.Equal(usual, Drawn("run", "--guide", "2"));
        Assert.Equal(usual, Drawn("run", "--guidance-scale", "2"));
        var plain = Drawn("run", "--guidance-scale", "1");
        Assert.NotEqual(usual, plain);
        Assert.NotEqual(usual, Drawn("run", "--guidance-scale", "3"));
        Assert.NotEqual(usual, Drawn("run", "--guidance-rescale", "0.7"));

        _ddpm.Done("evaluate", "--run", "run", "--data", Fixtures.FashionMnist, "--count", "20", "--bound-images", "0", "--to", "measured");
        var samples = JsonNode.Parse(File.ReadAllText(_ddpm.Path("measured", "evaluation.json")))!["samples"]!;
        Assert.Equal("past", samples["guide"]!.GetValue<string>());
        Assert.True(samples["evaluations"]!.GetValue<int>() > samples["timesteps"]!.AsArray().Count);

        // --keep leaves the newest, the best and the guide. Without the guide, the default does not guide.
        _ddpm.Refused(2, ["--guide 3: the checkpoint of the end of epoch 3 is missing"], "sample", "--run", "run", "--guide", "3");
        File.Delete(_ddpm.Path("runs", "run", "checkpoints", "step-0000006.safetensors"));
        Assert.Equal(Drawn("run", "--sampler", "sa-solver-2", "--spacing", "karras", "--sampling-steps", "10"), Drawn("run"));
        _ddpm.Refused(2, ["--guide 2: the checkpoint of the end of epoch 2 is missing"], "sample", "--run", "run", "--guide", "past");
    }

    /// <summary>The guide gets the class too. The guide `class` is the network without it, and takes nothing from the default guide.</summary>
    [Fact]
    public void A_run_with_classes_is_guided_by_its_past_or_by_itself_without_the_class()
    {
        Train("run", "--preset", "best", "--epochs", "10", "--conditional");
        string[] steps = ["--sampler", "sa-solver-2", "--spacing", "karras", "--sampling-steps", "12"]; // the run has twelve
        var usual = Drawn("run");
        Assert.Equal(usual, Drawn("run", "--guide", "past"));
        Assert.NotEqual(usual, Drawn("run", "--guidance-scale", "1"));
        var byClass = Drawn("run", "--guide", "class", "--guidance-scale", "2");
        Assert.Equal(byClass, Drawn("run", [.. steps, "--guidance-scale", "2"]));
        Assert.NotEqual(byClass, Drawn("run", "--guide", "class"));
        Assert.NotEqual(byClass, Drawn("run", "--guide", "past", "--guidance-scale", "2"));
        Train("other", "--preset", "best", "--epochs", "10");
        _ddpm.Refused(2, ["needs a run that was trained with --conditional"], "sample", "--run", "other", "--guide", "class");
    }

    [Fact]
    public void Another_run_guides_if_it_answers_the_same_question()
    {
        Train("run", "--epochs", "1");
        Train("worse", "--epochs", "1", "--seed", "5", "--network", "modern");
        Train("other", "--epochs", "1", "--prediction", "velocity", "--schedule", "cosine");
        Assert.NotEqual(Drawn("run"), Drawn("run", "--guide", "worse"));
        Assert.Equal(Drawn("run"), Drawn("run", "--guide", "worse", "--guidance-scale", "1"));
        _ddpm.Done(
            "evaluate", "steps", "--run", "run", "--data", Fixtures.FashionMnist, "--count", "20", "--guide", "worse", "--samplers", "ddim",
            "--evaluations", "4", "--to", "steps");
        _ddpm.Refused(
            2, ["other", "cannot guide this run, because it has another prediction and another noise schedule"], "sample", "--run", "run", "--guide", "other");
        _ddpm.Refused(1, ["--guide nobody", "there is no run"], "sample", "--run", "run", "--guide", "nobody");
        _ddpm.Refused(2, ["has not trained 2 epochs"], "sample", "--run", "run", "--guide", "2");
        _ddpm.Refused(
            2, ["guidance-scale needs a run that was trained with --conditional, or --guide, got 2"], "sample", "--run", "run", "--guidance-scale", "2");
        Assert.Contains(
            "evaluations",
            _ddpm.Done("reference", "plan", "--guide", "worse", "--guidance-range", "0", "Infinity", "--sampling-steps", "3").Output,
            StringComparison.Ordinal);
    }

    private void Train(string name, params string[] more) => _ddpm.Done(DdpmProcess.SmallTraining(["--sample-every", "0", "--run", name, .. more]));

    private byte[] Drawn(string run, params string[] more)
    {
        _ddpm.Done(["sample", "--run", run, "--count", "3", "--to", "drawn", .. more]);
        return File.ReadAllBytes(_ddpm.Path("drawn", "samples.npy"));
    }
}

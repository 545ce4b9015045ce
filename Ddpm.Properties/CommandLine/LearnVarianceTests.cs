using System.Text.Json.Nodes;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A learned variance through the real command line.</summary>
public sealed class LearnVarianceTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_that_learns_the_variance_resumes_samples_and_is_evaluated_with_it()
    {
        string[] Training(string name, params string[] more) =>
            DdpmProcess.SmallTraining(["--learn-variance", "--ema-decay", "0.9", "--run", name, "--sample-every", "0", .. more]);
        _ddpm.Done(Training("run", "--epochs", "2"));
        _ddpm.Done(Training("other", "--epochs", "1"));
        _ddpm.Done("train", "--run", "other", "--resume", "--epochs", "2", "--data", Fixtures.FashionMnist);
        Assert.Equal(Samples("runs", "run"), Samples("runs", "other"));
        _ddpm.Refused(2, ["learn-variance cannot change in a resumed run"], "train", "--run", "other", "--resume", "--learn-variance", "false");

        byte[] Drawn(string to, params string[] more)
        {
            _ddpm.Done(["sample", "--run", "run", "--count", "3", "--to", to, .. more]);
            return Samples(to);
        }

        var learned = Drawn("learned", "--sampler", "ddpm");
        Assert.Equal(learned, Drawn("named", "--sampler", "ddpm", "--variance", "learned"));
        Assert.NotEqual(learned, Drawn("fixed", "--sampler", "ddpm", "--variance", "beta"));

        _ddpm.Done(
            "evaluate", "--run", "run", "--data", Fixtures.FashionMnist, "--count", "20", "--sampler", "ddpm", "--bound-images", "2", "--to", "measured");
        var report = JsonNode.Parse(File.ReadAllText(_ddpm.Path("measured", "evaluation.json")))!;
        Assert.Equal("learned", report["samples"]!["variance"]!.GetValue<string>());
        Assert.Equal("learned", report["bits-per-dimension"]!["reverse-variance"]!.GetValue<string>());
        Assert.InRange(report["bits-per-dimension"]!["total"]!.GetValue<double>(), 0.1, 100);
        _ddpm.Done("report", "--run", "run");
    }

    [Fact]
    public void A_run_that_learns_none_refuses_it_in_one_line()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "plain", "--sample-every", "0"));
        _ddpm.Refused(
            2, ["variance needs a run that was trained with --learn-variance, got learned"],
            "sample", "--run", "plain", "--sampler", "ddpm", "--variance", "learned");
        Assert.Contains("least", _ddpm.Done("reference", "plan", "--variance", "learned", "--sampling-steps", "3").Output, StringComparison.Ordinal);
    }

    private byte[] Samples(params string[] folder) => File.ReadAllBytes(_ddpm.Path([.. folder, "samples.npy"]));
}

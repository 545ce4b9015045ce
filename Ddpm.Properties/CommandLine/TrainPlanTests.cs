using System.Text.Json.Nodes;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>`train-plan`, and the learnt plan in the other commands, through the real command line.</summary>
public sealed class TrainPlanTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_plan_is_fitted_and_used_and_is_the_same_again()
    {
        Train("run", "--epochs", "2");
        var fitted = Fitted("run", "3");
        Assert.Equal(fitted, Fitted("run", "3", "--threads", "2"));
        Assert.NotEqual(fitted, Fitted("run", "3", "--seed", "8"));
        var receipt = JsonNode.Parse(fitted)!;
        Assert.Equal(3, receipt["evaluations"]!.GetValue<int>());
        Assert.True(receipt["after"]!.GetValue<double>() <= receipt["before"]!.GetValue<double>());

        _ddpm.Done("sample", "--run", "run", "--sampler", "learnt", "--sampling-steps", "3", "--count", "3", "--to", "drawn");
        var plan = JsonNode.Parse(_ddpm.Done("reference", "plan", "--run", "run", "--sampler", "learnt", "--sampling-steps", "3", "--json").Output)!;
        Assert.Equal(3, plan["lines"]!.AsArray().Count);
        _ddpm.Done(
            "evaluate", "steps", "--run", "run", "--data", Fixtures.FashionMnist, "--count", "20", "--samplers", "learnt", "ddim", "--evaluations", "3",
            "--to", "steps");

        // The only plan needs no number.
        _ddpm.Done("sample", "--run", "run", "--sampler", "learnt", "--count", "2", "--to", "only");

        // A guided line asks the guide too.
        Fitted("run", "4", "--guided-lines", "1", "--guide", "1");
        _ddpm.Done(
            "evaluate", "--run", "run", "--data", Fixtures.FashionMnist, "--count", "20", "--bound-images", "0", "--sampler", "learnt",
            "--sampling-steps", "4", "--to", "measured");
        var samples = JsonNode.Parse(File.ReadAllText(_ddpm.Path("measured", "evaluation.json")))!["samples"]!;
        Assert.Equal((4, 3), (samples["evaluations"]!.GetValue<int>(), samples["timesteps"]!.AsArray().Count));
    }

    [Fact]
    public void What_cannot_be_used_is_refused_with_one_line()
    {
        Train("run", "--epochs", "1");
        Refused(2, "there is no learnt plan in", "sample", "--run", "run", "--sampler", "learnt");
        Refused(2, "there is no learnt plan in", Drawn("run"));
        Refused(2, "--evaluations must lie in [2, 50], got 1", "train-plan", "--run", "run", "--evaluations", "1");
        Refused(
            2, "--guided-lines must be from 0 to half of --evaluations", "train-plan", "--run", "run", "--evaluations", "5",
            "--guided-lines", "3");

        var text = Fitted("run", "2");
        Refused(2, "there is no learnt plan of 4 evaluations", "sample", "--run", "run", "--sampler", "learnt", "--sampling-steps", "4");
        File.Copy(Plan("run", "2"), Plan("run", "3"));
        Refused(2, "has learnt plans of 2, 3 evaluations: choose one with --sampling-steps", "sample", "--run", "run", "--sampler", "learnt");
        File.Delete(Plan("run", "3"));
        Refused(2, "takes no other option of the sampler than --sampling-steps", [.. Drawn("run"), "--eta", "0.5"]);
        Damaged(text[..^40], "it is damaged");
        Damaged(text.Replace("\"x\": ", "\"x\": 1e300, \"y\": ", StringComparison.Ordinal), "lines[0].x must be finite in float32");
        Damaged(text.Replace("\"timestep\": ", "\"timestep\": 10", StringComparison.Ordinal), "the learnt plan is damaged");
        Damaged(text.Replace("\"evaluations\": 2", "\"evaluations\": 3", StringComparison.Ordinal), "it does not have 2 evaluations");
        Damaged("null", "it is damaged");

        // Another run's plan was fitted to other weights.
        Train("other", "--epochs", "1", "--seed", "4");
        Fitted("other", "2");
        File.Copy(Plan("other", "2"), Plan("run", "2"), overwrite: true);
        Refused(1, "fitted to other weights", Drawn("run"));

        void Damaged(string content, string why)
        {
            File.WriteAllText(Plan("run", "2"), content);
            Refused(1, why, Drawn("run"));
        }
    }

    private void Refused(int code, string why, params string[] arguments) => _ddpm.Refused(code, [why], arguments);

    private static string[] Drawn(string run) => ["sample", "--run", run, "--sampler", "learnt", "--sampling-steps", "2", "--count", "2", "--to", "drawn"];

    private string Plan(string run, string evaluations) => _ddpm.Path("runs", run, "plans", $"learnt-{evaluations}.json");

    private string Fitted(string run, string evaluations, params string[] more)
    {
        _ddpm.Done(["train-plan", "--run", run, "--evaluations", evaluations, "--images", "16", "--tries", "20", .. more]);
        return File.ReadAllText(Plan(run, evaluations));
    }

    private void Train(string name, params string[] more) => _ddpm.Done(DdpmProcess.SmallTraining(["--sample-every", "0", "--run", name, .. more]));
}

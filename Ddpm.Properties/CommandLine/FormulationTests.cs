using System.Text.Json;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Rectified flow and EDM through the real command line: each command that trains, reads or describes such a run.</summary>
public sealed class FormulationTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Theory]
    [InlineData("rectified-flow", "flow", "--flow-shift", "3")]
    [InlineData("edm", "edm", "--sigma-max", "60")]
    public void A_run_resumes_samples_is_reported_exported_and_imported(string schedule, string prediction, string option, string value)
    {
        string[] diffusion = ["--schedule", schedule, "--prediction", prediction, option, value];
        string[] Training(string name, string epochs) =>
            DdpmProcess.SmallTraining(["--run", name, "--epochs", epochs, "--ema-decay", "0.9", "--sample-every", "0", .. diffusion]);
        _ddpm.Done(Training("run", "2"));
        _ddpm.Done(Training("other", "1"));
        _ddpm.Done("train", "--run", "other", "--resume", "--epochs", "2", "--data", Fixtures.FashionMnist);
        Assert.Equal(Samples("runs", "run"), Samples("runs", "other"));

        byte[] Drawn(string run, string to)
        {
            _ddpm.Done("sample", "--run", run, "--count", "2", "--sampler", "heun", "--sampling-steps", "3", "--to", to);
            return Samples(to);
        }

        _ddpm.Done("export", "--run", "run", "--to", "weights.safetensors");
        _ddpm.Done(["import", "weights.safetensors", "--run", "imported", .. diffusion]);
        Assert.Equal(Drawn("run", "drawn"), Drawn("imported", "drawn-too"));

        var outcome = _ddpm.Done(
            "evaluate", "--run", "run", "--data", Fixtures.FashionMnist, "--count", "20", "--sampling-steps", "3", "--to", "measured");
        Assert.Contains("bits per dimension are not measured", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("bits per dimension", outcome.Output, StringComparison.Ordinal);
        _ddpm.Done("report", "--run", "run");
        _ddpm.Refused(
            2, ["sampler needs a schedule that is a Markov chain", "got ddpm"], "sample", "--run", "run", "--sampler", "ddpm", "--to", "refused");
        Assert.False(Directory.Exists(_ddpm.Path("refused")));
    }

    /// <summary>A user of the file alone learns from it what x is multiplied by.</summary>
    [Fact]
    public void An_ONNX_file_of_edm_says_how_x_is_scaled()
    {
        _ddpm.Done(DdpmProcess.SmallTraining(
            "--run", "run", "--epochs", "1", "--sample-every", "0", "--schedule", "edm", "--prediction", "edm", "--sigma-data", "0.25"));
        var said = _ddpm.Done("export", "--run", "run", "--format", "onnx", "--to", "model.onnx");
        Assert.Contains("multiply x by input[t] of the file's metadata", said.Error, StringComparison.Ordinal);
        using var session = new InferenceSession(File.ReadAllBytes(_ddpm.Path("model.onnx")));
        var input = JsonSerializer.Deserialize<double[]>(session.ModelMetadata.CustomMetadataMap["input"])!;
        Assert.Equal(12, input.Length);
        Assert.Equal(1 / Math.Sqrt(0.25 * 0.25 + 80 * 80), input[^1], 1e-15);
    }

    /// <summary>The numbers of the schedule and of the prediction change the plan, and the table shows the factor of x only if it is not 1.</summary>
    [Fact]
    public void A_plan_takes_the_numbers_of_the_schedule_and_shows_what_the_network_sees()
    {
        string[] model = ["--schedule", "edm", "--prediction", "edm", "--steps", "20", "--sigma-max", "5", "--sigma-rho", "3", "--sigma-data", "1"];
        string[] sampler = ["--sampler", "ddim", "--sampling-steps", "3"];
        var plan = new SamplingOptions { Sampler = "ddim", SamplingSteps = 3 }
            .Compile(NoiseSchedule.Edm(20, sigmaMax: 5, rho: 3).Valid(), Prediction.Edm.Of(1).Valid(), clipSample: true).Valid();
        Assert.Equal(PlanJson.Text(plan).TrimEnd(), _ddpm.Done(["reference", "plan", "--json", .. sampler, .. model]).Output.TrimEnd());
        var table = _ddpm.Done(["reference", "plan", .. sampler, .. model]).Output;
        Assert.Matches(@"timestep +input +estimate", table);
        Assert.Matches(@"\n0 +19 +0\.196116 ", table); // 1/√(1 + 25)
        Assert.DoesNotContain("input", _ddpm.Done(["reference", "plan", .. sampler]).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_figure_of_the_forward_process_takes_the_numbers_of_the_schedule()
    {
        byte[] Figure(params string[] more)
        {
            _ddpm.Done(["forward", "--data", Fixtures.FashionMnist, "--count", "2", "--steps", "20", "--file", "figure.png", .. more]);
            return File.ReadAllBytes(_ddpm.Path("figure.png"));
        }

        Assert.NotEqual(Figure("--schedule", "edm"), Figure("--schedule", "edm", "--sigma-max", "2"));
        Assert.Equal(Figure("--schedule", "rectified-flow"), Figure("--schedule", "rectified-flow", "--flow-shift", "1"));
    }

    [Theory]
    [InlineData("edm", "edm", "--sigma-min 80", "sigma-max must be greater than sigma-min, 80, got 80")]
    [InlineData("edm", "edm", "--sigma-min 1e-30 --sigma-rho 0", "sigma-min must lie in [1e-6, 1e6], got 1E-30|sigma-rho must lie in [0.1, 1000], got 0")]
    [InlineData("edm", "velocity", "--flow-shift 2", "prediction must be edm with a schedule whose noise reaches σ = 80|flow-shift works only with")]
    [InlineData("edm", "edm", "--min-beta 0.1 --zero-terminal-snr --learn-variance", "min-beta works|zero-terminal-snr works|learn-variance works")]
    [InlineData("rectified-flow", "epsilon", "--noise-deviation 0", "leaves nothing of the image|noise-deviation must be positive and finite, got 0")]
    [InlineData("rectified-flow", "flow", "--flow-shift 0 --sigma-data 1", "flow-shift must lie in [0.001, 1000], got 0|sigma-data works only with")]
    [InlineData("rectified-flow", "flow", "--flow-shift NaN", "--flow-shift must be a number")]
    [InlineData("linear", "epsilon", "--noise-mean 1", "noise-mean works only with the timestep densities logit-normal and log-normal, got 1")]
    public void Every_fault_of_a_formulation_is_told_at_once_and_nothing_is_written(string schedule, string prediction, string more, string says)
    {
        _ddpm.Refused(
            2, says.Split('|'), DdpmProcess.SmallTraining(["--run", "bad", "--schedule", schedule, "--prediction", prediction, .. more.Split(' ')]));
        Assert.False(Directory.Exists(_ddpm.Path("runs")));
    }

    [Theory]
    [InlineData("forward", "--schedule edm --min-beta 0.1", "min-beta works only with")]
    [InlineData("reference plan", "--sigma-data 1 --sigma-max 3", "sigma-data works only with the prediction edm|sigma-max works only with the schedule edm")]
    [InlineData("import no.pt --run one", "--schedule none --prediction none --sigma-max 3", "schedule must be one of|prediction must be one of|sigma-max")]
    public void Commands_without_a_run_refuse_numbers_of_another_schedule(string command, string more, string says) =>
        _ddpm.Refused(2, says.Split('|'), [.. command.Split(' '), .. more.Split(' ')]);

    /// <summary>Legal but extreme.</summary>
    [Theory]
    [InlineData("edm", "edm", "--sigma-max 1e6 --sigma-min 1e-6 --sigma-rho 1000")]
    [InlineData("edm", "edm", "--steps 1")]
    [InlineData("rectified-flow", "flow", "--flow-shift 1000")]
    [InlineData("rectified-flow", "velocity", "--steps 1")]
    public void Extreme_schedules_have_finite_plans_of_every_sampler(string schedule, string prediction, string more)
    {
        var options = more.Split(' ').Chunk(2).Aggregate(
            new TrainingOptions { Schedule = schedule, Prediction = prediction, Steps = 12 },
            (made, pair) => pair[0] switch
            {
                "--steps" => made with { Steps = int.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture) },
                var name => TrainingOption.All.First(option => $"--{option.Name}" == name)
                    .With(made, double.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture)),
            });
        var model = TrainingConfig.Of(options, ImageSize.Square(28), 1).Valid().Model;
        Assert.All(Sampler.All.Keys.Where(name => name != "ddpm"), name => new SamplingOptions { Sampler = name, SamplingSteps = Math.Min(4, options.Steps) }
            .Compile(model.Schedule, model.Prediction, clipSample: true).Bind(plan => plan.InFloat32()).Valid());
    }

    private byte[] Samples(params string[] folder) => File.ReadAllBytes(_ddpm.Path([.. folder, "samples.npy"]));
}

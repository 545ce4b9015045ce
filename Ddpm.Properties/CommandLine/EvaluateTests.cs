using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ddpm.Properties.Data;
using Ddpm.Pure.Formats;
using ImageMagick;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Evaluation through the real command line.</summary>
public sealed class EvaluateTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_is_judged_by_all_measures_twice_with_the_same_numbers()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "small", "--sample-every", "0"));
        string[] Evaluate(string to, string threads) =>
            ["evaluate", "--run", "small", "--data", Fixtures.FashionMnist, "--count", "20", "--sampler", "sa-solver-2", "--tau", "0.5", "--tau-range", "0.1", "4", "--sampling-steps", "4",
                "--bound-images", "3", "--to", to, "--threads", threads];
        var first = _ddpm.Done(Evaluate("one", "1"));
        var report = Report("one");
        Assert.Equal(
            ("runs/small", 20, 4, "sa-solver-2", "step-0000003.safetensors"),
            (report["samples"]!["source"]!.GetValue<string>(), report["samples"]!["count"]!.GetValue<int>(), report["samples"]!["evaluations"]!.GetValue<int>(),
                report["samples"]!["sampler"]!.GetValue<string>(), report["samples"]!["checkpoint"]!.GetValue<string>()));
        Assert.Equal((0.5, "[0.1,4]"), (Number(report, "samples", "tau"), report["samples"]!["tau-range"]!.ToJsonString()));
        Assert.Equal(64, report["features"]!["sha256"]!.GetValue<string>().Length);
        Assert.Equal((320, 20), (report["reference"]!["train-images"]!.GetValue<int>(), report["reference"]!["floor-images"]!.GetValue<int>()));
        Assert.True(Number(report, "generated", "frechet-distance") > 3 * Number(report, "floor", "frechet-distance")); // hardly trained: noise is far from clothes
        var bits = report["bits-per-dimension"]!;
        Assert.Equal(
            Number(report, "bits-per-dimension", "total"), bits["prior"]!.GetValue<double>() + bits["steps"]!.GetValue<double>() + bits["decoder"]!.GetValue<double>(), 1e-9);
        Assert.Contains("floor", first.Output, StringComparison.Ordinal);
        Assert.Contains("not Inception's", first.Output, StringComparison.Ordinal);
        using var picture = new MagickImage(_ddpm.Path("one", "neighbours.png"));
        Assert.True(picture.Height > 10 * 56);

        _ddpm.Done(Evaluate("two", "2"));
        Assert.Equal(File.ReadAllText(_ddpm.Path("one", "evaluation.json")), File.ReadAllText(_ddpm.Path("two", "evaluation.json")));
    }

    /// <summary>Training images judged against training images: nothing is nearer.</summary>
    [Fact]
    public void Real_images_with_their_labels_are_at_no_distance_and_teach_a_classifier()
    {
        WriteTrainingImages("images.npy");
        Write("labels.npy", NpyType.U1, TrainingLabels, 320);
        _ddpm.Done("evaluate", "--images", "images.npy", "--labels", "labels.npy", "--data", Fixtures.FashionMnist);
        var report = Report(".");
        Assert.Equal(0, Number(report, "generated", "frechet-distance"), 1e-6);
        Assert.Equal((1, 1), (Number(report, "generated", "precision"), Number(report, "generated", "recall")));
        Assert.True(Number(report, "floor", "frechet-distance") > 1e-3);
        Assert.InRange(Number(report, "classification-accuracy-score", "accuracy"), 0.4, 1); // by chance 0.1
    }

    [Fact]
    public void Labels_may_be_any_integers_and_must_be_classes()
    {
        WriteTrainingImages("images.npy");
        DdpmProcess.Outcome Labelled(NpyType type, byte[] labels)
        {
            Write("labels.npy", type, labels, 320);
            return _ddpm.Run("evaluate", "--images", "images.npy", "--labels", "labels.npy", "--data", Fixtures.FashionMnist);
        }

        var wide = TrainingLabels.SelectMany(label => BitConverter.GetBytes((long)label)).ToArray();
        Labelled(NpyType.I8, wide).Done();
        Assert.Equal(64, Report(".")["samples"]!["sha256"]!.GetValue<string>().Length);
        wide[8 * 7 + 3] = 1;
        Labelled(NpyType.I8, wide).Refused(1, "label 7 is none in [0, 255]");
        Labelled(NpyType.F4, new byte[1280]).Refused(1, "it holds no integers, but <f4");
    }

    /// <summary>A table that was begun is gone on with: what was measured is neither measured again nor lost, and a sampler that evaluates twice a step stays within what was allowed.</summary>
    [Fact]
    public void Steps_are_measured_by_sampler_and_evaluations_and_kept()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "small", "--sample-every", "0", "--steps", "20"));
        JsonArray Cells() => JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "small", "few-steps.json")))!["cells"]!.AsArray();
        DdpmProcess.Outcome Steps(params string[] more) => _ddpm.Run(["evaluate", "steps", "--run", "small", "--data", Fixtures.FashionMnist, "--count", "8", .. more]);
        Steps("--samplers", "ddim", "heun", "--evaluations", "4", "2").Done();
        var cells = Cells();
        Assert.Equal(
            [("ddim", 2, 2), ("heun", 2, 1), ("ddim", 4, 4), ("heun", 4, 3)],
            cells.Select(cell => (cell!["sampler"]!.GetValue<string>(), cell["asked"]!.GetValue<int>(), cell["evaluations"]!.GetValue<int>())));
        Assert.Contains("<svg", File.ReadAllText(_ddpm.Path("runs", "small", "few-steps.svg")), StringComparison.Ordinal);

        var second = Steps("--samplers", "ddim", "ddim:karras", "--evaluations", "4").Done();
        Assert.DoesNotContain("ddim with 4", second.Error, StringComparison.Ordinal);
        Assert.Contains("ddim:karras with 4 evaluations", second.Error, StringComparison.Ordinal);
        Assert.Equal(cells.Select(cell => cell!.ToJsonString()), Cells().Take(4).Select(cell => cell!.ToJsonString()));
        Assert.Equal(5, Cells().Count);

        // What was measured by another τ than is usual now is measured again, and stands once.
        Steps("--samplers", "sa-solver-2", "--evaluations", "4").Done();
        var report = _ddpm.Path("runs", "small", "few-steps.json");
        File.WriteAllText(report, File.ReadAllText(report).Replace("\"tau\": 0.6", "\"tau\": 0.5", StringComparison.Ordinal));
        Assert.Equal(0.5, Cells()[5]!["tau"]!.GetValue<double>());
        Assert.Contains("sa-solver-2 with 4 evaluations", Steps("--samplers", "sa-solver-2", "--evaluations", "4").Done().Error, StringComparison.Ordinal);
        Assert.Equal((6, 0.6), (Cells().Count, Cells()[5]!["tau"]!.GetValue<double>()));
        Assert.DoesNotContain("sa-solver-2 with 4 evaluations", Steps("--samplers", "sa-solver-2", "--evaluations", "4").Done().Error, StringComparison.Ordinal);

        // τ is usual for the timesteps that are asked for, not for those among which they are searched.
        Steps("--samplers", "sa-solver-2:searched", "--evaluations", "4").Done();
        Assert.Equal((4, 0.6), (Cells()[6]!["evaluations"]!.GetValue<int>(), Cells()[6]!["tau"]!.GetValue<double>()));

        Steps("--samplers", "ddim", "--evaluations", "4", "--seed", "2").Done(); // of another protocol nothing is kept
        Assert.Single(Cells());
        Steps("--samplers", "dim").Refused(2, "sampler must be one of");
    }

    /// <summary>Modules of PyTorch 1.13: four features where it is asked for features, as Inception is; one that takes images alone; and two that make nothing of use.</summary>
    [Fact]
    public void The_features_of_a_TorchScript_module_are_used_and_what_makes_none_is_refused()
    {
        WriteTrainingImages("images.npy");
        DdpmProcess.Outcome With(string module) => _ddpm.Run("evaluate", "--images", "images.npy", "--data", Fixtures.FashionMnist, "--features", Fixtures.TorchScript(module));
        foreach (var (module, dimension) in new[] { ("features.pt", 4), ("images-alone.pt", 1) })
        {
            var outcome = With(module).Done();
            Assert.Equal(dimension, Report(".")["features"]!["dimension"]!.GetValue<int>());
            Assert.Equal(0, Number(Report("."), "generated", "frechet-distance"), 1e-6);
            Assert.Contains("FID where that is Inception", outcome.Output, StringComparison.Ordinal);
        }

        With("one-row.pt").Refused(1, "one-row.pt makes an array of 1 of 64 images");
        With("two-tensors.pt").Refused(1, "two-tensors.pt fails on N×3×H×W images of bytes");
    }

    [Fact]
    public void A_classifier_of_one_s_own_gives_other_features()
    {
        var made = _ddpm.Done("evaluate", "train-classifier", "--data", Fixtures.FashionMnist, "--epochs", "1", "--to", "own.safetensors");
        Assert.Contains("of 64 test images are told right", made.Output, StringComparison.Ordinal);
        WriteTrainingImages("images.npy");
        _ddpm.Done("evaluate", "--images", "images.npy", "--data", Fixtures.FashionMnist, "--to", "shipped");
        _ddpm.Done("evaluate", "--images", "images.npy", "--data", Fixtures.FashionMnist, "--classifier", "own.safetensors");
        var (shipped, own) = (Report("shipped"), Report("."));
        Assert.Equal("classifier own.safetensors", own["features"]!["name"]!.GetValue<string>());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_ddpm.Path("own.safetensors")))), own["features"]!["sha256"]!.GetValue<string>());
        Assert.NotEqual(shipped["features"]!["sha256"]!.GetValue<string>(), own["features"]!["sha256"]!.GetValue<string>());
        Assert.NotEqual(Number(shipped, "floor", "frechet-distance"), Number(own, "floor", "frechet-distance"));
    }

    [Theory]
    [InlineData("what is to be judged", "evaluate")]
    [InlineData("what is to be judged", "evaluate", "--run", "small", "--images", "images.npy")]
    [InlineData("--labels needs the images", "evaluate", "--labels", "labels.npy")]
    [InlineData(
        "--count must be at least 4, got 1\nerror: --bound-images must be 0, or at least 2 for an error to be told, got -1",
        "evaluate", "--run", "small", "--count", "1", "--bound-images", "-1")]
    public void What_makes_no_sense_is_refused(string says, params string[] arguments) => _ddpm.Refused(2, [says], arguments);

    [Fact]
    public void Images_of_the_wrong_kind_are_refused_with_the_reason()
    {
        Write("floats.npy", NpyType.F4, new byte[32], 2, 2, 2);
        Write("small.npy", NpyType.U1, new byte[16], 4, 2, 2);
        WriteTrainingImages("images.npy");
        File.WriteAllText(_ddpm.Path("script.pt"), "no module");
        _ddpm.Refused(1, ["floats.npy: it holds no bytes"], "evaluate", "--data", Fixtures.FashionMnist, "--images", "floats.npy");
        _ddpm.Refused(1, ["the images are 2×2×1, and those of Fashion-MNIST 28×28×1"], "evaluate", "--data", Fixtures.FashionMnist, "--images", "small.npy");
        _ddpm.Refused(1, ["script.pt is no TorchScript module"], "evaluate", "--data", Fixtures.FashionMnist, "--images", "images.npy", "--features", "script.pt");
    }

    private JsonNode Report(string folder) => JsonNode.Parse(File.ReadAllText(_ddpm.Path(folder, "evaluation.json")))!;

    private static double Number(JsonNode report, string part, string name) => report[part]![name]!.GetValue<double>();

    /// <summary>The fixture's, without the header of the file that they come in.</summary>
    private static byte[] TrainingLabels => FixtureDataSet.Content(FixtureDataSet.Description.Train.Labels)[8..];

    private void WriteTrainingImages(string name) => Write(name, NpyType.U1, FixtureDataSet.Content(FixtureDataSet.Description.Train.Images)[16..], 320, 28, 28);

    private void Write(string name, NpyType type, byte[] data, params long[] shape) =>
        File.WriteAllBytes(_ddpm.Path(name), Npy.Write(NpyArray.Create(type, shape.ToArr(), data).Valid()).ToArray());
}

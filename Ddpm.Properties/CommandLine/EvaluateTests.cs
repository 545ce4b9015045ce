using System.Text.Json.Nodes;
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
        var trained = _ddpm.Run(DdpmProcess.SmallTraining("--epochs", "1", "--run", "small", "--sample-every", "0"));
        Assert.True(trained.ExitCode == 0, trained.Error);
        string[] Evaluate(string to, string threads) =>
            ["evaluate", "--run", "small", "--data", Fixtures.FashionMnist, "--count", "20", "--sampler", "ddim", "--sampling-steps", "4", "--bound-images", "3", "--to", to, "--threads", threads];
        var first = _ddpm.Run(Evaluate("one", "1"));
        Assert.True(first.ExitCode == 0, first.Error);
        var report = Report("one");
        Assert.Equal(
            ("runs/small", 20, 4, "ddim", "step-0000003.safetensors"),
            (report["samples"]!["source"]!.GetValue<string>(), report["samples"]!["count"]!.GetValue<int>(), report["samples"]!["evaluations"]!.GetValue<int>(),
                report["samples"]!["sampler"]!.GetValue<string>(), report["samples"]!["checkpoint"]!.GetValue<string>()));
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

        Assert.Equal(0, _ddpm.Run(Evaluate("two", "2")).ExitCode);
        Assert.Equal(File.ReadAllText(_ddpm.Path("one", "evaluation.json")), File.ReadAllText(_ddpm.Path("two", "evaluation.json")));
    }

    /// <summary>Training images judged against training images: nothing is nearer.</summary>
    [Fact]
    public void Real_images_with_their_labels_are_at_no_distance_and_teach_a_classifier()
    {
        var (images, labels) = Fixture();
        File.WriteAllBytes(_ddpm.Path("images.npy"), Npy.Write(NpyArray.Create(NpyType.U1, Prelude.Array(320L, 28, 28), images).Valid()).ToArray());
        File.WriteAllBytes(_ddpm.Path("labels.npy"), Npy.Write(NpyArray.Create(NpyType.U1, Prelude.Array(320L), labels).Valid()).ToArray());
        var outcome = _ddpm.Run("evaluate", "--images", "images.npy", "--labels", "labels.npy", "--data", Fixtures.FashionMnist);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var report = Report(".");
        Assert.Equal(0, Number(report, "generated", "frechet-distance"), 1e-6);
        Assert.Equal((1, 1), (Number(report, "generated", "precision"), Number(report, "generated", "recall")));
        Assert.True(Number(report, "floor", "frechet-distance") > 1e-3);
        Assert.InRange(Number(report, "classification-accuracy-score", "accuracy"), 0.4, 1); // by chance 0.1
    }

    [Fact]
    public void Labels_may_be_any_integers_and_must_be_classes()
    {
        var (images, labels) = Fixture();
        File.WriteAllBytes(_ddpm.Path("images.npy"), Npy.Write(NpyArray.Create(NpyType.U1, Prelude.Array(320L, 28, 28), images).Valid()).ToArray());
        string Error(NpyType type, byte[] data, long count)
        {
            File.WriteAllBytes(_ddpm.Path("labels.npy"), Npy.Write(NpyArray.Create(type, Prelude.Array(count), data).Valid()).ToArray());
            return _ddpm.Run("evaluate", "--images", "images.npy", "--labels", "labels.npy", "--data", Fixtures.FashionMnist) is { ExitCode: 1 } outcome ? outcome.Error : "";
        }

        var wide = labels.SelectMany(label => BitConverter.GetBytes((long)label)).ToArray();
        Assert.Equal("", Error(NpyType.I8, wide, 320));
        Assert.Equal(64, Report(".")["samples"]!["sha256"]!.GetValue<string>().Length);
        wide[8 * 7 + 3] = 1;
        Assert.Contains("label 7 is none in [0, 255]", Error(NpyType.I8, wide, 320), StringComparison.Ordinal);
        Assert.Contains("it holds no integers, but <f4", Error(NpyType.F4, new byte[1280], 320), StringComparison.Ordinal);
    }

    /// <summary>A table that was begun is gone on with: what was measured is neither measured again nor lost, and a sampler that evaluates twice a step stays within what was allowed.</summary>
    [Fact]
    public void Steps_are_measured_by_sampler_and_evaluations_and_kept()
    {
        var trained = _ddpm.Run(DdpmProcess.SmallTraining("--epochs", "1", "--run", "small", "--sample-every", "0"));
        Assert.True(trained.ExitCode == 0, trained.Error);
        DdpmProcess.Outcome Steps(params string[] more) => _ddpm.Run(["evaluate", "steps", "--run", "small", "--data", Fixtures.FashionMnist, "--count", "8", .. more]);
        var first = Steps("--samplers", "ddim", "heun", "--evaluations", "4", "2");
        Assert.True(first.ExitCode == 0, first.Error);
        var cells = Cells();
        Assert.Equal(
            [("ddim", 2, 2), ("heun", 2, 1), ("ddim", 4, 4), ("heun", 4, 3)],
            cells.Select(cell => (cell!["sampler"]!.GetValue<string>(), cell["asked"]!.GetValue<int>(), cell["evaluations"]!.GetValue<int>())));
        Assert.Contains("<svg", File.ReadAllText(_ddpm.Path("runs", "small", "few-steps.svg")), StringComparison.Ordinal);

        var second = Steps("--samplers", "ddim", "ddim:karras", "--evaluations", "4");
        Assert.True(second.ExitCode == 0, second.Error);
        Assert.DoesNotContain("ddim with 4", second.Error, StringComparison.Ordinal);
        Assert.Contains("ddim:karras with 4 evaluations", second.Error, StringComparison.Ordinal);
        Assert.Equal(cells.Select(cell => cell!.ToJsonString()), Cells().Take(4).Select(cell => cell!.ToJsonString()));
        Assert.Equal(5, Cells().Count);

        Assert.Equal(0, Steps("--samplers", "ddim", "--evaluations", "4", "--seed", "2").ExitCode); // of another protocol nothing is kept
        Assert.Single(Cells());
        Assert.Contains("sampler must be one of", Steps("--samplers", "dim").Error, StringComparison.Ordinal);
    }

    /// <summary>Modules of PyTorch 1.13: four features where it is asked for features, as Inception is; one that takes images alone; and two that make nothing of use.</summary>
    [Fact]
    public void The_features_of_a_TorchScript_module_are_used_and_what_makes_none_is_refused()
    {
        File.WriteAllBytes(_ddpm.Path("images.npy"), Npy.Write(NpyArray.Create(NpyType.U1, Prelude.Array(320L, 28, 28), Fixture().Images).Valid()).ToArray());
        DdpmProcess.Outcome With(string module) => _ddpm.Run(
            "evaluate", "--images", "images.npy", "--data", Fixtures.FashionMnist, "--features", Path.Combine(AppContext.BaseDirectory, "Fixtures", "torchscript", module));
        foreach (var (module, dimension) in new[] { ("features.pt", 4), ("images-alone.pt", 1) })
        {
            var outcome = With(module);
            Assert.True(outcome.ExitCode == 0, outcome.Error);
            Assert.Equal(dimension, Report(".")["features"]!["dimension"]!.GetValue<int>());
            Assert.Equal(0, Number(Report("."), "generated", "frechet-distance"), 1e-6);
            Assert.Contains("FID where that is Inception", outcome.Output, StringComparison.Ordinal);
        }

        Assert.Contains("one-row.pt makes an array of 1 of 64 images", With("one-row.pt").Error, StringComparison.Ordinal);
        Assert.Contains("two-tensors.pt fails on N×3×H×W images of bytes", With("two-tensors.pt").Error, StringComparison.Ordinal);
    }

    private JsonArray Cells() => JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "small", "few-steps.json")))!["cells"]!.AsArray();

    [Fact]
    public void A_classifier_of_one_s_own_gives_other_features()
    {
        var made = _ddpm.Run("evaluate", "train-classifier", "--data", Fixtures.FashionMnist, "--epochs", "1", "--to", "own.safetensors");
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Contains("of 64 test images are told right", made.Output, StringComparison.Ordinal);
        File.WriteAllBytes(_ddpm.Path("images.npy"), Npy.Write(NpyArray.Create(NpyType.U1, Prelude.Array(320L, 28, 28), Fixture().Images).Valid()).ToArray());
        var outcome = _ddpm.Run("evaluate", "--images", "images.npy", "--data", Fixtures.FashionMnist, "--classifier", "own.safetensors");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal("classifier own.safetensors", Report(".")["features"]!["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("what is to be judged", "evaluate")]
    [InlineData("what is to be judged", "evaluate", "--run", "small", "--images", "images.npy")]
    [InlineData("--labels needs the images", "evaluate", "--labels", "labels.npy")]
    [InlineData("--count must be at least 4, got 1; --bound-images must be 0, or at least 2 for an error to be told, got -1", "evaluate", "--run", "small", "--count", "1", "--bound-images", "-1")]
    public void What_makes_no_sense_is_refused(string message, params string[] arguments)
    {
        var outcome = _ddpm.Run(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Error.ReplaceLineEndings("; ").Replace("error: ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_the_wrong_kind_are_refused_with_the_reason()
    {
        File.WriteAllBytes(_ddpm.Path("floats.npy"), Npy.Write(NpyArray.Create(NpyType.F4, Prelude.Array(2L, 2, 2), new byte[32]).Valid()).ToArray());
        File.WriteAllBytes(_ddpm.Path("small.npy"), Npy.Write(NpyArray.Create(NpyType.U1, Prelude.Array(4L, 2, 2), new byte[16]).Valid()).ToArray());
        File.WriteAllText(_ddpm.Path("script.pt"), "no module");
        string Error(params string[] more) => _ddpm.Run(["evaluate", "--data", Fixtures.FashionMnist, .. more]) is { ExitCode: 1 } outcome ? outcome.Error : "it did not fail";
        Assert.Contains("floats.npy: it holds no bytes", Error("--images", "floats.npy"), StringComparison.Ordinal);
        Assert.Contains("the images are 2×2×1, and those of Fashion-MNIST 28×28×1", Error("--images", "small.npy"), StringComparison.Ordinal);
        File.WriteAllBytes(_ddpm.Path("images.npy"), Npy.Write(NpyArray.Create(NpyType.U1, Prelude.Array(320L, 28, 28), Fixture().Images).Valid()).ToArray());
        Assert.Contains("script.pt is no TorchScript module", Error("--images", "images.npy", "--features", "script.pt"), StringComparison.Ordinal);
    }

    private JsonNode Report(string folder) => JsonNode.Parse(File.ReadAllText(_ddpm.Path(folder, "evaluation.json")))!;

    private static double Number(JsonNode report, string part, string name) => report[part]![name]!.GetValue<double>();

    private static (byte[] Images, byte[] Labels) Fixture()
    {
        byte[] Content(string name)
        {
            using var gzip = new System.IO.Compression.GZipStream(File.OpenRead(Path.Combine(Fixtures.FashionMnist, name)), System.IO.Compression.CompressionMode.Decompress);
            using var all = new MemoryStream();
            gzip.CopyTo(all);
            return all.ToArray();
        }

        return (Content("train-images-idx3-ubyte.gz")[16..], Content("train-labels-idx1-ubyte.gz")[8..]);
    }
}

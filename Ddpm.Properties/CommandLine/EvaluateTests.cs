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

using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ddpm.Properties.Data;
using Ddpm.Pure.Data;
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
        [
            "evaluate", "--run", "small", "--data", Fixtures.FashionMnist, "--count", "20", "--sampler", "sa-solver-2", "--tau", "0.5",
            "--tau-range", "0.1", "4", "--sampling-steps", "4", "--bound-images", "3", "--to", to, "--threads", threads,
        ];
        var first = _ddpm.Done(Evaluate("one", "1"));
        var report = Report("one");
        Assert.Equal(
            ("runs/small", 20, 4, "sa-solver-2", "step-0000003.safetensors"),
            (report["samples"]!["source"]!.GetValue<string>(), report["samples"]!["count"]!.GetValue<int>(), report["samples"]!["evaluations"]!.GetValue<int>(),
                report["samples"]!["sampler"]!.GetValue<string>(), report["samples"]!["checkpoint"]!.GetValue<string>()));
        Assert.Equal((0.5, "[0.1,4]"), (Number(report, "samples", "tau"), report["samples"]!["tau-range"]!.ToJsonString()));
        Assert.Equal(64, report["features"]!["sha256"]!.GetValue<string>().Length);
        Assert.Equal((320, 20), (report["reference"]!["train-images"]!.GetValue<int>(), report["reference"]!["floor-images"]!.GetValue<int>()));
        // The run is hardly trained, and noise is far from clothes.
        Assert.True(Number(report, "generated", "frechet-distance") > 3 * Number(report, "floor", "frechet-distance"));
        var bits = report["bits-per-dimension"]!;
        Assert.Equal(
            Number(report, "bits-per-dimension", "total"),
            bits["prior"]!.GetValue<double>() + bits["steps"]!.GetValue<double>() + bits["decoder"]!.GetValue<double>(),
            1e-9);
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
        Labelled(NpyType.I8, wide).Refused(1, "label 7 is not in [0, 255]");
        (wide[8 * 7 + 3], wide[8 * 7]) = (0, 10);
        Labelled(NpyType.I8, wide).Refused(1, "a label of the images is not a class of Fashion-MNIST, which has 10, counted from 0");
        Labelled(NpyType.F4, new byte[1280]).Refused(1, "it holds <f4, but labels must be integers");
    }

    /// <summary>Some of the usual samplers need an image at every level: they are left out unless they are named.</summary>
    [Fact]
    public void Steps_are_measured_by_the_samplers_that_the_schedule_allows()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "zero", "--sample-every", "0", "--zero-terminal-snr", "--prediction", "velocity"));
        string[] steps = ["evaluate", "steps", "--run", "zero", "--data", Fixtures.FashionMnist, "--count", "4", "--evaluations", "2", "--threads", "1"];
        _ddpm.Done(steps);
        var measured = JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "zero", "few-steps.json")))!["cells"]!.AsArray()
            .Select(cell => cell!["sampler"]!.GetValue<string>());
        Assert.Equal(["ddim", "dpmpp-2m", "dpmpp-3m", "unipc-2", "unipc-3", "ipndm-3", "heun", "dpmpp-2m-sde", "sa-solver-2:karras", "ddpm"], measured);
        _ddpm.Refused(2, ["spacing must be another one, because ays holds"], [.. steps, "--samplers", "ddim:ays"]);
    }

    /// <summary>
    /// An earlier table is continued: its cells are neither measured again nor lost. A sampler that evaluates the network twice per step takes fewer steps.
    /// </summary>
    [Fact]
    public void Steps_are_measured_by_sampler_and_evaluations_and_kept()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "small", "--sample-every", "0", "--steps", "20"));
        JsonArray Cells() => JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "small", "few-steps.json")))!["cells"]!.AsArray();
        DdpmProcess.Outcome Steps(params string[] more) =>
            _ddpm.Run(["evaluate", "steps", "--run", "small", "--data", Fixtures.FashionMnist, "--count", "8", .. more]);
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
        var again = Steps("--samplers", "sa-solver-2", "--evaluations", "4").Done();
        Assert.DoesNotContain("sa-solver-2 with 4 evaluations", again.Error, StringComparison.Ordinal);

        // τ is usual for the timesteps that are asked for, not for those among which they are searched.
        Steps("--samplers", "sa-solver-2:searched", "--evaluations", "4").Done();
        Assert.Equal((4, 0.6), (Cells()[6]!["evaluations"]!.GetValue<int>(), Cells()[6]!["tau"]!.GetValue<double>()));

        // However the run is named, it is the same; of another protocol or damaged, the table is neither gone on with nor lost.
        string[] ddim = ["evaluate", "steps", "--data", Fixtures.FashionMnist, "--count", "8", "--samplers", "ddim", "--evaluations", "4"];
        Assert.DoesNotContain("ddim with 4", _ddpm.Done([.. ddim, "--out", "runs/../runs/small/"]).Error, StringComparison.Ordinal);
        var table = File.ReadAllText(report);
        Steps("--samplers", "ddim", "--evaluations", "4", "--seed", "2").Refused(
            1, "few-steps.json: it was measured with --seed 1, but now it is 2: choose another folder with --to");
        Assert.Equal(table, File.ReadAllText(report));
        foreach (var damaged in (string[])[table[..^20], "{}", "null", table.Replace("\"features\"", "\"feature\"", StringComparison.Ordinal)])
        {
            File.WriteAllText(report, damaged);
            Steps("--samplers", "ddim", "--evaluations", "4").Refused(1, "few-steps.json: it is damaged", "choose another folder with --to");
            Assert.Equal(damaged, File.ReadAllText(report));
        }

        Steps("--samplers", "dim").Refused(2, "sampler must be one of");
        Steps("--samplers", "ddim", "--evaluations", "4", "21", "30").Refused(
            2, "--evaluations must be at most 20, the timesteps of the run, got 21\nerror: --evaluations must be at most 20, the timesteps of the run, got 30");
    }

    /// <summary>
    /// Modules of PyTorch 1.13: four features where it is asked for features, as Inception is; one that takes images alone; and two that make
    /// nothing of use. Libtorch computes them, with instructions by which its convolutions are right on every processor.
    /// </summary>
    [Fact]
    public void The_features_of_a_TorchScript_module_are_used_and_what_makes_none_is_refused()
    {
        _ddpm.Environment["DNNL_MAX_CPU_ISA"] = "SSE41";
        WriteTrainingImages("images.npy");
        DdpmProcess.Outcome With(string module) => Trusting(Fixtures.TorchScript(module), Sha256(Fixtures.TorchScript(module)));
        DdpmProcess.Outcome Trusting(string path, params string[] sha256)
        {
            var trust = sha256.SelectMany(sum => (string[])["--trust", sum]);
            return _ddpm.Run(["evaluate", "--images", "images.npy", "--data", Fixtures.FashionMnist, "--features", path, .. trust]);
        }

        foreach (var (module, dimension) in new[] { ("features.pt", 4), ("images-alone.pt", 1) })
        {
            var outcome = With(module).Done();
            Assert.Equal(dimension, Report(".")["features"]!["dimension"]!.GetValue<int>());
            Assert.Equal(0, Number(Report("."), "generated", "frechet-distance"), 1e-6);
            Assert.Contains("FID where that is Inception", outcome.Output, StringComparison.Ordinal);
        }

        With("one-row.pt").Refused(1, "one-row.pt makes an array of 1 for 64 images");
        With("two-tensors.pt").Refused(1, "two-tensors.pt fails on N×3×H×W bytes of images");

        // A module is a program: it runs where its very content is trusted, and what it makes or complains of is its own affair.
        var features = Fixtures.TorchScript("features.pt");
        var remedy = $"if you trust its author, add --trust {Sha256(features)}";
        Trusting(features).Refused(2, $"features.pt is a program and can do anything that you can: {remedy}");
        Trusting(features, Sha256(Fixtures.TorchScript("one-row.pt"))).Refused(2, $"features.pt does not have the SHA-256 in --trust: {remedy}");
        foreach (var (name, makes, does) in new[]
        {
            ("text", "str", "return \"features\""),
            ("words", "Dict[str, Tensor]", "return {\"features\": x}"),
            ("pair", "Tuple[Tensor, str]", "return (x, \"a\")"),
            ("complaint", "Tensor", "ops.prim.RaiseException(\"no such pictures\")\n    return x"),
        })
        {
            var path = Changed(Fixtures.TorchScript("images-alone.pt"), _ddpm.Path($"{name}.pt"), makes, does);
            Trusting(path, Sha256(path)).Refused(1, $"{name}.pt ", name == "complaint" ? "no such pictures" : "");
        }
    }

    private static string Sha256(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    /// <summary>A module with another end of its forward method.</summary>
    private static string Changed(string module, string path, string makes, string does)
    {
        using var from = ZipFile.OpenRead(module);
        using var to = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var entry in from.Entries.Where(entry => !entry.Name.EndsWith("debug_pkl", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(entry.Open(), Encoding.Latin1);
            using var writer = new StreamWriter(to.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open(), Encoding.Latin1);
            var content = reader.ReadToEnd();
            if (!entry.Name.EndsWith(".py", StringComparison.Ordinal))
            {
                writer.Write(content);
                continue;
            }

            var head = content[..content.IndexOf("    _0 =", StringComparison.Ordinal)];
            writer.Write(head.Replace("-> Tensor", $"-> {makes}", StringComparison.Ordinal) + $"    {does}\n");
        }

        return path;
    }

    [Fact]
    public void A_classifier_of_one_s_own_gives_other_features()
    {
        var made = _ddpm.Done("evaluate", "train-classifier", "--data", Fixtures.FashionMnist, "--epochs", "1", "--to", "own.safetensors");
        Assert.Contains("of 64 test images are classified correctly", made.Output, StringComparison.Ordinal);
        _ddpm.Done("evaluate", "train-classifier", "--data", Fixtures.FashionMnist, "--epochs", "1", "--to", "again.safetensors", "--threads", "3");
        Assert.Equal(File.ReadAllBytes(_ddpm.Path("own.safetensors")), File.ReadAllBytes(_ddpm.Path("again.safetensors")));
        WriteTrainingImages("images.npy");
        _ddpm.Done("evaluate", "--images", "images.npy", "--data", Fixtures.FashionMnist, "--to", "shipped");
        _ddpm.Done("evaluate", "--images", "images.npy", "--data", Fixtures.FashionMnist, "--classifier", "own.safetensors");
        var (shipped, own) = (Report("shipped"), Report("."));
        Assert.Equal("classifier own.safetensors", own["features"]!["name"]!.GetValue<string>());
        Assert.Equal(Sha256(_ddpm.Path("own.safetensors")), own["features"]!["sha256"]!.GetValue<string>());
        Assert.NotEqual(shipped["features"]!["sha256"]!.GetValue<string>(), own["features"]!["sha256"]!.GetValue<string>());
        Assert.NotEqual(Number(shipped, "floor", "frechet-distance"), Number(own, "floor", "frechet-distance"));
    }

    [Theory]
    [InlineData("what should be evaluated", "evaluate")]
    [InlineData("what should be evaluated", "evaluate", "--run", "small", "--images", "images.npy")]
    [InlineData("--labels needs images", "evaluate", "--labels", "labels.npy")]
    [InlineData("--limit must be at least 1, got 0\n", "evaluate", "train-classifier", "--limit", "0")]
    [InlineData("must be at least 1, got 0\nerror: --limit must be at least 1, got -5", "evaluate", "train-classifier", "--epochs", "0", "--limit", "-5")]
    [InlineData(
        "--count must be at least 4, got 1\nerror: --bound-images must be 0, or at least 2 to estimate the error, got -1",
        "evaluate", "--run", "small", "--count", "1", "--bound-images", "-1")]
    public void What_makes_no_sense_is_refused(string says, params string[] arguments) => _ddpm.Refused(2, [says], arguments);

    [Fact]
    public void Images_of_the_wrong_kind_are_refused_with_the_reason()
    {
        Write("floats.npy", NpyType.F4, new byte[32], 2, 2, 2);
        Write("small.npy", NpyType.U1, new byte[16], 4, 2, 2);
        Write("pairs.npy", NpyType.U1, new byte[32], 4, 2, 2, 2);
        WriteTrainingImages("images.npy");
        File.WriteAllText(_ddpm.Path("script.pt"), "no module");
        _ddpm.Refused(
            1, ["floats.npy: it holds <f4, but images must be bytes from 0 to 255: save them with"],
            "evaluate", "--data", Fixtures.FashionMnist, "--images", "floats.npy");
        _ddpm.Refused(1, ["pairs.npy: it is an array of 4×2×2×2"], "evaluate", "--data", Fixtures.FashionMnist, "--images", "pairs.npy");
        _ddpm.Refused(1, ["the images are 2×2×1, but Fashion-MNIST has 28×28×1"], "evaluate", "--data", Fixtures.FashionMnist, "--images", "small.npy");
        _ddpm.Refused(
            2,
            [
                "--images are evaluated unchanged: leave out --sampler and --sampling-steps and --guidance-scale and --count and --seed and --clip "
                + "and --bound-images",
            ],
            "evaluate", "--data", Fixtures.FashionMnist, "--images", "images.npy", "--sampler", "ddim", "--sampling-steps", "3", "--seed", "2",
            "--clip", "true", "--count", "8", "--guidance-scale", "2", "--bound-images", "0");
        File.WriteAllBytes(_ddpm.Path("both.npz"), [(byte)'P', (byte)'K', 3, 4, 0]);
        _ddpm.Refused(
            1, ["both.npz: it is a zip file, such as an .npz of several arrays: save one array with numpy.save"],
            "evaluate", "--data", Fixtures.FashionMnist, "--images", "both.npz");
        _ddpm.Refused(
            1, ["cannot load script.pt as a TorchScript module"],
            "evaluate", "--data", Fixtures.FashionMnist, "--images", "images.npy", "--features", "script.pt", "--trust", Sha256(_ddpm.Path("script.pt")));
        _ddpm.Refused(2, ["--trust needs a TorchScript module"], "evaluate", "--data", Fixtures.FashionMnist, "--images", "images.npy", "--trust", "ab");
    }

    /// <summary>Of what cannot be judged no image is made: neither of data of another size, nor by features or into a folder that are not there.</summary>
    [Fact]
    public void What_is_wrong_is_told_before_a_run_is_sampled()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "small", "--sample-every", "0"));
        WriteSmallImages("tiny");
        File.WriteAllText(_ddpm.Path("file"), "");
        string[] evaluate = ["evaluate", "--run", "small", "--count", "4", "--sampling-steps", "2", "--spacing", "searched"];
        string[] own = [.. evaluate, "--data", Fixtures.FashionMnist];
        void Refused(string says, params string[] arguments) =>
            Assert.DoesNotContain("timesteps ", _ddpm.Refused(1, [says], arguments).Error, StringComparison.Ordinal);
        const string Sizes = "the run's images are 28×28×1, but Fashion-MNIST has 12×12×1 (folder tiny): "
            + "choose matching data with --dataset or --data";
        Refused(Sizes, [.. evaluate, "--data", "tiny", "--bound-images", "64"]);
        Refused(Sizes, "evaluate", "steps", "--run", "small", "--data", "tiny", "--count", "4", "--evaluations", "2");
        Refused(Sizes, "sample", "--run", "small", "--image", "test:0", "--count", "4", "--data", "tiny");
        Refused("nowhere", [.. evaluate, "--data", "nowhere"]);
        Refused("none.safetensors", [.. own, "--classifier", "none.safetensors"]);
        Refused("none.pt", [.. own, "--features", "none.pt"]);
        Refused("file", [.. own, "--to", "file"]);
        Assert.Contains("timesteps ", _ddpm.Done([.. own, "--bound-images", "0"]).Error, StringComparison.Ordinal); // which are searched first
        Write("tiny.npy", NpyType.U1, new byte[8 * 144], 8, 12, 12);
        Refused(
            "the built-in classifier cannot be used: it takes images of 28×28×1, but the images of Fashion-MNIST (folder tiny) are 12×12×1: "
            + "train one on these data with evaluate train-classifier",
            "evaluate", "--images", "tiny.npy", "--data", "tiny");
    }

    /// <summary>What was measured of a run is not told of it any more once it has gone on.</summary>
    [Fact]
    public void A_run_that_has_gone_on_is_not_told_by_what_was_measured_before()
    {
        var training = DdpmProcess.SmallTraining("--run", "small", "--sample-every", "0");
        string[] data = ["--run", "small", "--data", Fixtures.FashionMnist, "--count", "4"];
        _ddpm.Done([.. training, "--epochs", "1"]);
        string? Distance() => JsonNode.Parse(_ddpm.Done("runs", "--json").Output)![0]!["d"]?.ToJsonString();
        string Page()
        {
            _ddpm.Done("report", "--run", "small");
            return File.ReadAllText(_ddpm.Path("runs", "small", "report.html"));
        }

        _ddpm.Done(["evaluate", "--sampler", "ddim", "--sampling-steps", "2", "--bound-images", "0", .. data]);
        _ddpm.Done(["evaluate", "steps", "--samplers", "ddim", "--evaluations", "1", "2", .. data]);
        Assert.NotNull(Distance());
        Assert.Contains("D over evaluations of the network", Page(), StringComparison.Ordinal);
        Assert.DoesNotContain("earlier checkpoint", Page(), StringComparison.Ordinal);

        _ddpm.Done("train", "--run", "small", "--data", Fixtures.FashionMnist, "--resume", "--epochs", "3");
        Assert.Null(Distance());
        var page = Page();
        Assert.Contains("evaluation.json belongs to an earlier checkpoint: run evaluate again<", page, StringComparison.Ordinal);
        Assert.Contains("few-steps.json belongs to an earlier checkpoint: run evaluate steps again<", page, StringComparison.Ordinal);
        Assert.DoesNotContain("D, above the floor", page, StringComparison.Ordinal);
        Assert.DoesNotContain("D over evaluations of the network", page, StringComparison.Ordinal);
    }

    /// <summary>Eight images of 12×12 in each part, in the files of Fashion-MNIST.</summary>
    private void WriteSmallImages(string folder)
    {
        foreach (var (images, labels) in (SplitFiles[])[FixtureDataSet.Description.Train, FixtureDataSet.Description.Test])
        {
            DataSetWorld.Put(_ddpm.Path(folder), images.Name, Idx.Write(IdxArray.Of(Prelude.Array(8, 12, 12), new byte[8 * 144]).Valid()).ToArray());
            DataSetWorld.Put(_ddpm.Path(folder), labels.Name, Idx.Write(IdxArray.Of(Prelude.Array(8), new byte[8]).Valid()).ToArray());
        }
    }

    private JsonNode Report(string folder) => JsonNode.Parse(File.ReadAllText(_ddpm.Path(folder, "evaluation.json")))!;

    private static double Number(JsonNode report, string part, string name) => report[part]![name]!.GetValue<double>();

    /// <summary>The fixture's, without the header of the file that they come in.</summary>
    private static byte[] TrainingLabels => FixtureDataSet.Content(FixtureDataSet.Description.Train.Labels)[8..];

    private void WriteTrainingImages(string name) =>
        Write(name, NpyType.U1, FixtureDataSet.Content(FixtureDataSet.Description.Train.Images)[16..], 320, 28, 28);

    private void Write(string name, NpyType type, byte[] data, params long[] shape) =>
        File.WriteAllBytes(_ddpm.Path(name), Npy.Write(NpyArray.Of(type, shape.ToArr(), data).Valid()).ToArray());
}

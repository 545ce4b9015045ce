using System.Text.Json.Nodes;
using Ddpm.Host.Pictures;
using Ddpm.Host.Runs;
using Ddpm.Properties.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using ImageMagick;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Training and sampling through the real command line, on the fixture's real images.</summary>
public sealed class TrainTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_leaves_everything_that_it_promises()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "2", "--run", "small", "--sample-every", "1", "--log-every", "2"));
        var receipt = JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "small", "run.json")))!;
        Assert.True(receipt["finished"]!.GetValue<bool>());
        Assert.Equal("standard", receipt["options"]!["preset"]!.GetValue<string>());
        Assert.Equal(48, receipt["data"]!["images"]!.GetValue<int>());
        Assert.Equal("step-0000006.safetensors", receipt["last"]!.GetValue<string>());
        Assert.All((string[])["last", "best"], name => Assert.True(File.Exists(_ddpm.Path("runs", "small", "checkpoints", receipt[name]!.GetValue<string>()))));

        var metrics = File.ReadAllLines(_ddpm.Path("runs", "small", "metrics.jsonl")).Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal([2, 3, 4, 6, 6], metrics.Select(metric => metric["step"]!.GetValue<int>()));
        Assert.Equal(["step", "epoch", "step", "step", "epoch"], metrics.Select(metric => metric["kind"]!.GetValue<string>()));
        Assert.All(metrics, metric => Assert.InRange(metric["loss"]!.GetValue<double>(), 0.2, 3));
        Assert.Equal(64, receipt["data"]!["held-out"]!["images"]!.GetValue<int>());
        Assert.All(metrics, metric => Assert.Equal(metric["kind"]!.GetValue<string>() == "epoch", metric["held-out-loss"] is not null));
        Assert.Equal(
            metrics.Where(metric => metric["kind"]!.GetValue<string>() == "epoch").Min(metric => metric["held-out-loss"]!.GetValue<double>()),
            receipt["progress"]!["best-loss"]!.GetValue<double>());

        Assert.NotEmpty(Directory.EnumerateFiles(_ddpm.Path("runs", "small", "tensorboard")));
        using var losses = new MagickImage(_ddpm.Path("runs", "small", "loss.png"));
        Assert.True(losses.Width > 700);
        foreach (var epoch in (string[])["epoch-00", "epoch-01", "epoch-02"])
        {
            using var grid = new MagickImage(_ddpm.Path("runs", "small", "samples", epoch + ".png"));
            Assert.Equal((236u, 236u), (grid.Width, grid.Height)); // 4×4 tiles of 28 with gaps of 2, twice as large
        }

        var array = Npy.Read(File.ReadAllBytes(_ddpm.Path("runs", "small", "samples.npy"))).Valid();
        Assert.Equal(Prelude.Array(100L, 28, 28), array.Shape);
        Assert.True(array.Data.ToArray().Distinct().Count() > 50);
        using var animation = new MagickImageCollection(_ddpm.Path("runs", "small", "sampling.gif"));
        Assert.Equal(11, animation.Count); // the noise and 10 steps
        Assert.InRange((double)animation[^1].AnimationDelay / animation.Sum(frame => frame.AnimationDelay), 0.32, 0.35);
        using var samples = new MagickImage(_ddpm.Path("runs", "small", "samples.png"));
        Assert.Equal(596u, samples.Width);
    }

    [Fact]
    public void The_same_command_twice_gives_the_same_bits()
    {
        foreach (var name in (string[])["one", "two"])
        {
            _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "2", "--run", name, "--sample-every", "0"));
        }

        Same("samples.npy");
        Same("sampling.gif");
        Assert.Equal(Checkpoint("one", 6).Tensors, Checkpoint("two", 6).Tensors);

        void Same(string file) => Assert.Equal(File.ReadAllBytes(_ddpm.Path("runs", "one", file)), File.ReadAllBytes(_ddpm.Path("runs", "two", file)));
    }

    [Fact]
    public void An_interrupted_run_leaves_a_checkpoint_and_resumes_to_the_same_bits()
    {
        // Epochs enough that the signal comes before the end also where this process has to wait for its turn.
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "16", "--run", "one", "--sample-every", "0"));

        var interrupted = _ddpm.Run(
            (process, line) =>
            {
                if (line.Contains("training the", StringComparison.Ordinal))
                {
                    DdpmProcess.Interrupt(process);
                }
            },
            DdpmProcess.SmallTraining("--epochs", "16", "--run", "two", "--sample-every", "0"));
        interrupted.Ended(130);
        var stopped = JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "two", "run.json")))!;
        Assert.NotNull(stopped["last"]);
        Assert.False(stopped["finished"]!.GetValue<bool>());

        _ddpm.Refused(
            2, ["preset cannot change in a resumed run: it is standard", "batch-size cannot change in a resumed run: it is 16"],
            "train", "--data", Fixtures.FashionMnist, "--run", "two", "--resume", "--batch-size", "8", "--preset", "original");

        _ddpm.Done("train", "--data", Fixtures.FashionMnist, "--run", "two", "--resume", "--threads", "1", "--sample-every", "0");
        Assert.Equal(Checkpoint("one", 48).Tensors, Checkpoint("two", 48).Tensors);
        Assert.Equal(Losses("one"), Losses("two"));
        Assert.Equal(File.ReadAllBytes(_ddpm.Path("runs", "one", "samples.npy")), File.ReadAllBytes(_ddpm.Path("runs", "two", "samples.npy")));

        string[] Losses(string run) => File.ReadLines(_ddpm.Path("runs", run, "metrics.jsonl"))
            .Select(line => JsonNode.Parse(line)!).Select(metric => $"{metric["step"]} {metric["loss"]} {metric["held-out-loss"]}").ToArray();
    }

    [Fact]
    public void Sampling_again_gives_the_run_s_own_samples_and_other_choices_give_others()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "2", "--out", "folder", "--preset", "original", "--sample-every", "0"));
        var own = File.ReadAllBytes(_ddpm.Path("folder", "samples.npy"));

        Assert.Equal(own, Samples("again"));
        Assert.NotEqual(own, Samples("seed", "--seed", "2"));
        Assert.NotEqual(own, Samples("variance", "--variance", "posterior"));
        Assert.NotEqual(own, Samples("scale", "--scale", "fixed"));
        Assert.NotEqual(Samples("scale", "--scale", "fixed"), Samples("clip", "--scale", "fixed", "--clip", "true"));

        // Image i is the same however many are made, from whichever on, how many at a time, and on how many threads.
        var images = Npy.Read(own).Valid().Data.ToArray();
        Assert.Equal(images[..(7 * 784)], Npy.Read(Samples("few", "--count", "7", "--batch-size", "3")).Valid().Data.ToArray());
        Assert.Equal(images[(90 * 784)..], Npy.Read(Samples("last", "--first", "90", "--count", "10")).Valid().Data.ToArray());
        Assert.Equal(images, Npy.Read(Samples("threads", "--threads", "2")).Valid().Data.ToArray());

        byte[] Samples(string to, params string[] more)
        {
            _ddpm.Done(["sample", "--out", "folder", "--to", to, .. more.Contains("--threads") ? more : [.. more, "--threads", "1"]]);
            return File.ReadAllBytes(_ddpm.Path(to, "samples.npy"));
        }
    }

    [Fact]
    public void Each_kind_of_sampler_spacing_and_start_runs_from_the_command_line()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "small", "--sample-every", "0", "--prediction", "velocity"));

        // One of each kind: that the others compile is a law.
        string[] kinds =
        [
            "ddpm --spacing leading", "ddim --eta 0.5", "ddim --end-at-first-level", "dpmpp-3m", "dpmpp-2m-sde", "sa-solver-3 --tau 1 --tau-range 0.1 5",
            "unipc-2 --spacing searched", "ipndm-4", "heun",
        ];
        Assert.Equal(kinds.Length, kinds.Select(kind => Convert.ToBase64String(Samples($"--sampler {kind} --sampling-steps 6"))).Distinct().Count());

        // An image inverted, kept by half, met half way to another, and changed a little.
        var inverted = Samples("--image test:3 --encode inversion --sampler ddim --sampling-steps 12 --strength 1");
        var kept = Samples("--image test:3 --known 0,0,28,14 --sampler dpmpp-2m --sampling-steps 6");
        var between = Samples("--image test:3 --to-image train:0 --sampler ddim --sampling-steps 6");
        File.Copy(_ddpm.Path("to", "samples.png"), _ddpm.Path("picture.png"));
        var changed = Samples("--image picture.png --strength 0.25");
        Assert.Equal(4, ((byte[][])[inverted, kept, between, changed]).Select(Convert.ToBase64String).Distinct().Count());

        const int half = 14 * 28;
        var image = FixtureDataSet.Content(FixtureDataSet.Description.Test.Images)[16..].AsSpan(3 * 2 * half, 2 * half).ToArray();
        var pixels = Npy.Read(kept).Valid().Data.ToArray().Chunk(half).ToArray();
        Assert.All((byte[][])[pixels[0], pixels[2]], known => Assert.Equal(image[..half], known)); // the upper half is the image's in both,
        Assert.NotEqual(pixels[1], pixels[3]); // the lower is each one's own
        using (var mask = new MagickImage(MagickColors.Black, 28, 28))
        {
            using var white = new MagickImage(MagickColors.White, 28, 14);
            mask.Composite(white, 0, 0, CompositeOperator.Over);
            mask.Write(_ddpm.Path("mask.png"));
        }

        Assert.Equal(kept, Samples("--image test:3 --known mask.png --sampler dpmpp-2m --sampling-steps 6"));
        File.WriteAllBytes(_ddpm.Path("black.png"), Png.Encode(PixelImage.Create(28, 28, 1, new byte[784])));
        Run("--image test:3 --known black.png").Refused(1, "--known must be white where it keeps --image, but black.png has no white pixel");

        foreach (var (arguments, fault) in ((string, string)[])
        [
            ("--strength 0.5", "--strength needs a picture: name one with --image"),
            ("--image test:3 --strength 1.5", "--strength must lie in (0, 1], got 1.5"),
            ("--image test:3 --known 0,0,9,9 --to-image test:4", "--known cannot be combined with --to-image or --encode inversion"),
            ("--image test:3 --known -1,0,5,5", "--known must lie within the 28×28 pixels and contain at least one, got -1,0,5,5"),
            ("--image test:3 --known 1,x,5,5", "--known must be a whole number, written in digits, got x"),
            ("--image test:3 --known 20,0,9,9", "--known must lie within the 28×28 pixels and contain at least one, got 20,0,9,9"),
            ("--image test:64", "test:64 does not exist: the data set has 64 images, counted from 0"),
            ("--image test:3 --encode inversion --sampler ddpm", "--encode inversion needs a sampler that draws no noise"),
            ("--image test:3 --to-image test:4 --sampler ddim --first 1", "--first cannot be combined with --to-image"),
        ])
        {
            Run(arguments).Refused(2, fault);
        }

        DdpmProcess.Outcome Run(string arguments) =>
            _ddpm.Run(["sample", "--run", "small", "--threads", "1", "--to", "to", "--count", "2", "--data", Fixtures.FashionMnist, .. arguments.Split(' ')]);

        byte[] Samples(string arguments)
        {
            Run(arguments).Done();
            return File.ReadAllBytes(_ddpm.Path("to", "samples.npy"));
        }
    }

    /// <summary>Each option reaches its place, and the arguments of a run give all of them.</summary>
    [Fact]
    public void Every_option_of_a_recipe_can_be_given_on_the_command_line_and_is_kept_in_the_receipt()
    {
        var options = new TrainingOptions
        {
            Preset = "original",
            Network = "modern",
            Width = 4,
            Embedding = "unpaired",
            Dataset = "mnist",
            Limit = 48,
            Epochs = 1,
            BatchSize = 16,
            LearningRate = 0.003,
            LearningRateSchedule = "cosine",
            WarmUpSteps = 2,
            WeightDecay = 0.01,
            EmaDecay = 0.9,
            Flip = true,
            Conditional = true,
            LabelDropout = 0.25,
            TimestepSampling = "stratified",
            ClipNorm = 2,
            Steps = 12,
            Schedule = "scaled-linear",
            MinBeta = 0.001,
            MaxBeta = 0.3,
            ZeroTerminalSnr = true,
            Prediction = "velocity",
            LossWeight = "min-snr",
            MinSnrGamma = 3,
            Precision = "bf16",
            Seed = 3,
        };
        // What a preset has can be left out, and a cosine schedule has a number of its own.
        var bare = TrainingOptions.Of("best", "fashion-mnist") with
        {
            Limit = 16,
            Epochs = 1,
            Steps = 12,
            EmaDecay = null,
            ClipNorm = null,
            Schedule = "cosine",
            CosineOffset = 0.02,
        };
        TrainedSo(options, "all");
        TrainedSo(bare, "bare");

        void TrainedSo(TrainingOptions given, string name)
        {
            _ddpm.Done(["train", .. given.ToArguments(), "--data", Fixtures.FashionMnist, "--run", name, "--sample-every", "0", "--threads", "1"]);
            Assert.Equal(given, RunReceipt.FromJson(File.ReadAllBytes(_ddpm.Path("runs", name, "run.json"))).ThrowIfFail().Options);
        }
    }

    [Theory]
    [InlineData("velocity", "cosine")]
    [InlineData("sample", "linear")]
    public void Other_predictions_and_schedules_train_and_sample(string prediction, string schedule)
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--prediction", prediction, "--schedule", schedule, "--sample-every", "0"));
        Assert.True(File.Exists(_ddpm.Path("runs", "fashion-mnist-standard", "samples.png")));
        var inverted = _ddpm.Run(
            "sample", "--run", "fashion-mnist-standard", "--data", Fixtures.FashionMnist, "--count", "1", "--image", "test:3", "--encode", "inversion",
            "--sampler", "ddim", "--sampling-steps", "2");
        _ = prediction == "sample"
            ? inverted.Refused(2, "prediction must be epsilon, velocity, flow or edm to find the noise in a clean image")
            : inverted.Done();
    }

    [Fact]
    public void The_forward_figure_is_drawn()
    {
        _ddpm.Done("forward", "--data", Fixtures.FashionMnist, "--count", "9", "--file", "figure.png");
        using var figure = new MagickImage(_ddpm.Path("figure.png"));
        Assert.True(figure.Width > 5 * 3 * 28 && figure.Height > 3 * 28);
    }

    private SafetensorsFile Checkpoint(string run, int step) =>
        Safetensors.Read(File.ReadAllBytes(_ddpm.Path("runs", run, "checkpoints", RunFolder.CheckpointName(step)))).Valid();
}

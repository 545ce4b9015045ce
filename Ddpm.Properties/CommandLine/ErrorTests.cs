using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Runs;
using Ddpm.Pure.Formats;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.CommandLine;

/// <summary>What a user is told when something is wrong: a line that says what and what to do, an exit code, nothing half-written.</summary>
public sealed class ErrorTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void Nonsense_options_are_refused_all_at_once_before_anything_is_written()
    {
        string[] says =
        [
            "epochs must be at least 1, got 0", "batch-size must be at least 1, got 0", "learning-rate must lie in (0, 1), got 1",
            "min-beta must lie in (0, 1), got 1.5", "preset must be one of original, standard, best, finest, ddpm-cifar10, got large",
            "prediction must be one of", "limit must be at least 1, got 0",
        ];
        _ddpm.Refused(
            2, says, "train", "--epochs", "0", "--batch-size", "0", "--learning-rate", "1.0", "--min-beta", "1.5", "--preset", "large", "--prediction", "x",
            "--limit", "0");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_ddpm.Folder));
    }

    [Theory]
    [InlineData("train --epochs many", "many")]
    [InlineData("train --colour", "--colour")]
    [InlineData("tarin", "tarin")]
    [InlineData("sample", "which run?")]
    [InlineData("sample --run a --out b", "give one of them")]
    [InlineData("sample --run ../a", "must be a plain name")]
    [InlineData("reference plan --sampler ddpm --eta 2 --sampling-steps 1001", "eta works only with the samplers ddim*, euler-ancestral, got 2")]
    [InlineData("reference plan --sampler ddim --eta 2", "eta must lie in [0, 1], got 2")]
    [InlineData("train --threads 0", "--threads must lie in [1, 1024], got 0")]
    [InlineData("train --precision half", "precision must be one of float32, bf16, got half")]
    [InlineData("bench --window 0 --rounds 0", "--rounds must be at least 1, got 0")]
    [InlineData("bench --window 0", "--window must lie in (0, 60), got 0")]
    [InlineData("bench --image-size 30 --batch-size 0", "batch-size must be at least 1, got 0")]
    [InlineData("train --device tpu", "device must be auto, cpu, libtorch, cuda or cuda:n, got tpu")]
    [InlineData("train --zero-terminal-snr --loss-weight heavy", "leaves nothing of the image (there, epsilon does not determine it), got epsilon")]
    [InlineData("train --max-beta 0.5", "with a schedule that leaves only 2.2E-67 of the image (there, epsilon does not determine it), got epsilon")]
    [InlineData("forward --steps 2000000", "steps must be at most 10000, got 2000000")]
    [InlineData("reference plan --steps 10001", "steps must be at most 10000, got 10001")]
    [InlineData("train --dataset shoes", "shoes")]
    [InlineData("train --resume", "which run?")]
    [InlineData("forward --count 0 --steps 0", "steps must be at least 1, got 0")]
    [InlineData("bench --batch-size 600000000", "--batch-size must be small enough")]
    [InlineData(
        "train --schedule cosine --min-beta 0.001 --max-beta 0.1",
        "min-beta works only with the schedules linear, scaled-linear, sigmoid-beta, got 0.001")]
    [InlineData("train --min-beta 1e-300", "schedule must add more noise (after timestep 0, float32 rounds its variance σ² = 1E-300 to 0)")]
    [InlineData("train --cosine-offset 0.1", "cosine-offset works only with the schedule cosine, got 0.1")]
    [InlineData("train --min-snr-gamma 3", "min-snr-gamma works only with the loss weight min-snr, got 3")]
    [InlineData("sample --out ", "--out must not be empty")]
    [InlineData("reference export --out ", "--out must not be empty")]
    [InlineData("train --config ", "--config needs a file")]
    [InlineData("train --config a.json --config=b.json", "--config is given twice")]
    [InlineData("import model.pt --run a --dataset shoes", "shoes")]
    [InlineData("sample --run a --guidance-sweep 1 2 --guidance-scale 3", "give one of them")]
    public void What_makes_no_sense_is_a_usage_error(string arguments, string says) => _ddpm.Refused(2, [says], arguments.Split(' '));

    /// <summary>A schedule that ends before the image is gone is told once, by training and by sampling; an image that is no number ends the command.</summary>
    [Fact]
    public void What_would_be_silent_nonsense_is_told()
    {
        string[] published = ["--min-beta", "1e-4", "--max-beta", "0.02"];
        Warned(_ddpm.Done(DdpmProcess.SmallTraining(["--epochs", "1", "--run", "short", "--sample-every", "0", .. published])).Error);
        Warned(_ddpm.Done("sample", "--run", "short", "--count", "1", "--threads", "1").Error);

        var folder = new RunFolder(_ddpm.Path("runs", "short"));
        var (file, header) = folder.ReadCheckpoint(folder.Receipt().Valid().Sampled).Valid();
        using var network = new UNet(header.Config.Valid().Model.Network, ScalarType.Float32, CPU);
        using var state = Checkpoint.Load(file, network, header.Progress.Step).Valid();
        state.Weights.fill_(1e30f);
        Assert.True(folder.Write(folder.Receipt().Valid() with { WeightsSha256 = null }).IsSucc);
        File.WriteAllBytes(folder.CheckpointPath(folder.Receipt().Valid().Sampled!), Safetensors.Write(Checkpoint.Save(header, network, state)).ToArray());
        foreach (var command in (string[])["sample", "evaluate --count 4"])
        {
            _ddpm.Refused(
                1, ["error: the network's output for image 0 is not finite after line 1 of 10 (timestep 11): its weights are damaged"],
                [.. command.Split(' '), "--run", "short", "--threads", "1", "--data", Fixtures.FashionMnist]);
        }

        static void Warned(string error) => Assert.Equal(2, error.Split("warning: the last level keeps").Length);
    }

    [Fact]
    public void Cuda_asked_for_and_absent_is_a_failure()
    {
        _ddpm.Refused(1, ["device cuda", "was asked for, but there"], DdpmProcess.SmallTraining("--device", "cuda:1000"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_ddpm.Folder));
    }

    [Fact]
    public void A_run_that_is_not_there_is_named_with_those_that_are()
    {
        Directory.CreateDirectory(_ddpm.Path("runs", "shoes"));
        File.WriteAllText(_ddpm.Path("runs", "shoes", "run.json"), "{}");
        _ddpm.Refused(1, ["there is no run in runs/shirts", "beside it are shoes"], "sample", "--run", "shirts");
        _ddpm.Refused(1, ["run.json: it is not the receipt of a run, or it is damaged"], "sample", "--run", "shoes");
        _ddpm.Refused(1, ["run.json: it is not the receipt of a run, or it is damaged"], "train", "--run", "shoes", "--resume");
        _ddpm.Refused(2, ["--resume"], "train", "--run", "shoes");
    }

    [Fact]
    public void A_damaged_image_file_is_named()
    {
        var data = Directory.CreateDirectory(_ddpm.Path("images")).FullName;
        foreach (var file in Directory.EnumerateFiles(Fixtures.FashionMnist, "*.gz"))
        {
            var bytes = File.ReadAllBytes(file);
            File.WriteAllBytes(Path.Combine(data, Path.GetFileName(file)), bytes[..(bytes.Length / 2)]);
        }

        _ddpm.Refused(1, ["train-images-idx3-ubyte.gz"], "train", "--data", data);
        Assert.False(Directory.Exists(_ddpm.Path("runs")));
    }

    [Fact]
    public void Checkpoints_that_are_damaged_or_of_another_architecture_are_refused_and_nothing_is_written()
    {
        foreach (var preset in (string[])["original", "standard"])
        {
            _ddpm.Done(DdpmProcess.SmallTraining("--run", preset, "--preset", preset, "--epochs", "1", "--sample-every", "0"));
        }

        string Checkpoint(string run) => _ddpm.Path("runs", run, "checkpoints", "step-0000003.safetensors");
        var original = File.ReadAllBytes(Checkpoint("original"));

        // The header of the one on the tensors of the other: the texts differ in the preset's name alone, which is as long in both.
        var text = System.Text.Encoding.Latin1.GetString(original);
        Assert.Contains("original", text, StringComparison.Ordinal);
        var swapped = text.Replace("original", "standard", StringComparison.Ordinal);
        File.WriteAllBytes(Checkpoint("original"), System.Text.Encoding.Latin1.GetBytes(swapped));
        _ddpm.Refused(1, ["its configuration does not match its checksum"], "sample", "--run", "original", "--to", "out");

        // As an earlier version wrote it, without a checksum of the header.
        var withoutChecksum = swapped.Replace("ddpm-sha256", "none-sha256", StringComparison.Ordinal);
        File.WriteAllBytes(Checkpoint("original"), System.Text.Encoding.Latin1.GetBytes(withoutChecksum));
        _ddpm.Refused(
            1, ["step-0000003.safetensors cannot be used", "do not fit this network", "b1.0.shortcut.weight is missing"],
            "sample", "--run", "original", "--to", "out");

        var flipped = (byte[])original.Clone();
        flipped[^1000] ^= 1;
        File.WriteAllBytes(Checkpoint("original"), flipped);
        _ddpm.Refused(1, ["step-0000003.safetensors cannot be used", "checksum"], "sample", "--run", "original", "--to", "out");
        _ddpm.Refused(1, ["checksum"], "train", "--run", "original", "--resume", "--epochs", "3", "--data", Fixtures.FashionMnist);

        File.WriteAllBytes(Checkpoint("original"), original[..^1]);
        _ddpm.Refused(1, ["step-0000003.safetensors cannot be used"], "sample", "--run", "original", "--to", "out");
        Assert.Empty(Directory.Exists(_ddpm.Path("out")) ? Directory.EnumerateFileSystemEntries(_ddpm.Path("out")) : []);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        File.WriteAllText(_ddpm.Path("file"), "in the way");
        _ddpm.Refused(1, ["file/run"], DdpmProcess.SmallTraining("--out", "file/run"));
        _ddpm.Refused(1, ["file/figure.png"], "forward", "--data", Fixtures.FashionMnist, "--file", "file/figure.png");
        Assert.Equal("in the way", File.ReadAllText(_ddpm.Path("file")));
    }
}

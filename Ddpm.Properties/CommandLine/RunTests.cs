using System.Text.Json.Nodes;
using Ddpm.Properties.Data;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Runs as an experimenter meets them: repeated from a receipt, pruned, locked.</summary>
public sealed class RunTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_is_repeated_from_its_receipt_and_compared()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--sample-every", "0", "--run", "one"));
        var receipt = _ddpm.Path("runs", "one", "run.json");
        var weights = WeightsOf(receipt);

        var repeated = _ddpm.Done("train", "--from", receipt, "--data", Fixtures.FashionMnist, "--run", "two");
        Assert.Contains($"the weights equal the receipt's bit by bit: SHA-256 {weights}", repeated.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_ddpm.Path("runs", "one", "samples.npy")), File.ReadAllBytes(_ddpm.Path("runs", "two", "samples.npy")));

        var varied = _ddpm.Done("train", "--from", receipt, "--data", Fixtures.FashionMnist, "--run", "three", "--seed", "3");
        Assert.Contains("cannot be compared with the receipt: seed: 0 → 3", varied.Output, StringComparison.Ordinal);

        File.WriteAllText(receipt, File.ReadAllText(receipt).Replace(weights, new string('0', 64), StringComparison.Ordinal));
        _ddpm.Refused(1, ["the weights differ from the receipt's"], "train", "--from", receipt, "--data", Fixtures.FashionMnist, "--run", "four");
        _ddpm.Refused(2, ["give one of them"], "train", "--from", receipt, "--run", "one", "--resume");
        _ddpm.Refused(2, ["--preset cannot be combined with --from"], "train", "--from", receipt, "--preset", "best", "--run", "five");
        _ddpm.Refused(1, ["is not the receipt of a run"], "train", "--from", _ddpm.Path("runs", "one", "metrics.jsonl"));
        Assert.Equal(4, Directory.GetDirectories(_ddpm.Path("runs")).Length);
    }

    /// <summary>As many images, and others.</summary>
    [Fact]
    public void A_run_goes_on_and_is_repeated_with_its_own_images_alone()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--sample-every", "0", "--run", "one"));
        var (train, test) = (FixtureDataSet.Description.Train, FixtureDataSet.Description.Test);
        Directory.CreateDirectory(_ddpm.Path("other"));
        File.WriteAllBytes(_ddpm.Path("other", train.Images.GzipName), FixtureDataSet.Gzip(test.Images));
        File.WriteAllBytes(_ddpm.Path("other", train.Labels.GzipName), FixtureDataSet.Gzip(test.Labels));
        var receipt = _ddpm.Path("runs", "one", "run.json");
        var before = File.ReadAllBytes(receipt);
        _ddpm.Refused(1, ["the run was trained on other images"], "train", "--run", "one", "--resume", "--epochs", "2", "--data", "other");
        _ddpm.Refused(1, ["the run was trained on other images"], "train", "--from", receipt, "--run", "two", "--data", "other");
        Assert.Equal(before, File.ReadAllBytes(receipt));
        Assert.False(Directory.Exists(_ddpm.Path("runs", "two")));
    }

    /// <summary>The kernels take what vectors there are, and come to the same bits: so does a machine with another processor.</summary>
    [Theory]
    [InlineData("float32")]
    [InlineData("bf16")]
    public void Training_and_sampling_have_the_same_bits_with_fewer_instructions_and_more_threads(string precision)
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--sample-every", "0", "--run", "one", "--precision", precision));
        _ddpm.Done("sample", "--run", "one", "--count", "3", "--to", "float32");
        Sample("all");
        Assert.Equal(precision == "float32", Samples("float32").SequenceEqual(Samples("all")));
        (string, string)[] fewer =
        [
            ("DOTNET_EnableAVX512", "0"), ("ATEN_CPU_CAPABILITY", "default"), ("ONEDNN_MAX_CPU_ISA", "SSE41"), ("MKL_ENABLE_INSTRUCTIONS", "SSE4_2"),
        ];
        foreach (var (name, value) in fewer)
        {
            _ddpm.Environment[name] = value;
        }

        var outcome = _ddpm.Done("train", "--from", _ddpm.Path("runs", "one", "run.json"), "--data", Fixtures.FashionMnist, "--run", "two", "--threads", "3");
        Assert.Equal(precision == "bf16", outcome.Error.Contains("bf16 is slower than float32 here", StringComparison.Ordinal));
        Assert.Equal(Weights("one"), Weights("two"));
        Assert.Equal(File.ReadAllBytes(_ddpm.Path("runs", "one", "samples.npy")), File.ReadAllBytes(_ddpm.Path("runs", "two", "samples.npy")));
        var sampled = Sample("fewer");
        Assert.Equal(precision == "bf16", sampled.Error.Contains("bf16 is slower than float32 here", StringComparison.Ordinal));
        Assert.Equal(Samples("all"), Samples("fewer"));

        DdpmProcess.Outcome Sample(string to) => _ddpm.Done("sample", "--run", "one", "--count", "3", "--precision", precision, "--threads", "2", "--to", to);
        byte[] Samples(string folder) => File.ReadAllBytes(_ddpm.Path(folder, "samples.npy"));
    }

    [Fact]
    public void Checkpoints_are_made_within_epochs_and_pruned_but_for_the_last_and_the_best()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "3", "--sample-every", "0", "--run", "one", "--checkpoint-every", "2", "--keep", "2"));
        var receipt = JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "one", "run.json")))!;
        var names = Directory.GetFiles(_ddpm.Path("runs", "one", "checkpoints")).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray();
        // Steps 2 4 8 by number and 3 6 9 at the ends of epochs: the two newest and the best stay.
        string[] kept = ["step-0000008.safetensors", "step-0000009.safetensors", receipt["best"]!.GetValue<string>()];
        Assert.Equal(kept.Distinct().Order(StringComparer.Ordinal), names);
        Assert.Equal("step-0000009.safetensors", receipt["last"]!.GetValue<string>());

        _ddpm.Done("train", "--run", "one", "--resume", "--epochs", "4", "--data", Fixtures.FashionMnist);
        Assert.Equal(12, JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "one", "run.json")))!["progress"]!["step"]!.GetValue<int>());
        var written = File.ReadAllText(_ddpm.Path("runs", "one", "run.json"));
        File.WriteAllText(_ddpm.Path("runs", "one", "run.json"), written.Replace("\"batch-size\": 16", "\"batch-size\": -16", StringComparison.Ordinal));
        _ddpm.Refused(1, ["run.json is damaged: batch-size must be at least 1, got -16"], "train", "--run", "one", "--resume", "--data", Fixtures.FashionMnist);
        File.WriteAllText(_ddpm.Path("runs", "one", "run.json"), written);
        _ddpm.Refused(
            2, ["--checkpoint-every must be at least 1, got 0\nerror: --keep must be at least 1, got 0"],
            "train", "--run", "one", "--resume", "--checkpoint-every", "0", "--keep", "0");
    }

    [Fact]
    public void A_second_process_is_kept_out_of_a_run_s_folder()
    {
        DdpmProcess.Outcome? second = null, listed = null;
        var pid = 0;
        var first = _ddpm.Run(
            (process, line) =>
            {
                if (second is null && line.Contains("training the", StringComparison.Ordinal))
                {
                    pid = process.Id;
                    second = _ddpm.Run("train", "--run", "one", "--resume", "--data", Fixtures.FashionMnist);
                    listed = _ddpm.Run("runs");
                    DdpmProcess.Interrupt(process);
                }
            },
            DdpmProcess.SmallTraining("--epochs", "4000", "--run", "one", "--sample-every", "0"));
        first.Ended(130);
        Assert.Matches("one +training ", listed!.Done().Output);
        second!.Refused(1, $"process {pid} is training in runs/one: wait for it, stop it, or choose another --run");
        Assert.False(File.Exists(_ddpm.Path("runs", "one", "run.lock")));
    }

    /// <summary>The last complete checkpoint survives a disk that fills up, and a folder that becomes read-only; with room again the run goes on.</summary>
    [SmallDiskFact]
    public void A_full_disk_and_a_read_only_folder_leave_the_last_checkpoint()
    {
        Directory.CreateDirectory(_ddpm.Path("disk"));
        var training = string.Join(' ', DdpmProcess.SmallTraining("--epochs", "4", "--sample-every", "0", "--out", "disk/run"));
        var outcome = _ddpm.RunScript($"""
            mount -t tmpfs -o size=20m tmpfs disk
            $ddpm {training} && exit 90 || echo "full: $?"
            ls disk/run/checkpoints
            $ddpm sample --out disk/run --count 1 --to first
            mount -o remount,ro disk
            $ddpm train --out disk/run --resume --data {Fixtures.FashionMnist} && exit 91 || echo "read-only: $?"
            $ddpm sample --out disk/run --count 1 --to second
            mount -o remount,rw,size=80m disk
            $ddpm train --out disk/run --resume --data {Fixtures.FashionMnist}
            cp disk/run/run.json .
            """).Done();
        Assert.Contains("full: 1", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("the disk is full or your quota is used up", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("ddpm-partial", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("read-only: 1", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(_ddpm.Path("first", "samples.npy")), File.ReadAllBytes(_ddpm.Path("second", "samples.npy")));

        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "4", "--sample-every", "0", "--run", "whole"));
        Assert.Equal(Weights("whole"), WeightsOf(_ddpm.Path("run.json")));
    }

    private string Weights(string run) => WeightsOf(_ddpm.Path("runs", run, "run.json"));

    private static string WeightsOf(string receipt) => JsonNode.Parse(File.ReadAllText(receipt))!["weights-sha256"]!.GetValue<string>();
}

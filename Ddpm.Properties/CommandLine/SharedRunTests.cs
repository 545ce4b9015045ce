using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Runs;
using Ddpm.Pure.Formats;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.CommandLine;

/// <summary>`export --format run`: a run to give away, without the state of its training.</summary>
public sealed class SharedRunTests
{
    /// <summary>A run that averages its weights and is guided by its past, and one without either.</summary>
    [Theory]
    [InlineData("best", 10, 2)]
    [InlineData("standard", 2, 1)]
    public void A_shared_run_has_the_samples_of_the_run(string preset, int epochs, int checkpoints)
    {
        using var ddpm = new DdpmProcess();
        ddpm.Done(DdpmProcess.SmallTraining("--preset", preset, "--epochs", $"{epochs}", "--run", "whole", "--sample-every", "0"));
        var done = ddpm.Done("export", "--run", "whole", "--format", "run", "--to", "given");
        Assert.Equal("wrote given\n", done.Output.ReplaceLineEndings("\n"));
        Assert.Equal(checkpoints, Directory.GetFiles(ddpm.Path("given", "checkpoints")).Length);
        ddpm.Done("sample", "--out", "given");
        Assert.Equal(File.ReadAllBytes(ddpm.Path("runs", "whole", "samples.npy")), File.ReadAllBytes(ddpm.Path("given", "samples.npy")));

        // Repeating it has the weights of the run before it was given away, and tells so.
        Assert.Contains(
            "the weights equal the receipt's bit by bit", ddpm.Done("train", "--from", "given/run.json", "--run", "again").Output, StringComparison.Ordinal);
        ddpm.Refused(1, ["training cannot resume: repeat the run with train --from"], "train", "--out", "given", "--resume", "--epochs", $"{epochs}");
        ddpm.Refused(2, ["there is a run in given already"], "export", "--run", "whole", "--format", "run", "--to", "given");

        // The shared run can be given away again, byte for byte.
        ddpm.Done("export", "--out", "given", "--format", "run");
        Assert.All(Directory.GetFiles(ddpm.Path("given", "checkpoints")), file => Assert.Equal(
            File.ReadAllBytes(file), File.ReadAllBytes(ddpm.Path("given", "shared", "checkpoints", Path.GetFileName(file)))));
    }

    /// <summary>Anybody can read the file: its tensors are the weights that `export` writes, under the same names.</summary>
    [Fact]
    public void A_checkpoint_for_sampling_is_a_state_dict_with_a_header()
    {
        using var ddpm = new DdpmProcess();
        ddpm.Done(DdpmProcess.SmallTraining("--preset", "best", "--epochs", "1", "--run", "whole", "--sample-every", "0"));
        ddpm.Done("export", "--run", "whole");
        var folder = new RunFolder(ddpm.Path("runs", "whole"));
        var (file, header) = folder.ReadCheckpoint(RunFolder.CheckpointName(3)).Valid();
        var given = Checkpoint.ForSampling(file);
        Assert.Equal(header, Checkpoint.Header(given).Valid());
        Assert.Equal(Safetensors.Read(File.ReadAllBytes(folder.Within("model.safetensors"))).Valid().Tensors, given.Tensors);
        Assert.Equal(given, Checkpoint.ForSampling(given));
        Assert.True(Safetensors.Write(given).Length < Safetensors.Write(file).Length / 3);
        using var network = Checkpoint.Network(given, header.Config.Valid().Model.Network, CPU).Valid();
        using var theta = Checkpoint.LoadWeights(file, network).Valid();
        using var shared = Checkpoint.LoadWeights(given, network).Valid();
        Assert.True(theta.equal(shared).all().item<bool>());
        var refused = Checkpoint.Load(given, network, 3).Match(_ => "", fault => fault.Message);
        Assert.StartsWith("it has the weights to sample with but no state of Adam", refused, StringComparison.Ordinal);
    }
}

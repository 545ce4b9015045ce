using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Runs;
using Ddpm.Properties.CommandLine;
using Ddpm.Properties.Training;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Attacks;

/// <summary>Weights that are wrong without a damaged byte: every checksum in the file itself is right.</summary>
public sealed class RunAttacks : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    private RunFolder Run(string name) => new(_ddpm.Path("runs", name));

    private string CheckpointOf(string run) => Run(run).CheckpointPath(Run(run).Receipt().Valid().Sampled!);

    private void Train(string name, params string[] more) =>
        _ddpm.Done(DdpmProcess.SmallTraining(["--epochs", "1", "--sample-every", "0", "--run", name, .. more]));

    /// <summary>Writes a run's checkpoint with other weights, as a program would that knows the format.</summary>
    private void Change(string run, Action<Tensor> change)
    {
        var folder = Run(run);
        var (file, header) = folder.ReadCheckpoint(folder.Receipt().Valid().Sampled).Valid();
        using var network = new UNet(header.Config.Valid().Model.Network, ScalarType.Float32, CPU);
        using var state = Checkpoint.Load(file, network, header.Progress.Step).Valid();
        change(state.Weights);
        File.WriteAllBytes(CheckpointOf(run), Safetensors.Write(Checkpoint.Save(header, network, state)).ToArray());
    }

    private void Refused(string run, params string[] says)
    {
        foreach (var command in (string[])["sample --count 1", "evaluate --count 4"])
        {
            _ddpm.Refused(
                1, [CheckpointOf(run)[(_ddpm.Folder.Length + 1)..] + " cannot be used", .. says],
                [.. command.Split(' '), "--run", run, "--threads", "1", "--data", Fixtures.FashionMnist]);
        }
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused()
    {
        Train("one");
        Train("two", "--seed", "2");
        File.Copy(CheckpointOf("two"), CheckpointOf("one"), overwrite: true);
        Refused("one", "it does not belong to run.json", "seed: 2 → 0", "put the run's own checkpoint back");
    }

    private static readonly RunReceipt Receipt = new(
        TinyTraining.Standard with { Epochs = 2 }, new("fashion-mnist", "here", new('a', 64), 48, ImageSize.Square(28), 1),
        new("1", "1", "1", ".NET", "Linux", "cpu", 1), RunFolder.CheckpointName(6), RunFolder.CheckpointName(3), new(6, 0, 0, 1, 0.25), true, new(),
        new('b', 64));

    private static readonly CheckpointHeader
        Last = new(Receipt.Options, ImageSize.Square(28), 1, Receipt.Progress),
        Best = new(Receipt.Options with { Epochs = 1 }, ImageSize.Square(28), 1, new(3, 0, 0, 1, 0.25)); // it has trained on since then

    private static string Difference(string name, CheckpointHeader header, char weights = 'b') => Receipt.Owns(
        name, header, () => name == Receipt.Last ? new string(weights, 64) : throw new InvalidOperationException("no checksum is kept of these")).Match(
        _ => "", fault => fault.Message);

    [Fact]
    public void A_run_s_own_checkpoints_are_known() => Assert.Equal(("", ""), (Difference(Receipt.Last!, Last), Difference(Receipt.Best!, Best)));

    /// <summary>Of the best checkpoint's weights no checksum is kept, but the loss that made it the best.</summary>
    [Fact]
    public void What_tells_another_run_s_checkpoint_is_named()
    {
        var options = Best.Options with { LearningRate = 0.5 };
        Assert.Contains("learning-rate: 0.5 → 0.001", Difference(Receipt.Best!, Best with { Options = options }), StringComparison.Ordinal);
        var images = Best with { ImageSize = ImageSize.Square(32), ImageChannels = 3 };
        Assert.Contains("images: 32×32×3 → 28×28×1", Difference(Receipt.Best!, images), StringComparison.Ordinal);
        var progress = Best.Progress with { BestLoss = 0.26 };
        Assert.Contains("best epoch and its loss: 1, 0.26 → 1, 0.25", Difference(Receipt.Best!, Best with { Progress = progress }), StringComparison.Ordinal);
        Assert.Contains("step: 5 → 6", Difference(Receipt.Last!, Last with { Progress = Last.Progress with { Step = 5 } }), StringComparison.Ordinal);
        Assert.Contains($"weights-sha256: {new string('c', 64)} → {new string('b', 64)}", Difference(Receipt.Last!, Last, 'c'), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_not_those_of_the_receipt_are_refused()
    {
        Train("one");
        Change("one", weights => weights[^1] = tensor(0.125f));
        Refused("one", "weights-sha256: ", $" → {Run("one").Receipt().Valid().WeightsSha256}");
    }

    [Fact]
    public void A_checkpoint_with_a_weight_that_is_no_number_is_refused()
    {
        Train("one");
        Change("one", weights => weights[^1] = tensor(float.NaN));
        Refused("one", "it holds values that are not finite: 'conv_out.bias' is NaN at [0]: use another checkpoint");
    }

    /// <summary>Finite and absurd: they are sampled with, as weights may be anybody's, and told.</summary>
    [Fact]
    public void Weights_that_no_training_leads_to_are_told()
    {
        Train("one");
        Change("one", weights => weights[^1] = tensor(1e30f));
        Assert.True(Run("one").Write(Run("one").Receipt().Valid() with { WeightsSha256 = null }).IsSucc);
        Warned(_ddpm.Done("sample", "--run", "one", "--count", "1", "--threads", "1", "--clip", "true"));
        _ddpm.Done("export", "--run", "one", "--to", "large.safetensors");
        Warned(_ddpm.Done("import", "large.safetensors", "--run", "two"));

        static void Warned(DdpmProcess.Outcome outcome) => Assert.Contains(
            "warning: these weights are larger than any training makes them, so images may be noise: 'conv_out.bias' is 1E+30 at [0]", outcome.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_import_says_what_it_takes_and_what_it_leaves()
    {
        Train("one", "--ema-decay", "0.5");
        var warnings = _ddpm.Done("import", CheckpointOf("one"), "--run", "two").Error;
        Assert.Contains("imported the average, whose names begin with 'ema.'", warnings, StringComparison.Ordinal);
        Assert.Contains("tensors that sampling does not need: ", warnings, StringComparison.Ordinal);

        _ddpm.Done("export", "--run", "one", "--to", "weights.safetensors");
        var weights = Safetensors.Read(File.ReadAllBytes(_ddpm.Path("weights.safetensors"))).Valid();
        Import(weights.Tensors.Map(tensor => tensor.Name == "conv_out.bias"
            ? SampleWeights.Tensor(tensor.Name, [1], _ => float.NaN) : tensor));
        _ddpm.Refused(1, ["changed.safetensors cannot be imported: 'conv_out.bias' is NaN at [0]"], "import", "changed.safetensors", "--run", "three");
        Import(weights.Tensors.Add(SampleWeights.Tensor("betas", [12], _ => 0f)));
        _ddpm.Refused(
            1, ["changed.safetensors cannot be imported: the network has no tensors named 'betas'"],
            "import", "changed.safetensors", "--run", "three");
        Assert.False(Directory.Exists(_ddpm.Path("runs", "three")));

        void Import(IEnumerable<SafetensorsTensor> tensors) =>
            File.WriteAllBytes(_ddpm.Path("changed.safetensors"), Safetensors.Write(SampleWeights.File([.. tensors])).ToArray());
    }

    [Fact]
    public void A_checkpoint_with_a_tensor_that_the_network_has_no_place_for_is_refused()
    {
        Train("one");
        var file = Safetensors.Read(File.ReadAllBytes(CheckpointOf("one"))).Valid();
        var more = SafetensorsFile.Of(file.Tensors.Add(SampleWeights.Tensor("b9.weight", [1], _ => 0f)), file.Metadata).Valid();
        var whole = SafetensorsFile.Of(more.Tensors, more.Metadata.AddOrUpdate("checksum", Safetensors.Checksum(more))).Valid();
        File.WriteAllBytes(CheckpointOf("one"), Safetensors.Write(whole).ToArray());
        Refused("one", "its network has no tensors named 'b9.weight'");
    }
}

using System.IO.Compression;
using System.Runtime.InteropServices;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Networks;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Weights that come from other programs and go to them.</summary>
public sealed class ExchangeTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    /// <summary>What comes out goes in again, under both kinds of names, and makes the same images.</summary>
    [Theory]
    [InlineData("original", "", false)]
    [InlineData("standard", "network.", false)]
    [InlineData("modern", "", false)]
    [InlineData("standard", "", true)]
    [InlineData("modern", "network.", true)]
    public void Exported_weights_are_imported_and_make_the_same_images(string network, string prefix, bool learnVariance)
    {
        string[] learning = learnVariance ? ["--learn-variance"] : [];
        _ddpm.Done(DdpmProcess.SmallTraining(["--epochs", "1", "--run", "one", "--sample-every", "0", "--network", network, .. learning]));
        _ddpm.Done("export", "--run", "one", "--to", "weights.safetensors", "--prefix", prefix);
        _ddpm.Done("import", "weights.safetensors", "--run", "two");
        Assert.Matches("two +imported ", _ddpm.Done("runs").Output);
        Assert.Equal(Samples("one"), Samples("two"));
        _ddpm.Refused(2, ["there is a run in runs/two already"], "import", "weights.safetensors", "--run", "two");
        _ddpm.Refused(2, ["min-beta must lie in (0, 1), got 2"], "import", "weights.safetensors", "--run", "three", "--min-beta", "2");
        _ddpm.Refused(
            2, ["sigma-max must be greater than sigma-min, 90, got 80"],
            "import", "weights.safetensors", "--run", "three", "--schedule", "edm", "--prediction", "edm", "--sigma-min", "90");
        Assert.False(Directory.Exists(_ddpm.Path("runs", "three")));
    }

    /// <summary>A state dict of PyTorch, its names behind a prefix, its numbers in doubles, halves and bfloat16.</summary>
    [Fact]
    public void A_state_dict_of_PyTorch_becomes_a_run()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0", "--preset", "original"));
        _ddpm.Done("export", "--run", "one", "--to", "weights.safetensors");
        var weights = Safetensors.Read(File.ReadAllBytes(_ddpm.Path("weights.safetensors"))).Valid();
        var stored = weights.Tensors.Map((place, tensor) => Stored(tensor, place)).ToArray();
        File.WriteAllBytes(_ddpm.Path("weights.pt"), TorchSaved([.. stored.Select(tensor => tensor.Stored)], "network."));
        WriteSafetensors("rounded.safetensors", stored.Select(tensor => tensor.Left));
        _ddpm.Done("import", "weights.pt", "--run", "two");
        _ddpm.Done("import", "rounded.safetensors", "--run", "rounded");
        Assert.Equal(Samples("rounded"), Samples("two"));
        _ddpm.Done("sample", "--run", "two", "--count", "2", "--to", "drawn");
        _ddpm.Done("report", "--run", "two");
        Assert.DoesNotContain("To repeat it", File.ReadAllText(_ddpm.Path("runs", "two", "report.html")), StringComparison.Ordinal);
        _ddpm.Refused(2, ["the weights of runs/two were imported, not trained"], "train", "--run", "two", "--resume");
        _ddpm.Refused(2, ["the weights of runs/two/run.json were imported"], "train", "--from", "runs/two/run.json", "--run", "four");

        void Refused(string says, Func<SafetensorsFile, IEnumerable<SafetensorsTensor>> change)
        {
            WriteSafetensors("other.safetensors", change(weights));
            _ddpm.Refused(1, [says], "import", "other.safetensors", "--run", "three");
            Assert.False(Directory.Exists(_ddpm.Path("runs", "three")));
        }

        Refused(
            "other.safetensors cannot be imported: its tensors do not fit this network: b1.0.conv1.weight is missing",
            file => file.Tensors.Filter(t => t.Name != "b1.0.conv1.weight"));
        Refused("its weights are of no network of this program", file => file.Tensors.Take(2));
        Refused("time_embed.weight is 12×99, not 12×100", file => file.Tensors.Map(t => t.Name == UNetConfig.EmbeddingName
            ? SafetensorsTensor.Of(t.Name, t.Type, LanguageExt.Prelude.Array(12L, 99L), t.Data[..(12 * 99 * sizeof(float))]).Valid() : t));
        Refused("must hold real numbers, but its type is I32", file => file.Tensors.Map(t => t.Name == "conv_out.bias"
            ? SafetensorsTensor.Of(t.Name, SafetensorsType.I32, t.Shape, t.Data).Valid() : t));
    }

    /// <summary>
    /// The published weights of the tutorial hold such a table, from an older function: row t of an even t is sin(t·w_j), and row (1 − t) mod T is
    /// cos(sin(t·w_j)).
    /// </summary>
    [Fact]
    public void A_table_that_follows_no_formula_is_kept_as_in_the_file()
    {
        const int Steps = 12, Dimension = 100;
        var table = new float[Steps * Dimension];
        foreach (var (t, j) in from t in Enumerable.Range(0, Steps / 2) from j in Enumerable.Range(0, Dimension) select (2 * t, j))
        {
            var sine = MathF.Sin(t * MathF.Pow(10000, -2f * j / Dimension));
            (table[t * Dimension + j], table[(1 - t + Steps) % Steps * Dimension + j]) = (sine, MathF.Cos(sine));
        }

        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0", "--preset", "original"));
        _ddpm.Done("export", "--run", "one", "--to", "weights.safetensors");
        var bytes = MemoryMarshal.AsBytes(table.AsSpan()).ToArray();
        var theirs = Safetensors.Read(File.ReadAllBytes(_ddpm.Path("weights.safetensors"))).Valid().Tensors
            .Map(tensor => tensor.Name == UNetConfig.EmbeddingName ? SafetensorsTensor.Of(tensor.Name, tensor.Type, tensor.Shape, bytes).Valid() : tensor)
            .ToArray();
        File.WriteAllBytes(_ddpm.Path("theirs.pt"), TorchSaved(theirs, "network."));

        Assert.Contains("its timestep embedding as in the file", _ddpm.Done("import", "theirs.pt", "--run", "two").Output, StringComparison.Ordinal);
        Assert.Matches("two +imported +original +as in file", _ddpm.Done("runs").Output);
        Assert.NotEqual(Samples("one"), Samples("two"));
        _ddpm.Done("report", "--run", "two");
        Assert.Contains("embedding of timesteps as in the file", File.ReadAllText(_ddpm.Path("runs", "two", "report.html")), StringComparison.Ordinal);

        _ddpm.Done("export", "--run", "two", "--to", "back.safetensors", "--prefix", "network.");
        var back = Safetensors.Read(File.ReadAllBytes(_ddpm.Path("back.safetensors"))).Valid();
        Assert.Equal(theirs.Length, back.Tensors.Count);
        Assert.All(theirs, tensor =>
        {
            var exported = back.Find("network." + tensor.Name).IfNone(() => throw new KeyNotFoundException(tensor.Name));
            Assert.True(tensor.Data.Span.SequenceEqual(exported.Data.Span), tensor.Name);
        });
        _ddpm.Done("export", "--run", "two", "--format", "onnx");
        Assert.True(File.ReadAllBytes(_ddpm.Path("runs", "two", "model.onnx")).AsSpan().IndexOf(MemoryMarshal.AsBytes(table.AsSpan())) > 0);
        _ddpm.Refused(
            2, ["--embedding as-in-file is for imported weights only"],
            DdpmProcess.SmallTraining("--epochs", "1", "--run", "three", "--embedding", "as-in-file"));
        Assert.False(Directory.Exists(_ddpm.Path("runs", "three")));
    }

    /// <summary>Rounded to halves or to bfloat16, a table still follows its formula; the tutorial's and ours of before are told apart.</summary>
    [Theory]
    [InlineData("original", "tutorial")]
    [InlineData("standard", "transformer")]
    [InlineData("original", "unpaired")]
    public void A_table_in_any_precision_is_known_by_its_formula(string network, string embedding)
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0", "--network", network, "--embedding", embedding));
        _ddpm.Done("export", "--run", "one", "--to", "weights.safetensors");
        var weights = Safetensors.Read(File.ReadAllBytes(_ddpm.Path("weights.safetensors"))).Valid();
        foreach (var kind in Enumerable.Range(0, 3))
        {
            File.WriteAllBytes(_ddpm.Path("stored.safetensors"), Safetensors.Write(SafetensorsFile.Of(
                weights.Tensors.Map(tensor => Stored(tensor, kind).Stored), LanguageExt.HashMap<string, string>.Empty).Valid()).ToArray());
            _ddpm.Done("import", "stored.safetensors", "--run", $"kind-{kind}");
        }

        var runs = _ddpm.Done("runs").Output;
        Assert.All(Enumerable.Range(0, 3), kind => Assert.Matches($"kind-{kind} +imported +{network} +{embedding} ", runs));
    }

    [Fact]
    public void A_run_is_exported_as_ONNX_and_another_format_is_refused()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0"));
        _ddpm.Done("export", "--run", "one", "--format", "onnx");
        using var session = new InferenceSession(File.ReadAllBytes(_ddpm.Path("runs", "one", "model.onnx")));
        Assert.Equal(["x", "timesteps"], session.InputMetadata.Keys);
        _ddpm.Refused(2, ["--format must be one of safetensors, onnx, html, diffusers, run, got pickle"], "export", "--run", "one", "--format", "pickle");
    }

    private byte[] Samples(string run)
    {
        _ddpm.Done(
            "sample", "--run", run, "--sampler", "ddim", "--sampling-steps", "3", "--count", "4", "--to", "samples", "--scale", "fixed", "--clip", "true",
            "--threads", "1");
        return File.ReadAllBytes(_ddpm.Path("samples", "samples.npy"));
    }

    /// <summary>A tensor in one of the types that PyTorch stores, and what is left of its numbers.</summary>
    private static (SafetensorsTensor Stored, SafetensorsTensor Left) Stored(SafetensorsTensor tensor, int place)
    {
        var values = MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();
        SafetensorsTensor As<T>(SafetensorsType type, IEnumerable<T> numbers)
            where T : struct => SafetensorsTensor.Of(tensor.Name, type, tensor.Shape, MemoryMarshal.AsBytes(numbers.ToArray().AsSpan()).ToArray()).Valid();
        switch (place % 3)
        {
            case 0:
                return (As(SafetensorsType.F64, values.Select(value => (double)value)), tensor);
            case 1:
                var halves = values.Select(value => (Half)value).ToArray();
                return (As(SafetensorsType.F16, halves), As(SafetensorsType.F32, halves.Select(half => (float)half)));
            default:
                var words = values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray();
                return (As(SafetensorsType.BF16, words), As(SafetensorsType.F32, words.Select(word => BitConverter.UInt32BitsToSingle((uint)word << 16))));
        }
    }

    /// <summary>An archive as torch.save writes it, every tensor in a storage of its own.</summary>
    private static byte[] TorchSaved(SafetensorsTensor[] tensors, string prefix)
    {
        var pickle = PickleWriter.Write(1, [.. tensors.Select((tensor, i) => (prefix + tensor.Name, new TorchView(
            $"{i}", tensor.Type, tensor.Data.Length / tensor.Type.ItemBytes, 0, tensor.Shape,
            new(tensor.Shape.Select((_, axis) => tensor.Shape.Skip(axis + 1).Aggregate(1L, (product, size) => product * size))))))]);
        using var saved = new MemoryStream();
        using (var archive = new ZipArchive(saved, ZipArchiveMode.Create, leaveOpen: true))
        {
            void Entry(string name, ReadOnlySpan<byte> content)
            {
                using var stream = archive.CreateEntry($"archive/{name}", CompressionLevel.NoCompression).Open();
                stream.Write(content);
            }

            Entry("data.pkl", pickle);
            foreach (var (i, tensor) in tensors.Index())
            {
                Entry($"data/{i}", tensor.Data.Span);
            }
        }

        return saved.ToArray();
    }

    private void WriteSafetensors(string path, IEnumerable<SafetensorsTensor> tensors) => File.WriteAllBytes(
        _ddpm.Path(path), Safetensors.Write(SafetensorsFile.Of(tensors, LanguageExt.HashMap<string, string>.Empty).Valid()).ToArray());
}

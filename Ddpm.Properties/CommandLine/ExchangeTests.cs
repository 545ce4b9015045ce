using System.IO.Compression;
using System.Text;
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
    [InlineData("original", "")]
    [InlineData("standard", "network.")]
    [InlineData("modern", "")]
    public void Exported_weights_are_imported_and_make_the_same_images(string network, string prefix)
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0", "--network", network));
        _ddpm.Done("export", "--run", "one", "--to", "weights.safetensors", "--prefix", prefix);
        _ddpm.Done("import", "weights.safetensors", "--run", "two");
        Assert.Equal(Samples("one"), Samples("two"));
        _ddpm.Refused(2, ["there is a run in runs/two already"], "import", "weights.safetensors", "--run", "two");
    }

    /// <summary>A state dict of PyTorch, saved on a GPU, its names behind a prefix, its numbers in halves and doubles.</summary>
    [Fact]
    public void A_state_dict_of_PyTorch_becomes_a_run()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0", "--preset", "original"));
        _ddpm.Done("export", "--run", "one", "--to", "weights.safetensors");
        var weights = Safetensors.Read(File.ReadAllBytes(_ddpm.Path("weights.safetensors"))).Valid();
        File.WriteAllBytes(_ddpm.Path("weights.pt"), TorchSaved(weights, "network.", "cuda:0"));
        _ddpm.Done("import", "weights.pt", "--run", "two");
        Assert.Equal(Samples("one"), Samples("two"));
        _ddpm.Done("sample", "--run", "two", "--count", "2", "--to", "drawn");
        _ddpm.Done("report", "--run", "two");

        void Refused(string says, Func<SafetensorsFile, IEnumerable<SafetensorsTensor>> change)
        {
            File.WriteAllBytes(_ddpm.Path("other.safetensors"), Safetensors.Write(SafetensorsFile.Create(change(weights), LanguageExt.HashMap<string, string>.Empty).Valid()).ToArray());
            _ddpm.Refused(1, [says], "import", "other.safetensors", "--run", "three");
            Assert.False(Directory.Exists(_ddpm.Path("runs", "three")));
        }

        SafetensorsTensor Zeros(SafetensorsTensor tensor) => SafetensorsTensor.Create(tensor.Name, tensor.Type, tensor.Shape, new byte[tensor.Data.Length]).Valid();
        Refused("other.safetensors cannot be imported: its tensors are those of another network: b1.0.conv1.weight is missing", file => file.Tensors.Filter(t => t.Name != "b1.0.conv1.weight"));
        Refused("its weights are of no network of this program", file => file.Tensors.Take(2));
        Refused("is not the tutorial's embedding of timesteps", file => file.Tensors.Map(t => t.Name == UNetConfig.EmbeddingName ? Zeros(t) : t));
        Refused("holds no real numbers, but I32", file => file.Tensors.Map(t => t.Name == "conv_out.bias" ? SafetensorsTensor.Create(t.Name, SafetensorsType.I32, t.Shape, t.Data).Valid() : t));
    }

    [Fact]
    public void A_run_is_exported_as_ONNX_and_another_format_is_refused()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0"));
        _ddpm.Done("export", "--run", "one", "--format", "onnx");
        using var session = new InferenceSession(File.ReadAllBytes(_ddpm.Path("runs", "one", "model.onnx")));
        Assert.Equal(["x", "timesteps"], session.InputMetadata.Keys);
        _ddpm.Refused(2, ["--format must be one of onnx, safetensors, got pickle"], "export", "--run", "one", "--format", "pickle");
    }

    private byte[] Samples(string run)
    {
        _ddpm.Done("sample", "--run", run, "--sampler", "ddim", "--sampling-steps", "3", "--count", "4", "--to", "samples", "--scale", "fixed", "--clip", "true", "--threads", "1");
        return File.ReadAllBytes(_ddpm.Path("samples", "samples.npy"));
    }

    /// <summary>What torch.save writes for an ordered dictionary, every tensor in a storage of its own.</summary>
    private static byte[] TorchSaved(SafetensorsFile file, string prefix, string device)
    {
        using var pickle = new MemoryStream();
        void Op(char code, params byte[] rest) => pickle.Write([(byte)code, .. rest]);
        void Text(string text) => Op('X', [.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)]);
        void Integer(long number) => Op('J', BitConverter.GetBytes((int)number));
        void Global(string module, string name) => Op('c', Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
        void Tuple(IEnumerable<long> numbers)
        {
            Op('(');
            numbers.ToList().ForEach(Integer);
            Op('t');
        }

        Op('\x80', 2);
        Global("collections", "OrderedDict");
        Op(')');
        Op('R');
        Op('q', 0);
        Op('(');
        foreach (var (i, tensor) in file.Tensors.AsEnumerable().Select((tensor, i) => (i, tensor)))
        {
            Text(prefix + tensor.Name);
            Global("torch._utils", "_rebuild_tensor_v2");
            Op('(');
            Op('(');
            Text("storage");
            Global("torch", "FloatStorage");
            Text($"{i}");
            Text(device);
            Integer(tensor.Data.Length / 4);
            Op('t');
            Op('Q');
            Op('K', 0);
            Tuple(tensor.Shape);
            Tuple(tensor.Shape.Select((_, axis) => tensor.Shape.Skip(axis + 1).Aggregate(1L, (product, size) => product * size)));
            Op('\x89');
            Global("collections", "OrderedDict");
            Op(')');
            Op('R');
            Op('t');
            Op('R');
        }

        Op('u');
        Op('.');
        using var saved = new MemoryStream();
        using (var archive = new ZipArchive(saved, ZipArchiveMode.Create, leaveOpen: true))
        {
            void Entry(string name, ReadOnlySpan<byte> content)
            {
                using var stream = archive.CreateEntry($"archive/{name}", CompressionLevel.NoCompression).Open();
                stream.Write(content);
            }

            Entry("data.pkl", pickle.ToArray());
            foreach (var (i, tensor) in file.Tensors.AsEnumerable().Select((tensor, i) => (i, tensor)))
            {
                Entry($"data/{i}", tensor.Data.Span);
            }
        }

        return saved.ToArray();
    }
}

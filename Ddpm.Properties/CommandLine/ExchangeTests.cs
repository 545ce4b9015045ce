using System.IO.Compression;
using System.Text;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Exchange;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Training;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using Xunit;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.CommandLine;

/// <summary>Weights that come from other programs and go to them.</summary>
public sealed class ExchangeTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _ddpm.Dispose();
    }

    /// <summary>What comes out goes in again, under both kinds of names, and makes the same images.</summary>
    [Theory]
    [InlineData("original", "")]
    [InlineData("standard", "network.")]
    [InlineData("modern", "")]
    public void Exported_weights_are_imported_and_make_the_same_images(string network, string prefix)
    {
        Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0", "--network", network));
        Done("export", "--run", "one", "--to", "weights.safetensors", "--prefix", prefix);
        Done("import", "weights.safetensors", "--run", "two");
        Assert.Equal(Samples("one"), Samples("two"));
        var again = _ddpm.Run("import", "weights.safetensors", "--run", "two");
        Assert.Equal((2, true), (again.ExitCode, again.Error.Contains("there is a run in runs/two already", StringComparison.Ordinal)));
    }

    /// <summary>A state dict of PyTorch, saved on a GPU, its names behind a prefix, its numbers in halves and doubles.</summary>
    [Fact]
    public void A_state_dict_of_PyTorch_becomes_a_run()
    {
        Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0", "--preset", "original"));
        Done("export", "--run", "one", "--to", "weights.safetensors");
        var weights = Safetensors.Read(File.ReadAllBytes(_ddpm.Path("weights.safetensors"))).Valid();
        File.WriteAllBytes(_ddpm.Path("weights.pt"), TorchSaved(weights, "network.", "cuda:0"));
        Done("import", "weights.pt", "--run", "two");
        Assert.Equal(Samples("one"), Samples("two"));
        Done("sample", "--run", "two", "--count", "2", "--to", "drawn");
        Done("report", "--run", "two");

        string Refused(Func<SafetensorsFile, IEnumerable<SafetensorsTensor>> change)
        {
            File.WriteAllBytes(_ddpm.Path("other.safetensors"), Safetensors.Write(SafetensorsFile.Create(change(weights), LanguageExt.HashMap<string, string>.Empty).Valid()).ToArray());
            var outcome = _ddpm.Run("import", "other.safetensors", "--run", "three");
            Assert.False(Directory.Exists(_ddpm.Path("runs", "three")));
            return outcome.ExitCode == 1 ? outcome.Error : "it was not refused";
        }

        SafetensorsTensor Zeros(SafetensorsTensor tensor) => SafetensorsTensor.Create(tensor.Name, tensor.Type, tensor.Shape, new byte[tensor.Data.Length]).Valid();
        Assert.Contains("other.safetensors cannot be imported: its tensors are those of another network: b1.0.conv1.weight is missing", Refused(file => file.Tensors.Filter(t => t.Name != "b1.0.conv1.weight")), StringComparison.Ordinal);
        Assert.Contains("its weights are of no network of this program", Refused(file => file.Tensors.Take(2)), StringComparison.Ordinal);
        Assert.Contains("is not the tutorial's embedding of timesteps", Refused(file => file.Tensors.Map(t => t.Name == UNetConfig.EmbeddingName ? Zeros(t) : t)), StringComparison.Ordinal);
        Assert.Contains("holds no real numbers, but I32", Refused(file => file.Tensors.Map(t => t.Name == "conv_out.bias" ? SafetensorsTensor.Create(t.Name, SafetensorsType.I32, t.Shape, t.Data).Valid() : t)), StringComparison.Ordinal);
    }

    /// <summary>The same network read by two programs that share nothing. Sums of up to some thousand products in float32, in another order.</summary>
    [Theory]
    [InlineData("original", 28, 1, 0)]
    [InlineData("standard", 32, 3, 0)]
    [InlineData("standard", 12, 1, 4)]
    [InlineData("modern", 28, 1, 3)]
    public void As_ONNX_a_network_computes_the_same(string design, int size, int channels, int classes)
    {
        using var network = new UNet(Choices.Networks[design](size, channels, 100, classes, null).Valid(), ScalarType.Float32, CPU);
        var theta = FormulaWeights.Of(network);
        using var executor = new TensorExecutor(network);
        executor.Take(theta, withGradient: false);
        var (x, timesteps) = (randn([3, channels, size, size], generator: new Generator(5)), tensor(new long[] { 0, 37, 99 }));
        var known = tensor(new long[] { 0, Math.Max(0, classes - 1), classes });
        var expected = executor.Forward(x, timesteps, classes > 0 ? known : null);

        using var session = new InferenceSession(OnnxFile.Of(network, theta).ToArray());
        List<NamedOnnxValue> inputs =
        [
            NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(x.data<float>().ToArray(), [3, channels, size, size])),
            NamedOnnxValue.CreateFromTensor("timesteps", new DenseTensor<long>(timesteps.data<long>().ToArray(), [3])),
        ];
        if (classes > 0)
        {
            inputs.Add(NamedOnnxValue.CreateFromTensor("classes", new DenseTensor<long>(known.data<long>().ToArray(), [3])));
        }

        using var results = session.Run(inputs);
        var output = results.Single(result => result.Name == "output").AsTensor<float>();
        Assert.Equal([3, channels, size, size], output.Dimensions.ToArray());
        var ours = expected.contiguous().data<float>().ToArray();
        var largest = ours.Max(Math.Abs);
        Assert.True(largest > 1e-3);
        Assert.All(output.ToArray().Zip(ours, (theirs, our) => Math.Abs(theirs - our)), difference => Assert.True(difference <= 1e-4 * largest));
    }

    [Fact]
    public void A_run_is_exported_as_ONNX_and_another_format_is_refused()
    {
        Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "one", "--sample-every", "0"));
        Done("export", "--run", "one", "--format", "onnx");
        using var session = new InferenceSession(File.ReadAllBytes(_ddpm.Path("runs", "one", "model.onnx")));
        Assert.Equal(["x", "timesteps"], session.InputMetadata.Keys);
        var outcome = _ddpm.Run("export", "--run", "one", "--format", "pickle");
        Assert.Equal((2, true), (outcome.ExitCode, outcome.Error.Contains("--format must be one of onnx, safetensors, got pickle", StringComparison.Ordinal)));
    }

    private byte[] Samples(string run)
    {
        Done("sample", "--run", run, "--sampler", "ddim", "--sampling-steps", "3", "--count", "4", "--to", "samples", "--scale", "fixed", "--clip", "true", "--threads", "1");
        return File.ReadAllBytes(_ddpm.Path("samples", "samples.npy"));
    }

    private void Done(params string[] arguments)
    {
        var outcome = _ddpm.Run(arguments);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
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

using System.Runtime.InteropServices;
using Ddpm.Gpu.Networks;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Google.Protobuf;
using LanguageExt;
using Onnx;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Exchange;

/// <summary>
/// A network as ONNX, operator set 17: its layers become nodes of a graph. The graph takes x, N×C×H×W, and timesteps, N integers; if the network knows classes,
/// it takes classes too (K for none). It makes output, N×C×H×W; or N×2C×H×W with v after o, if the network learns the variance. As in sampling, the network is
/// told of no augmentation.
/// </summary>
internal sealed class OnnxNetwork : INetworkMath<OnnxNetwork.Value>
{
    private const int OperatorSet = 17, IrVersion = 8;
    private const float NormEpsilon = 1e-5f;

    private readonly GraphProto _graph = new() { Name = "ddpm" };
    private readonly Weights _weights;
    private string _embedding; // what projections read

    private OnnxNetwork(UNet network, Weights weights)
    {
        _weights = weights;
        Constant(UNetConfig.EmbeddingName, network.TimeEmbedding);
        Input("x", TensorProto.Types.DataType.Float, [network.Config.ImageChannels, network.Config.ImageSize.Height, network.Config.ImageSize.Width]);
        Input("timesteps", TensorProto.Types.DataType.Int64);
        _embedding = Node("Gather", [UNetConfig.EmbeddingName, "timesteps"]);
        if (network.Config.Classes > 0)
        {
            Input("classes", TensorProto.Types.DataType.Int64);
        }

        _embedding = WithClasses(_embedding, network.Config.Conditions.ClassTable);
    }

    /// <summary>What a layer makes: its name in the graph, and its channels and size.</summary>
    internal readonly record struct Value(string Name, int Channels, ImageSize Size);

    /// <summary>The file of a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="theta">Its weights.</param>
    /// <param name="metadata">What the file tells besides, by name.</param>
    public static ReadOnlyMemory<byte> Write(UNet network, Tensor theta, Seq<(string Name, string Value)> metadata)
    {
        using var still = no_grad();
        using var scope = NewDisposeScope();
        var made = new OnnxNetwork(network, network.Layout.View(theta));
        var output = network.Config.Compose(made, new Value("x", network.Config.ImageChannels, network.Config.ImageSize));
        made._graph.Node.Add(new NodeProto { OpType = "Identity", Input = { output.Name }, Output = { "output" } });
        made._graph.Output.Add(Described("output", TensorProto.Types.DataType.Float, output.Channels, output.Size.Height, output.Size.Width));
        return new ModelProto
        {
            IrVersion = IrVersion,
            ProducerName = "Ddpm",
            OpsetImport = { new OperatorSetIdProto { Version = OperatorSet } },
            Graph = made._graph,
            MetadataProps = { metadata.Map(entry => new StringStringEntryProto { Key = entry.Name, Value = entry.Value }) },
        }.ToByteArray();
    }

    public Value Shift(TimeProjection projection, Value x) => x with { Name = Node("Add", [x.Name, Projected(projection)]) };

    public Value Apply(Block block, Value x)
    {
        string Normalized()
        {
            string[] inputs = [x.Name, Parameter(block.Norm.Name + ".weight"), Parameter(block.Norm.Name + ".bias")];
            return Node("LayerNormalization", inputs, ("axis", 1L), ("epsilon", NormEpsilon));
        }

        var y = block.Normalized ? x with { Name = Normalized() } : x;
        y = Silu(Apply(block.Second, Silu(Apply(block.First, y))));
        return block.Residual ? Add(block.Shortcut.Match(shortcut => Apply(shortcut, x), () => x), y) : y;
    }

    public Value Apply(Convolution c, Value x)
    {
        var weight = Constant(c.Name + ".weight", _weights[c.Name + ".weight"].reshape(c.Out, c.In, c.Kernel, c.Kernel));
        return new(Convolved("Conv", weight, c.Name, x, c.Kernel, c.Stride, c.Padding, c.TrailingPadding), c.Out, c.OutputSize(x.Size));
    }

    public Value Apply(TransposedConvolution c, Value x) => new(
        Convolved("ConvTranspose", Parameter(c.Name + ".weight"), c.Name, x, c.Kernel, c.Stride, c.Padding, 0), c.Out, c.OutputSize(x.Size));

    public Value Embed(TimeEmbedding embedding, Value x)
    {
        _embedding = Silu(WithClasses(Projected(Array(embedding.First, embedding.Second)), embedding.Conditions.ClassTable));
        return x;
    }

    public Value Upsample(Value x)
    {
        var scales = Constant("twice", tensor([1f, 1f, 2f, 2f]));
        var made = Node(
            "Resize", [x.Name, "", scales],
            ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"));
        return x with { Name = made, Size = x.Size.Map(side => 2 * side) };
    }

    public Value Silu(Value x) => x with { Name = Silu(x.Name) };

    public Value Concatenate(Value first, Value second) =>
        first with { Name = Node("Concat", [first.Name, second.Name], ("axis", 1L)), Channels = first.Channels + second.Channels };

    /// <summary>Groups become the channels of an instance normalisation.</summary>
    public Value Apply(GroupNorm norm, Value x)
    {
        var groups = Node("Reshape", [x.Name, Integers(0, norm.Groups, -1)]);
        var hat = Node("InstanceNormalization", [groups, Repeated(1, norm.Groups), Repeated(0, norm.Groups)], ("epsilon", (float)norm.Epsilon));
        var y = Node("Reshape", [hat, Integers(0, norm.Channels, x.Size.Height, x.Size.Width)]);
        y = Node("Add", [Node("Mul", [y, Column(norm.Name + ".weight")]), Column(norm.Name + ".bias")]);
        y = norm.Modulation.Match(
            projection =>
            {
                var both = Nodes("Split", [Projected(projection), Integers(norm.Channels, norm.Channels)], 2, ("axis", 1L));
                return Node("Add", [Node("Add", [y, Node("Mul", [y, both[0]])]), both[1]]);
            },
            () => y);
        return x with { Name = norm.Activated ? Silu(y) : y };
    }

    public Value Attend(int heads, Value x)
    {
        var (channels, pixels) = (x.Channels / 3, x.Size.Pixels);
        var depth = channels / heads;
        var parts = Nodes("Split", [Node("Reshape", [x.Name, Integers(0, 3 * heads, depth, pixels)]), Integers(heads, heads, heads)], 3, ("axis", 1L));
        var scores = Node("Mul", [Node("MatMul", [Transposed(parts[0]), parts[1]]), Repeated((float)(1 / Math.Sqrt(depth)), 1)]);
        var seen = Node("MatMul", [parts[2], Transposed(Node("Softmax", [scores], ("axis", -1L)))]);
        return new(Node("Reshape", [seen, Integers(0, channels, x.Size.Height, x.Size.Width)]), channels, x.Size);
    }

    public Value Add(Value x, Value y) => y with { Name = Node("Add", [x.Name, y.Name]) };

    private static ValueInfoProto Described(string name, TensorProto.Types.DataType type, params int[] sizes)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "n" } } };
        shape.Dim.AddRange(sizes.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new() { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }

    private void Input(string name, TensorProto.Types.DataType type, params int[] sizes) => _graph.Input.Add(Described(name, type, sizes));

    private string WithClasses(string embedding, Option<Pure.Networks.Parameter> table) =>
        table.Match(found => Node("Add", [embedding, Node("Gather", [Parameter(found.Name), "classes"])]), () => embedding);

    /// <summary>The numbers of each image, N×Out×1×1.</summary>
    private string Projected(TimeProjection projection) => Node("Reshape", [Projected(projection.Layers), Integers(0, projection.Out, 1, 1)]);

    /// <summary>Linear layers with SiLU between two, N×Out.</summary>
    private string Projected(Arr<Linear> layers)
    {
        string Linear(string name, string x) => Node("Gemm", [x, Parameter(name + ".weight"), Parameter(name + ".bias")], ("transB", 1L));
        return layers.Skip(1).Fold(Linear(layers[0].Name, _embedding), (x, layer) => Linear(layer.Name, Silu(x)));
    }

    private string Convolved(string operation, string weight, string name, Value x, int kernel, int stride, int padding, int trailing) => Node(
        operation, [x.Name, weight, Parameter(name + ".bias")],
        ("kernel_shape", Twice(kernel)), ("strides", Twice(stride)),
        ("pads", (long[])[padding, padding, padding + trailing, padding + trailing]));

    private static long[] Twice(int number) => [number, number];

    private string Silu(string x) => Node("Mul", [x, Node("Sigmoid", [x])]);

    private string Transposed(string x) => Node("Transpose", [x], ("perm", (long[])[0, 1, 3, 2]));

    private string Parameter(string name) => Constant(name, _weights[name]);

    /// <summary>A number for each channel, C×1×1.</summary>
    private string Column(string name) => Constant(name, _weights[name].reshape(-1, 1, 1));

    private string Repeated(float value, int count) => Constant(Invariant($"{value} x {count}"), full([count], value));

    private string Integers(params long[] values) => Constant($"[{string.Join(" ", values)}]", tensor(values));

    private string Constant(string name, Tensor value)
    {
        if (!_graph.Initializer.Any(known => known.Name == name))
        {
            var integers = value.dtype == ScalarType.Int64;
            var bytes = integers
                ? MemoryMarshal.AsBytes<long>(value.data<long>().ToArray())
                : MemoryMarshal.AsBytes<float>(value.contiguous().cpu().data<float>().ToArray());
            _graph.Initializer.Add(new TensorProto
            {
                Name = name,
                DataType = (int)(integers ? TensorProto.Types.DataType.Int64 : TensorProto.Types.DataType.Float),
                Dims = { value.shape },
                RawData = ByteString.CopyFrom(bytes),
            });
        }

        return name;
    }

    private string Node(string operation, string[] inputs, params (string Name, object Value)[] attributes) => Nodes(operation, inputs, 1, attributes)[0];

    private string[] Nodes(string operation, string[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        string[] made = [.. Enumerable.Range(0, outputs).Select(i => Invariant($"{operation}.{_graph.Node.Count}{(outputs == 1 ? "" : Invariant($".{i}"))}"))];
        var node = new NodeProto { OpType = operation, Input = { inputs }, Output = { made } };
        node.Attribute.AddRange(attributes.Select(attribute => attribute.Value switch
        {
            long number => new AttributeProto { Name = attribute.Name, Type = AttributeProto.Types.AttributeType.Int, I = number },
            string text => new AttributeProto
            {
                Name = attribute.Name,
                Type = AttributeProto.Types.AttributeType.String,
                S = ByteString.CopyFromUtf8(text),
            },
            float number => new AttributeProto { Name = attribute.Name, Type = AttributeProto.Types.AttributeType.Float, F = number },
            long[] numbers => new AttributeProto { Name = attribute.Name, Type = AttributeProto.Types.AttributeType.Ints, Ints = { numbers } },
            _ => throw new System.Diagnostics.UnreachableException(),
        }));
        _graph.Node.Add(node);
        return made;
    }
}

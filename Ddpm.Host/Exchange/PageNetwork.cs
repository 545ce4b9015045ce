using System.Text.Json.Nodes;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Exchange;

/// <summary>
/// A network as a list of operations for the page: a reading of the one definition of the network. Each operation names the values that it reads and the one
/// that it makes. Values are numbered in the order in which they are made; value 0 is x. The page's network.js computes the operations.
/// </summary>
internal sealed class PageNetwork : INetworkMath<PageNetwork.Value>
{
    private readonly JsonArray _operations = [];
    private readonly JsonArray _values = [];
    private long _numbers;
    private readonly System.Collections.Generic.HashSet<string> _names = [];

    private PageNetwork()
    {
    }

    /// <summary>What a layer makes: its number, and its channels and size.</summary>
    internal readonly record struct Value(int Number, int Channels, ImageSize Size);

    /// <summary>The network's values and operations, and the names of the parameters that they read.</summary>
    /// <param name="config">The network.</param>
    /// <returns>
    /// values: [channels, height, width] of each value; classes: the class embedding that is added to the embedding of the timestep, if any; operations, in
    /// order; output: the number of the value that the network answers.
    /// </returns>
    public static (JsonObject Description, IReadOnlySet<string> Parameters) Of(UNetConfig config)
    {
        var made = new PageNetwork();
        var classes = made.Table(config.Conditions);
        var output = config.Compose(made, made.Make(config.ImageChannels, config.ImageSize));
        return (
            new()
            {
                ["values"] = made._values,
                ["classes"] = classes,
                ["operations"] = made._operations,
                ["output"] = output.Number,
            },
            made._names);
    }

    /// <summary>How many numbers all values of a network have.</summary>
    /// <param name="config">The network.</param>
    public static long NumbersOf(UNetConfig config)
    {
        var made = new PageNetwork();
        config.Compose(made, made.Make(config.ImageChannels, config.ImageSize));
        return made._numbers;
    }

    public Value Shift(TimeProjection projection, Value x) => Operation("shift", x, x.Channels, x.Size, ("layers", Names(projection.Layers)));

    public Value Apply(Block block, Value x)
    {
        var y = block.Normalized ? Operation("layer-norm", x, x.Channels, x.Size, ("name", Named(block.Norm.Name))) : x;
        y = Silu(Apply(block.Second, Silu(Apply(block.First, y))));
        return block.Residual ? Add(block.Shortcut.Match(shortcut => Apply(shortcut, x), () => x), y) : y;
    }

    public Value Apply(Convolution c, Value x) => Operation(
        "convolution", x, c.Out, c.OutputSize(x.Size),
        ("name", Named(c.Name)), ("kernel", c.Kernel), ("stride", c.Stride), ("padding", c.Padding), ("trailing", c.TrailingPadding));

    public Value Apply(TransposedConvolution c, Value x) => Operation(
        "transposed", x, c.Out, c.OutputSize(x.Size), ("name", Named(c.Name)), ("kernel", c.Kernel), ("stride", c.Stride), ("padding", c.Padding));

    public Value Silu(Value x) => Operation("silu", x, x.Channels, x.Size);

    public Value Concatenate(Value first, Value second) =>
        Operation("join", first, first.Channels + second.Channels, first.Size, ("with", second.Number));

    public Value Apply(GroupNorm norm, Value x)
    {
        var y = Operation(
            "group-norm", x, x.Channels, x.Size,
            ("name", Named(norm.Name)), ("groups", norm.Groups), ("epsilon", norm.Epsilon),
            ("layers", norm.Modulation.Case is TimeProjection projection ? Names(projection.Layers) : null));
        return norm.Activated ? Silu(y) : y;
    }

    public Value Attend(int heads, Value x) => Operation("attend", x, x.Channels / 3, x.Size, ("heads", heads));

    public Value Add(Value x, Value y) => Operation("add", x, x.Channels, x.Size, ("with", y.Number));

    public Value Embed(TimeEmbedding embedding, Value x)
    {
        _operations.Add(new JsonObject
        {
            ["op"] = "embed",
            ["layers"] = Names(Array(embedding.First, embedding.Second)),
            ["classes"] = Table(embedding.Conditions),
        });
        return x;
    }

    public Value Upsample(Value x) => Operation("upsample", x, x.Channels, x.Size.Map(side => 2 * side));

    private JsonArray Names(Arr<Linear> layers) => [.. layers.Map(layer => (JsonNode)Named(layer.Name))];

    /// <summary>The name of a layer with a weight and a bias.</summary>
    private string Named(string layer)
    {
        _names.UnionWith([layer + ".weight", layer + ".bias"]);
        return layer;
    }

    private string? Table(EmbeddingConditions conditions)
    {
        if (conditions.ClassTable.Case is not Parameter table)
        {
            return null;
        }

        _names.Add(table.Name);
        return table.Name;
    }

    private Value Make(int channels, ImageSize size)
    {
        _values.Add(new JsonArray(channels, size.Height, size.Width));
        _numbers += (long)channels * size.Pixels;
        return new(_values.Count - 1, channels, size);
    }

    private Value Operation(string name, Value x, int channels, ImageSize size, params (string Name, JsonNode? Value)[] more)
    {
        var made = Make(channels, size);
        var operation = new JsonObject { ["op"] = name, ["x"] = x.Number, ["y"] = made.Number };
        more.Iter(field => operation.Add(field.Name, field.Value));
        _operations.Add(operation);
        return made;
    }
}

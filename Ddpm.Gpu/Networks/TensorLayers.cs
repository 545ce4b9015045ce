using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Random;
using LanguageExt;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// The layers by libtorch's operations. Activations are N×C×H×W with their channels last in memory: convolutions, additions, SiLU and
/// concatenation keep that layout by themselves, and the rest of the network never sees it.
/// </summary>
/// <param name="w">The weights.</param>
/// <param name="operations">What convolves and normalises.</param>
/// <param name="embedding">The embedding of each image's timestep, N×d, for a network that knows timesteps.</param>
/// <param name="told">What the network is told of each image besides, for a network that knows timesteps.</param>
/// <param name="dropout">The random numbers of each image's dropout; empty for no dropout.</param>
internal sealed class TensorLayers(
    Weights w, TensorOperations operations, Tensor? embedding = null, TensorConditions? told = null, ReadOnlyMemory<Draws> dropout = default)
    : INetworkMath<Tensor>, IClassifierMath<Tensor>
{
    private const double NormEpsilon = 1e-5;

    private Tensor? _embedding = embedding; // what projections read

    /// <inheritdoc/>
    public Tensor Shift(TimeProjection projection, Tensor x) => x.Plus(Project(projection));

    /// <inheritdoc/>
    public Tensor Apply(Block block, Tensor x)
    {
        var y = block.Normalized ? Normalize(block.Norm, x) : x;
        y = functional.silu(Apply(block.First, y));
        y = functional.silu(Apply(block.Second, y));
        return block.Residual ? y.Plus(block.Shortcut.Match(shortcut => Apply(shortcut, x), () => x)) : y;
    }

    /// <inheritdoc/>
    public Tensor Apply(Convolution c, Tensor x) =>
        operations.Convolve(c, x, w[c.Name + ".weight"].reshape(c.Out, c.In, c.Kernel, c.Kernel), w[c.Name + ".bias"]);

    /// <inheritdoc/>
    public Tensor Apply(TransposedConvolution c, Tensor x) =>
        operations.Transpose(c, x, w[c.Name + ".weight"], w[c.Name + ".bias"]);

    /// <inheritdoc/>
    public Tensor Silu(Tensor x) => functional.silu(x);

    /// <inheritdoc/>
    public Tensor Pool(Tensor x) => functional.max_pool2d(x, 2);

    /// <inheritdoc/>
    public Tensor Apply(Linear layer, Tensor x) => functional.linear(x.flatten(1), w[layer.Name + ".weight"], w[layer.Name + ".bias"]);

    /// <inheritdoc/>
    public Tensor Concatenate(Tensor first, Tensor second) => cat([first, second], 1);

    /// <inheritdoc/>
    public Tensor Apply(GroupNorm norm, Tensor x)
    {
        var y = operations.NormalizeGroups(x, norm.Groups, w[norm.Name + ".weight"], w[norm.Name + ".bias"], norm.Epsilon);
        y = norm.Modulation.Match(
            projection =>
            {
                var both = Project(projection).chunk(2, 1);
                return y.Plus(y.mul(both[0])).Plus(both[1]);
            },
            () => y);
        return norm.Activated ? functional.silu(y) : y;
    }

    /// <inheritdoc/>
    public Tensor Attend(int heads, Tensor queriesKeysValues)
    {
        var (n, channels, height, width) = (queriesKeysValues.shape[0], queriesKeysValues.shape[1] / 3, queriesKeysValues.shape[2], queriesKeysValues.shape[3]);
        var parts = queriesKeysValues.reshape(n, 3, heads, channels / heads, height * width).unbind(1); // N×heads×d×pixels each
        var weights = operations.Softmax(parts[0].transpose(-1, -2).matmul(parts[1]).Times(1 / Math.Sqrt((double)channels / heads)));
        return parts[2].matmul(weights.transpose(-1, -2)).reshape(n, channels, height, width);
    }

    /// <inheritdoc/>
    public Tensor Add(Tensor x, Tensor y) => x.Plus(y);

    /// <inheritdoc/>
    public Tensor Drop(Dropout layer, Tensor x)
    {
        if (dropout.IsEmpty)
        {
            return x;
        }

        var kept = new bool[x.numel()];
        var pixels = kept.Length / dropout.Length;
        Parallel.For(0, dropout.Length, n => layer.Fill(dropout.Span[n], kept.AsSpan(n * pixels, pixels)));
        return x.mul(tensor(kept, x.shape).to(x.device).to(x.dtype)).Times(layer.Factor);
    }

    /// <inheritdoc/>
    public Tensor Embed(TimeEmbedding embedding, Tensor x)
    {
        _embedding = functional.silu(told!.AddedTo(Project(Prelude.Array(embedding.First, embedding.Second)), embedding.Conditions, w));
        return x;
    }

    /// <inheritdoc/>
    public Tensor Upsample(Tensor x) => functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);

    /// <summary>The numbers of each image, N×Out×1×1.</summary>
    private Tensor Project(TimeProjection projection) => Project(projection.Layers).unsqueeze(-1).unsqueeze(-1);

    /// <summary>Linear layers with SiLU between two, N×Out.</summary>
    private Tensor Project(Arr<Linear> layers) => layers.Skip(1).Fold(Apply(layers[0], _embedding!), (y, layer) => Apply(layer, functional.silu(y)));

    // Over (C, H, W) as the original: the same numbers over (H, W, C), which is how they lie in memory.
    private Tensor Normalize(LayerNorm norm, Tensor x) => operations.Normalize(
        x.permute(0, 2, 3, 1), [norm.Size.Height, norm.Size.Width, norm.Channels],
        w[norm.Name + ".weight"].permute(1, 2, 0), w[norm.Name + ".bias"].permute(1, 2, 0), NormEpsilon).permute(0, 3, 1, 2);
}

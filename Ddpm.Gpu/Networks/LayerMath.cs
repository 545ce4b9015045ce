using Ddpm.Gpu.Tensors;
using Ddpm.Pure.Networks;
using LanguageExt;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// What each kind of layer computes. Activations are N×C×H×W with their channels last in memory: convolutions, additions, SiLU and
/// concatenation keep that layout by themselves, and the rest of the network never sees it.
/// </summary>
internal static class LayerMath
{
    private const double NormEpsilon = 1e-5;

    /// <summary>The same tensor with its channels last in memory.</summary>
    public static Tensor ChannelsLast(this Tensor x) => x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    public static Tensor Apply(this Layer layer, Tensor x, Weights w) => layer switch
    {
        Convolution c => functional.conv2d(x, w[c.Name + ".weight"], w[c.Name + ".bias"], [c.Stride, c.Stride], [c.Padding, c.Padding]),
        TransposedConvolution c => functional.conv_transpose2d(
            x, w[c.Name + ".weight"], w[c.Name + ".bias"], strides: [c.Stride, c.Stride], padding: [c.Padding, c.Padding]),
        Linear l => functional.linear(x, w[l.Name + ".weight"], w[l.Name + ".bias"]),
        LayerNorm n => Normalize(n, x, w),
        Silu => functional.silu(x),
        TimeProjection p => p.Second.Apply(functional.silu(p.First.Apply(x, w)), w),
        Block b => Apply(b, x, w),
        Sequential s => s.Layers.Fold(x, (y, next) => next.Apply(y, w)),
        _ => throw new System.Diagnostics.UnreachableException(layer.GetType().Name),
    };

    public static Tensor Apply(this Arr<Block> blocks, Tensor x, Weights w) => blocks.Fold(x, (y, block) => Apply(block, y, w));

    private static Tensor Apply(Block block, Tensor x, Weights w)
    {
        var y = block.Normalized ? Normalize(block.Norm, x, w) : x;
        y = functional.silu(block.First.Apply(y, w));
        y = functional.silu(block.Second.Apply(y, w));
        return block.Residual ? y.Plus(block.Shortcut.Match(shortcut => shortcut.Apply(x, w), () => x)) : y;
    }

    // Over (C, H, W) as the original: the same numbers over (H, W, C), which is how they lie in memory.
    private static Tensor Normalize(LayerNorm norm, Tensor x, Weights w) => functional.layer_norm(
        x.permute(0, 2, 3, 1), [norm.Size, norm.Size, norm.Channels],
        w[norm.Name + ".weight"].permute(1, 2, 0), w[norm.Name + ".bias"].permute(1, 2, 0), NormEpsilon).permute(0, 3, 1, 2);
}

using Ddpm.Pure.Networks;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Kernels;

/// <summary>One more reading of a network: whether the kernels can compute each of its layers.</summary>
internal sealed class KernelCoverage : INetworkMath<Unit>
{
    private Option<string> _missing;

    private KernelCoverage()
    {
    }

    /// <summary>The first layer that the kernels lack, in words; none if they compute the whole network.</summary>
    public static Option<string> Missing(UNetConfig network)
    {
        var coverage = new KernelCoverage();
        network.Compose(coverage, unit);
        return coverage._missing;
    }

    /// <summary>Whether there is a window of these sizes: centred, or of at most two cells in each direction.</summary>
    public static bool HasWindow(int kernel, int stride, int padding) => IsCentred(kernel, stride, padding) || HasCells(kernel, stride, padding);

    /// <summary>Whether a window of stride 1 covers each pixel and its neighbours alike.</summary>
    public static bool IsCentred(int kernel, int stride, int padding) => stride == 1 && kernel is 1 or 3 && 2 * padding + 1 == kernel;

    /// <summary>Whether a window is two cells wide, each cell as large as the stride.</summary>
    public static bool HasCells(int kernel, int stride, int padding) => (kernel + stride - 1) / stride == 2 && stride <= 2 && padding <= 1;

    Unit INetworkMath<Unit>.Shift(TimeProjection projection, Unit x) => unit;

    Unit INetworkMath<Unit>.Silu(Unit x) => unit;

    Unit INetworkMath<Unit>.Concatenate(Unit first, Unit second) => unit;

    Unit INetworkMath<Unit>.Apply(GroupNorm norm, Unit x) => unit;

    Unit INetworkMath<Unit>.Attend(int heads, Unit queriesKeysValues) => unit;

    Unit INetworkMath<Unit>.Add(Unit x, Unit y) => unit;

    Unit INetworkMath<Unit>.Embed(TimeEmbedding embedding, Unit x) => unit;

    Unit INetworkMath<Unit>.Upsample(Unit x) => unit;

    Unit INetworkMath<Unit>.Apply(Block block, Unit x) => unit;

    Unit INetworkMath<Unit>.Apply(Convolution layer, Unit x) => Check(layer.Name, layer.Kernel, layer.Stride, layer.Padding);

    Unit INetworkMath<Unit>.Apply(TransposedConvolution layer, Unit x) => Check(layer.Name, layer.Kernel, layer.Stride, layer.Padding);

    private Unit Check(string name, int kernel, int stride, int padding)
    {
        if (_missing.IsNone && !HasWindow(kernel, stride, padding))
        {
            _missing = Invariant($"{name}, a convolution of {kernel}×{kernel} with stride {stride} and padding {padding}");
        }

        return unit;
    }
}

using Ddpm.Pure.Networks;
using LanguageExt;

namespace Ddpm.Gpu.Networks;

/// <summary>
/// What the layers of a network compute. The network itself is written once over this (<see cref="UNet.Compose"/>): libtorch's operations are one
/// reading of it, the kernels for processors another.
/// </summary>
/// <typeparam name="TActivation">What a layer takes and makes: the images of a batch with their channels. What is handed to <see cref="Shift"/> or <see cref="Silu"/> may be changed.</typeparam>
public interface INetworkMath<TActivation>
{
    /// <summary>x, each channel shifted by its projection of the timestep's embedding.</summary>
    TActivation Shift(TimeProjection projection, TActivation x);

    /// <summary>A block.</summary>
    TActivation Apply(Block block, TActivation x);

    /// <summary>A convolution.</summary>
    TActivation Apply(Convolution layer, TActivation x);

    /// <summary>A transposed convolution.</summary>
    TActivation Apply(TransposedConvolution layer, TActivation x);

    /// <summary>x·σ(x).</summary>
    TActivation Silu(TActivation x);

    /// <summary>The channels of both, one after another.</summary>
    TActivation Concatenate(TActivation first, TActivation second);

    /// <summary>Blocks one after another.</summary>
    TActivation Apply(Arr<Block> blocks, TActivation x) => blocks.Fold(x, (y, block) => Apply(block, y));

    /// <summary>Layers one after another.</summary>
    TActivation Apply(Sequential sequence, TActivation x) => sequence.Layers.Fold(x, (y, layer) => layer switch
    {
        Convolution convolution => Apply(convolution, y),
        TransposedConvolution transposed => Apply(transposed, y),
        Pure.Networks.Silu => Silu(y),
        _ => throw new System.Diagnostics.UnreachableException(layer.GetType().Name),
    });
}

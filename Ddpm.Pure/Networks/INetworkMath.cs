namespace Ddpm.Pure.Networks;

/// <summary>
/// A reading of a network: what each layer computes. The network itself is written once (<see cref="UNetConfig.Compose"/>). libtorch's operations are one
/// reading of it, and the kernels for processors, ONNX and the count of products are others. A layer calls its method here, so a reading that lacks a layer
/// does not compile. Larger layers are written here in terms of smaller ones.
/// </summary>
/// <typeparam name="TActivation">
/// What a layer takes and makes: the images of a batch with their channels. <see cref="Shift"/> and <see cref="Silu"/> may change their input, and
/// <see cref="Add"/> its second one.
/// </typeparam>
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

    /// <summary>Group normalisation.</summary>
    TActivation Apply(GroupNorm norm, TActivation x);

    /// <summary>Of queries, keys and values of all heads, H·d channels each, what every pixel sees: the values' mean by softmax(q·k/√d).</summary>
    TActivation Attend(int heads, TActivation queriesKeysValues);

    /// <summary>x + y.</summary>
    TActivation Add(TActivation x, TActivation y);

    /// <summary>x itself. From here on, projections read this embedding of the timestep and the class.</summary>
    TActivation Embed(TimeEmbedding embedding, TActivation x);

    /// <summary>Each pixel as a square of 2×2 pixels.</summary>
    TActivation Upsample(TActivation x);

    /// <summary>Dropout: x itself, except for readings that train. They may change x.</summary>
    TActivation Drop(Dropout layer, TActivation x) => x;

    /// <summary>x, safe from later changes of x: for readings whose <see cref="Shift"/> and <see cref="Silu"/> work in place.</summary>
    TActivation Copy(TActivation x) => x;

    /// <summary>A residual block.</summary>
    TActivation Apply(ResidualBlock block, TActivation x)
    {
        var y = Apply(block.First, Apply(block.FirstNorm, x));
        y = Apply(block.SecondNorm, block.Shift.Match(shift => Shift(shift, y), () => y));
        y = Apply(block.Second, block.Dropout.Match(dropout => Drop(dropout, y), () => y));
        return Add(block.Shortcut.Match(shortcut => Apply(shortcut, x), () => x), y);
    }

    /// <summary>Self-attention.</summary>
    TActivation Apply(SelfAttention attention, TActivation x)
    {
        var normalized = Apply(attention.Norm, x);
        var queriesKeysValues = attention.Projections.Map(projection => Apply(projection, normalized)).Reduce(Concatenate);
        return Add(x, Apply(attention.Back, Attend(attention.Heads, queriesKeysValues)));
    }
}

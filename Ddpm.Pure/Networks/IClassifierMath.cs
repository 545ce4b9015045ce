namespace Ddpm.Pure.Networks;

/// <summary>What the layers of a classifier compute: libtorch's operations are one reading of it, the kernels for processors another.</summary>
/// <typeparam name="TActivation">What a layer takes and makes. What is handed to <see cref="Silu"/> or <see cref="Pool"/> may be changed.</typeparam>
internal interface IClassifierMath<TActivation>
{
    /// <summary>A convolution.</summary>
    TActivation Apply(Convolution layer, TActivation x);

    /// <summary>The maximum of each 2×2 pixels.</summary>
    TActivation Pool(TActivation x);

    /// <summary>x·σ(x).</summary>
    TActivation Silu(TActivation x);

    /// <summary>A linear layer over all numbers of an image.</summary>
    TActivation Apply(Linear layer, TActivation x);
}

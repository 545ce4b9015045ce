using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>Weights in the order in which <see cref="Correlation{T}.Sum"/> reads them: by block of outs, channel, tap, and out in the block, filled up with zeros.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="outs">Planes made.</param>
/// <param name="channels">Planes summed.</param>
/// <param name="taps">Places of the window.</param>
internal sealed unsafe class WeightBlocks<T>(int outs, int channels, int taps) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _block = Correlation<T>.BlockOf(outs);
    private readonly NativeArray<T> _weights = new((long)PlaneShape<T>.Up(outs, Correlation<T>.BlockOf(outs)) * channels * taps);

    /// <summary>The first.</summary>
    public T* Pointer => _weights.Pointer;

    /// <summary>Where the weight of an out, a channel and a tap lies.</summary>
    public int Place(int o, int channel, int tap) => ((o / _block * channels + channel) * taps + tap) * _block + o % _block;

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();
}

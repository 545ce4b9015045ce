
namespace Ddpm.Gpu.Kernels;

/// <summary>Groups outs into blocks that are computed at once.</summary>
internal static class WeightBlocks
{
    /// <summary>The outs in a block.</summary>
    public const int Size = 10;

    /// <summary>The block size for a number of outs. A single out is not padded.</summary>
    public static int Of(int outs) => outs == 1 ? 1 : Size;
}

/// <summary>Weights in the order of <see cref="Correlation{T}.Sum"/>: by block of outs, channel, tap, and out in the block, padded with zeros.</summary>
/// <typeparam name="T">The type of a weight.</typeparam>
/// <param name="outs">The output planes.</param>
/// <param name="channels">The input planes.</param>
/// <param name="taps">The taps of the window.</param>
internal sealed unsafe class WeightBlocks<T>(int outs, int channels, int taps) : IDisposable
    where T : unmanaged
{
    private readonly int _block = WeightBlocks.Of(outs);
    private readonly NativeArray<T> _weights = new((long)PlaneShape<float>.Up(outs, WeightBlocks.Of(outs)) * channels * taps);

    /// <summary>The first weight.</summary>
    public T* Pointer => _weights.Pointer;

    /// <summary>The index of the weight of an out, a channel and a tap.</summary>
    public int Place(int o, int channel, int tap) => ((o / _block * channels + channel) * taps + tap) * _block + o % _block;

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();
}

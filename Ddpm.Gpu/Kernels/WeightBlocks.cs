
namespace Ddpm.Gpu.Kernels;

/// <summary>How outs are put together in blocks that are computed at once.</summary>
internal static class WeightBlocks
{
    /// <summary>The outs of a block.</summary>
    public const int Size = 10;

    /// <summary>How many outs the block has that begins a row of so many: a single one is not padded.</summary>
    public static int Of(int outs) => outs == 1 ? 1 : Size;
}

/// <summary>Weights in the order in which <see cref="Correlation{T}.Sum"/> reads them: by block of outs, channel, tap, and out in the block, filled up with zeros.</summary>
/// <typeparam name="T">The type of a weight.</typeparam>
/// <param name="outs">Planes made.</param>
/// <param name="channels">Planes summed.</param>
/// <param name="taps">Places of the window.</param>
internal sealed unsafe class WeightBlocks<T>(int outs, int channels, int taps) : IDisposable
    where T : unmanaged
{
    private readonly int _block = WeightBlocks.Of(outs);
    private readonly NativeArray<T> _weights = new((long)PlaneShape<float>.Up(outs, WeightBlocks.Of(outs)) * channels * taps);

    /// <summary>The first.</summary>
    public T* Pointer => _weights.Pointer;

    /// <summary>Where the weight of an out, a channel and a tap lies.</summary>
    public int Place(int o, int channel, int tap) => ((o / _block * channels + channel) * taps + tap) * _block + o % _block;

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();
}

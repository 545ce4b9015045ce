using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>A centred window of stride 1. It reads planes directly; each tap of the window is a shift of the plane.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class PlaneWindow<T> : Window<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _offset;
    private readonly int[] _gatherTaps, _scatterTaps, _inputs;
    private readonly WeightBlocks<T> _gather, _scatter;

    /// <summary>Prepares the window.</summary>
    /// <param name="offset">The offset of W in θ.</param>
    /// <param name="small">Channels and shape of the small image.</param>
    /// <param name="big">Channels and shape of the big image, the same shape.</param>
    /// <param name="kernel">Height and width of the window, 1 or 3.</param>
    public PlaneWindow(int offset, (int Channels, PlaneShape<T> Shape) small, (int Channels, PlaneShape<T> Shape) big, int kernel)
        : base(small, big)
    {
        _offset = offset;
        var (shape, reach) = (small.Shape, kernel / 2);
        _gatherTaps = [.. from h in Enumerable.Range(-reach, kernel) from w in Enumerable.Range(-reach, kernel) select h * shape.Pitch + w];
        _scatterTaps = [.. _gatherTaps.Select(tap => -tap)];
        _gather = new(small.Channels, big.Channels, _gatherTaps.Length);
        _scatter = new(big.Channels, small.Channels, _gatherTaps.Length);
        _inputs = [.. from c in Enumerable.Range(0, big.Channels) from tap in _gatherTaps select c * shape.Stride + tap];
    }

    /// <inheritdoc/>
    public override bool Adds => false;

    /// <inheritdoc/>
    public override long Scratch => Small.Channels * _inputs.Length;

    /// <inheritdoc/>
    public override void Pack(T* theta)
    {
        var w = theta + _offset;
        for (var o = 0; o < Small.Channels; o++)
        {
            for (var c = 0; c < Big.Channels; c++)
            {
                for (var tap = 0; tap < _gatherTaps.Length; tap++, w++)
                {
                    _gather.Pointer[_gather.Place(o, c, tap)] = *w;
                    _scatter.Pointer[_scatter.Place(c, o, tap)] = *w;
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Gather(T* big, T* cells, T* scratch, T* bias, T* small) =>
        Sum(big, Big.Channels, _gatherTaps, _gather, bias, small, Small.Channels);

    /// <inheritdoc/>
    public override void Scatter(T* small, T* scratch, T* bias, T* big, bool add) =>
        Sum(small, Small.Channels, _scatterTaps, _scatter, bias, big, Big.Channels);

    /// <inheritdoc/>
    public override void WeightGradient(T* small, nint smallImage, T* big, nint bigImage, int images, T* scratch, T* gradient)
    {
        var shape = Small.Shape;
        Correlation<T>.Products(
            small + shape.Origin, smallImage, shape.Stride, Small.Channels, big + shape.Origin, bigImage, _inputs, images, shape.Length, scratch);
        Lanes<T>.AddScaled(scratch, T.One, gradient + _offset, Small.Channels * _inputs.Length);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gather.Dispose();
        _scatter.Dispose();
    }

    private void Sum(T* x, int channels, int[] taps, WeightBlocks<T> w, T* bias, T* y, int outs)
    {
        var shape = Small.Shape;
        Correlation<T>.Sum(
            x + shape.Origin, shape.Stride, channels, taps, w.Pointer, bias, shape.Mask.Pointer + shape.Origin,
            y + shape.Origin, shape.Stride, outs, shape.Length);
    }
}

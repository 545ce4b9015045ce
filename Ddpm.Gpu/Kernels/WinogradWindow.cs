using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// A centred 3×3 window with half the products, by <see cref="WinogradRows{T}"/>. <see cref="Correlation{T}"/> computes its windows of one row.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class WinogradWindow<T> : Window<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Parts = WinogradRows<T>.Parts, Kernel = WinogradRows<T>.Kernel;

    private static readonly int[] Taps = [-1, 0, 1], TurnedTaps = [1, 0, -1];

    private readonly WinogradRows<T> _rows;
    private readonly int _offset;
    private readonly int[] _inputs, _places;
    private readonly WeightBlocks<T>[] _gather, _scatter;

    /// <summary>Prepares the window.</summary>
    /// <param name="offset">The offset of W in θ.</param>
    /// <param name="small">Channels and shape of the small image.</param>
    /// <param name="big">Channels and shape of the big image, the same shape.</param>
    public WinogradWindow(int offset, (int Channels, PlaneShape<T> Shape) small, (int Channels, PlaneShape<T> Shape) big)
        : base(small, big)
    {
        (_offset, _rows) = (offset, new(big.Shape));
        _gather = [.. Enumerable.Range(0, Parts).Select(_ => new WeightBlocks<T>(small.Channels, big.Channels, Kernel))];
        _scatter = [.. Enumerable.Range(0, Parts).Select(_ => new WeightBlocks<T>(big.Channels, small.Channels, Kernel))];
        _inputs = [.. from c in Enumerable.Range(0, big.Channels) from tap in Taps select c * _rows.CellPlane + tap];
        _places =
        [
            .. from channels in Enumerable.Range(0, small.Channels * big.Channels)
               from tap in Enumerable.Range(0, Kernel)
               select channels * Kernel * Kernel + tap,
        ];
    }

    /// <inheritdoc/>
    public override int CellRoom => Parts * Big.Channels * _rows.CellPlane;

    /// <inheritdoc/>
    public override int PartRoom => Parts * Small.Channels * _rows.SumPlane;

    /// <inheritdoc/>
    public override long Scratch =>
        Math.Max(Parts * Made, Parts * (Small.Channels * _rows.CellPlane + Math.Max(Small.Channels, Big.Channels) * _rows.SumPlane)) + _rows.Slack;

    private int Made => WinogradRows<T>.MadeOf(_places.Length);

    /// <inheritdoc/>
    public override void Pack(T* theta)
    {
        var w = theta + _offset;
        for (var o = 0; o < Small.Channels; o++)
        {
            for (var c = 0; c < Big.Channels; c++, w += Kernel * Kernel)
            {
                for (var tap = 0; tap < Kernel; tap++)
                {
                    var (gather, scatter) = (_gather[0].Place(o, c, tap), _scatter[0].Place(c, o, tap));
                    T upper = w[tap], middle = w[Kernel + tap], lower = w[2 * Kernel + tap];
                    for (var k = 0; k < Parts; k++)
                    {
                        _gather[k].Pointer[gather] = WinogradRows<T>.Weight(k, upper, middle, lower);
                        _scatter[k].Pointer[scatter] = WinogradRows<T>.Weight(k, lower, middle, upper);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Gather(T* big, T* cells, T* scratch, T* bias, T* small)
    {
        _rows.Cut(big + Big.Shape.Origin, Big.Channels, cells);
        Sums(cells, Big.Channels, Taps, _gather, scratch, Small.Channels);
        _rows.Join(scratch, Small.Channels, bias, small + Small.Shape.Origin, add: false);
    }

    /// <inheritdoc/>
    public override void Scatter(T* small, T* scratch, T* bias, T* big, bool add)
    {
        var sums = scratch + Parts * Small.Channels * _rows.CellPlane;
        _rows.Cut(small + Small.Shape.Origin, Small.Channels, scratch);
        Sums(scratch, Small.Channels, TurnedTaps, _scatter, sums, Big.Channels);
        _rows.Join(sums, Big.Channels, bias, big + Big.Shape.Origin, add);
    }

    /// <inheritdoc/>
    public override void Part(T* small, T* parts) => _rows.Part(small + Small.Shape.Origin, Small.Channels, parts);

    /// <inheritdoc/>
    public override void WeightGradient(T* small, nint smallImage, T* big, nint bigImage, int images, T* scratch, T* gradient)
    {
        for (var k = 0; k < Parts; k++)
        {
            Correlation<T>.Products(
                small + k * Small.Channels * _rows.SumPlane, smallImage, _rows.SumPlane, Small.Channels,
                big + k * Big.Channels * _rows.CellPlane + Lanes<T>.Count, bigImage, _inputs, images, _rows.Length, scratch + k * Made);
        }

        WinogradRows<T>.Fold(scratch, _places, gradient + _offset);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var weights in (WeightBlocks<T>[])[.. _gather, .. _scatter])
        {
            weights.Dispose();
        }

        _rows.Dispose();
    }

    private void Sums(T* cells, int channels, int[] taps, WeightBlocks<T>[] w, T* sums, int outs)
    {
        for (var k = 0; k < Parts; k++)
        {
            Correlation<T>.Sum(
                cells + k * channels * _rows.CellPlane + Lanes<T>.Count, _rows.CellPlane, channels, taps, w[k].Pointer, null, null,
                sums + k * outs * _rows.SumPlane, _rows.SumPlane, outs, _rows.Length);
        }
    }
}

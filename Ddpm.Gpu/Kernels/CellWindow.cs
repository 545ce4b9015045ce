using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// A window of stride 1 or 2. It cuts the big image into cells of stride × stride pixels; each pixel of a cell becomes a channel. On cells, a window of up to
/// 2·stride pixels is a window of 2×2 cells with stride 1.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class CellWindow<T> : Window<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Side = 2, Taps = Side * Side;

    private readonly int _kernel, _stride, _padding, _offset;
    private readonly int[] _gatherTaps, _scatterTaps, _inputs, _places, _placeOf;
    private readonly WeightBlocks<T> _gather, _scatter;
    private readonly NativeArray<T> _inside; // after the padding, 1 for each pixel of a row of the big image, 0 elsewhere

    /// <summary>Prepares the window.</summary>
    /// <inheritdoc cref="Window{T}.Of"/>
    public CellWindow(int offset, (int Channels, PlaneShape<T> Shape) small, (int Channels, PlaneShape<T> Shape) big, int kernel, int stride, int padding)
        : base(small, big)
    {
        (_offset, _kernel, _stride, _padding) = (offset, kernel, stride, padding);
        if (!KernelCoverage.HasCells(kernel, stride, padding))
        {
            throw new NotSupportedException(Invariant($"a window of {kernel}×{kernel}, stride {stride} and padding {padding} has no kernel here"));
        }

        _gatherTaps = [.. from h in Enumerable.Range(0, Side) from w in Enumerable.Range(0, Side) select h * small.Shape.Pitch + w];
        _scatterTaps = [.. _gatherTaps.Select(tap => -tap)];
        (_gather, _scatter) = (new(small.Channels, CellChannels, Taps), new(CellChannels, small.Channels, Taps));
        _inside = new(PlaneShape<T>.Up(stride * small.Shape.Pitch, stride * Lanes<T>.Count));
        _inside.From(padding)[..big.Shape.Size.Width].Fill(T.One);
        _placeOf = [.. from cell in Enumerable.Range(0, CellChannels) from tap in Enumerable.Range(0, Taps) select Place(cell, tap)];
        _places = [.. _placeOf.Where(place => place >= 0)];
        _inputs = [.. from i in Enumerable.Range(0, _placeOf.Length) where _placeOf[i] >= 0 select i / Taps * small.Shape.Cells + _gatherTaps[i % Taps]];
    }

    /// <inheritdoc/>
    public override int CellRoom => CellChannels * Small.Shape.Cells;

    /// <inheritdoc/>
    public override long Scratch => Math.Max(CellRoom, Small.Channels * _inputs.Length) + Small.Shape.Slack;

    private int CellChannels => Big.Channels * _stride * _stride;

    private int Row => Big.Channels * _kernel * _kernel;

    /// <inheritdoc/>
    public override void Pack(T* theta)
    {
        for (var o = 0; o < Small.Channels; o++)
        {
            var w = theta + _offset + o * Row;
            for (var i = 0; i < _placeOf.Length; i++)
            {
                if (_placeOf[i] >= 0)
                {
                    _gather.Pointer[_gather.Place(o, i / Taps, i % Taps)] = w[_placeOf[i]];
                    _scatter.Pointer[_scatter.Place(i / Taps, o, i % Taps)] = w[_placeOf[i]];
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Gather(T* big, T* cells, T* scratch, T* bias, T* small)
    {
        var shape = Small.Shape;
        Cut(big, cells);
        Correlation<T>.Sum(
            cells, shape.Cells, CellChannels, _gatherTaps, _gather.Pointer, bias, shape.Mask.Pointer + shape.Origin,
            small + shape.Origin, shape.Stride, Small.Channels, shape.Length);
    }

    /// <inheritdoc/>
    public override void Scatter(T* small, T* scratch, T* bias, T* big, bool add)
    {
        var shape = Small.Shape;
        Correlation<T>.Sum(
            small + shape.Origin, shape.Stride, Small.Channels, _scatterTaps, _scatter.Pointer, null, null,
            scratch, shape.Cells, CellChannels, shape.CellLength);
        Join(scratch, bias, big, add);
    }

    /// <inheritdoc/>
    public override void WeightGradient(T* small, nint smallImage, T* big, nint bigImage, int images, T* scratch, T* gradient)
    {
        var shape = Small.Shape;
        Correlation<T>.Products(small + shape.Origin, smallImage, shape.Stride, Small.Channels, big, bigImage, _inputs, images, shape.Length, scratch);
        for (var o = 0; o < Small.Channels; o++)
        {
            T* made = scratch + o * _inputs.Length, weights = gradient + _offset + o * Row;
            for (var i = 0; i < _places.Length; i++)
            {
                weights[_places[i]] += made[i];
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gather.Dispose();
        _scatter.Dispose();
        _inside.Dispose();
    }

    /// <summary>The offset in W[o] of the weight of a cell's channel and a tap; −1 outside of the window.</summary>
    private int Place(int cell, int tap)
    {
        var (channel, inCell) = Math.DivRem(cell, _stride * _stride);
        var (h, w) = (tap / Side * _stride + inCell / _stride, tap % Side * _stride + inCell % _stride);
        return h < _kernel && w < _kernel ? (channel * _kernel + h) * _kernel + w : -1;
    }

    /// <summary>
    /// cells[c, a, b][I, J] = big[c][stride·I + a − padding, stride·J + b − padding]. The borders of the big image are stored zeros. Reads beyond a row's end
    /// are written where the next row follows.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Cut(T* big, T* cells)
    {
        var (lanes, shape, height, plane) = (Vector512<T>.Count, Small.Shape, Big.Shape.Size.Height, Small.Shape.Cells);
        for (var channel = 0; channel < Big.Channels; channel++, cells += _stride * _stride * plane)
        {
            var first = big + channel * Big.Shape.Stride + Big.Shape.Origin - _padding;
            for (var h = -_padding; h < _stride * (shape.Size.Height + 1) - _padding; h++)
            {
                var (i, a) = Math.DivRem(h + _padding, _stride);
                T* to = cells + a * _stride * plane + i * shape.Pitch, from = first + h * Big.Shape.Pitch;
                var inside = (uint)h < (uint)height;
                for (var j = 0; j < shape.Pitch; j += lanes, from += _stride * lanes)
                {
                    if (!inside)
                    {
                        Vector512<T>.Zero.Store(to + j);
                        Vector512<T>.Zero.Store(to + j + (_stride - 1) * plane);
                    }
                    else if (_stride == 1)
                    {
                        Vector512.Load(from).Store(to + j);
                    }
                    else
                    {
                        var (even, odd) = Lanes<T>.Unzip(Vector512.Load(from), Vector512.Load(from + lanes));
                        even.Store(to + j);
                        odd.Store(to + j + plane);
                    }
                }
            }
        }
    }

    /// <summary>The inverse: writes each row of the big image from its cells.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Join(T* cells, T* bias, T* big, bool add)
    {
        var (lanes, shape, plane) = (Vector512<T>.Count, Small.Shape, Small.Shape.Cells);
        for (var channel = 0; channel < Big.Channels; channel++, cells += _stride * _stride * plane)
        {
            var term = bias is null ? Vector512<T>.Zero : Vector512.Create(bias[channel]);
            var first = big + channel * Big.Shape.Stride + Big.Shape.Origin - _padding;
            for (var h = 0; h < Big.Shape.Size.Height; h++)
            {
                var (i, a) = Math.DivRem(h + _padding, _stride);
                T* from = cells + a * _stride * plane + i * shape.Pitch, to = first + h * Big.Shape.Pitch;
                // From right to left: the zeros after a row overlap the left end of the next row, which is written later.
                for (var j = (shape.Pitch - 1) / lanes * lanes; j >= 0; j -= lanes)
                {
                    T* inside = _inside.Pointer + _stride * j, at = to + _stride * j;
                    if (_stride == 1)
                    {
                        Put(Vector512.Load(from + j) + term, inside, at, add);
                    }
                    else
                    {
                        var (left, right) = Lanes<T>.Zip(Vector512.Load(from + j) + term, Vector512.Load(from + j + plane) + term);
                        Put(right, inside + lanes, at + lanes, add);
                        Put(left, inside, at, add);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector512<T> row, T* inside, T* to, bool add)
    {
        row = Lanes<T>.Where(Vector512.Load(inside), row);
        (add ? Vector512.Load(to) + row : row).Store(to);
    }
}

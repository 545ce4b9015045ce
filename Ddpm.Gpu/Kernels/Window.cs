using System.Numerics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// A convolution as a relation between a big and a small image: small[o][i] ~ Σ W[o][c][k] · big[c][stride·i + k − padding]. A convolution gathers from big to
/// small and sends gradients back by scattering; a transposed convolution scatters from small to big and sends gradients back by gathering; the gradient
/// of W is one and the same. PyTorch's weights of both are W, small × big × kernel × kernel.
/// Where both sizes agree, and the window is centred, planes are read as they lie. Else the big image is cut into cells of stride × stride pixels,
/// each pixel of a cell a channel of its own: there a window of up to 2·stride is one of 2×2 cells and stride 1.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class Window<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _kernel, _stride, _padding, _taps, _offset;
    private readonly bool _aligned;
    private readonly int[] _gatherTaps, _scatterTaps, _inputs, _places, _placeOf;
    private readonly NativeArray<T> _gather, _scatter;

    /// <summary>Prepares the relation.</summary>
    /// <param name="offset">Where W lies in θ.</param>
    /// <param name="small">Channels and shape of the small image.</param>
    /// <param name="big">Channels and shape of the big image.</param>
    /// <param name="kernel">Height and width of the window.</param>
    /// <param name="stride">Pixels of the big image for each of the small.</param>
    /// <param name="padding">Zeros round the big image.</param>
    /// <exception cref="NotSupportedException">Where the window is neither centred nor of at most 2×2 cells.</exception>
    public Window(int offset, (int Channels, PlaneShape<T> Shape) small, (int Channels, PlaneShape<T> Shape) big, int kernel, int stride, int padding)
    {
        (_offset, Small, Big, _kernel, _stride, _padding) = (offset, small, big, kernel, stride, padding);
        _aligned = stride == 1 && kernel is 1 or 3 && 2 * padding + 1 == kernel;
        _taps = _aligned ? kernel : 2;
        if (!_aligned && (kernel + stride - 1) / stride != 2)
        {
            throw new NotSupportedException(Invariant($"a window of {kernel}×{kernel}, stride {stride} and padding {padding} has no kernel here"));
        }

        var pitch = small.Shape.Pitch;
        var (xStride, shift) = _aligned ? (big.Shape.Stride, -padding * (pitch + 1)) : (small.Shape.Cells, 0);
        _gatherTaps = [.. from r in Enumerable.Range(0, _taps) from q in Enumerable.Range(0, _taps) select r * pitch + q + shift];
        _scatterTaps = [.. _gatherTaps.Select(tap => -tap)];
        _gather = new((long)Blocked(small.Channels) * CellChannels * _gatherTaps.Length);
        _scatter = new((long)Blocked(CellChannels) * small.Channels * _gatherTaps.Length);
        _placeOf = [.. from cell in Enumerable.Range(0, CellChannels) from tap in Enumerable.Range(0, _gatherTaps.Length) select Place(cell, tap)];
        _places = [.. _placeOf.Where(place => place >= 0)];
        _inputs = [.. from i in Enumerable.Range(0, _placeOf.Length)
                      where _placeOf[i] >= 0
                      select i / _gatherTaps.Length * xStride + _gatherTaps[i % _gatherTaps.Length]];
    }

    /// <summary>Channels and shape of the small image.</summary>
    public (int Channels, PlaneShape<T> Shape) Small { get; }

    /// <summary>Channels and shape of the big image.</summary>
    public (int Channels, PlaneShape<T> Shape) Big { get; }

    /// <summary>How many numbers of room an image's cells take; none where planes are read as they lie.</summary>
    public int CellRoom => _aligned ? 0 : CellChannels * Small.Shape.Cells;

    private int CellChannels => Big.Channels * _stride * _stride;

    /// <summary>Puts W into the order in which the kernels read it.</summary>
    /// <param name="theta">θ.</param>
    /// <param name="both">Whether for both directions, or only for the one that <paramref name="gather"/> says.</param>
    /// <param name="gather">Whether small images are computed from big ones.</param>
    public void Pack(T* theta, bool both, bool gather)
    {
        var w = theta + _offset;
        if (both || gather)
        {
            Pack(w, _gather.Pointer, Small.Channels, CellChannels, gathers: true);
        }

        if (both || !gather)
        {
            Pack(w, _scatter.Pointer, CellChannels, Small.Channels, gathers: false);
        }
    }

    /// <summary>small ← bias + W ∗ big, for one image.</summary>
    /// <param name="big">Planes of the big image.</param>
    /// <param name="cells">Room for its cells, where they are needed; they are left there for <see cref="WeightGradient"/>.</param>
    /// <param name="bias">A number for each channel, or null.</param>
    /// <param name="small">Planes of the small image.</param>
    public void Gather(T* big, T* cells, T* bias, T* small)
    {
        var shape = Small.Shape;
        if (!_aligned)
        {
            Cut(big, cells);
        }

        Correlation<T>.Sum(
            _aligned ? big + shape.Origin : cells, _aligned ? shape.Stride : shape.Cells, CellChannels, _gatherTaps, _gather.Pointer, bias, shape.Mask.Pointer + shape.Origin, small + shape.Origin, shape.Stride, Small.Channels, shape.Length);
    }

    /// <summary>big ← bias + Wᵀ ∗ small, for one image.</summary>
    /// <param name="small">Planes of the small image.</param>
    /// <param name="cells">Room for the big image's cells, where they are needed.</param>
    /// <param name="bias">A number for each channel, or null.</param>
    /// <param name="big">Planes of the big image.</param>
    /// <param name="add">Whether to add to what is there. Only where there are cells.</param>
    public void Scatter(T* small, T* cells, T* bias, T* big, bool add)
    {
        var shape = Small.Shape;
        if (_aligned)
        {
            Correlation<T>.Sum(
                small + shape.Origin, shape.Stride, Small.Channels, _scatterTaps, _scatter.Pointer, bias, shape.Mask.Pointer + shape.Origin, big + shape.Origin, shape.Stride,
                Big.Channels, shape.Length);
            return;
        }

        Correlation<T>.Sum(
            small + shape.Origin, shape.Stride, Small.Channels, _scatterTaps, _scatter.Pointer, null, null, cells, shape.Cells, CellChannels, shape.Cells);
        Join(cells, bias, big, add);
    }

    /// <summary>∇W += Σ over images of small × big.</summary>
    /// <param name="small">The small image's planes, or their gradient, of image 0; zero where there is no pixel.</param>
    /// <param name="smallImage">From one image to the next.</param>
    /// <param name="big">The big image's planes, or their gradient, of image 0; where there are cells, those.</param>
    /// <param name="bigImage">From one image to the next.</param>
    /// <param name="images">How many images.</param>
    /// <param name="gradient">Of θ.</param>
    public void WeightGradient(T* small, nint smallImage, T* big, nint bigImage, int images, T* gradient)
    {
        var shape = Small.Shape;
        Correlation<T>.Gradient(
            small + shape.Origin, smallImage, shape.Stride, Small.Channels, _aligned ? big + shape.Origin : big, bigImage, _inputs, images, shape.Vectors,
            gradient + _offset, Big.Channels * _kernel * _kernel, _places);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gather.Dispose();
        _scatter.Dispose();
    }

    private static int Blocked(int outs) => (outs + Correlation<T>.BlockOf(outs) - 1) / Correlation<T>.BlockOf(outs) * Correlation<T>.BlockOf(outs);

    private void Pack(T* w, T* packed, int outs, int channels, bool gathers)
    {
        var (row, taps, block) = (Big.Channels * _kernel * _kernel, _gatherTaps.Length, Correlation<T>.BlockOf(outs));
        for (var first = 0; first < outs; first += block)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                for (var tap = 0; tap < taps; tap++, packed += block)
                {
                    for (var o = 0; o < Math.Min(block, outs - first); o++)
                    {
                        var (small, cell) = gathers ? (first + o, channel) : (channel, first + o);
                        var place = _placeOf[cell * taps + tap];
                        packed[o] = place < 0 ? T.Zero : w[small * row + place];
                    }
                }
            }
        }
    }

    /// <summary>Where the weight of a cell's channel and a tap lies in W[o]; −1 where the window does not reach so far.</summary>
    private int Place(int cell, int tap)
    {
        var (channel, inCell) = Math.DivRem(cell, _stride * _stride);
        var (h, w) = (tap / _taps * _stride + inCell / _stride, tap % _taps * _stride + inCell % _stride);
        return h < _kernel && w < _kernel ? (channel * _kernel + h) * _kernel + w : -1;
    }

    /// <summary>cells[c, a, b][I, J] = big[c][stride·I + a − padding, stride·J + b − padding].</summary>
    private void Cut(T* big, T* cells)
    {
        var (shape, size) = (Small.Shape, Big.Shape.Size);
        for (var cell = 0; cell < CellChannels; cell++, cells += shape.Cells)
        {
            var (channel, inCell) = Math.DivRem(cell, _stride * _stride);
            var plane = big + channel * Big.Shape.Stride + Big.Shape.Origin;
            var (top, left) = (inCell / _stride - _padding, inCell % _stride - _padding);
            for (var i = 0; i <= shape.Size; i++)
            {
                var h = _stride * i + top;
                var row = new Span<T>(cells + i * shape.Pitch, shape.Pitch);
                if ((uint)h >= (uint)size)
                {
                    row.Clear();
                    continue;
                }

                var pixels = new ReadOnlySpan<T>(plane + h * Big.Shape.Pitch, size);
                var w = left;
                for (var j = 0; j < row.Length; j++, w += _stride)
                {
                    row[j] = (uint)w < (uint)pixels.Length ? pixels[w] : T.Zero;
                }
            }
        }
    }

    /// <summary>The way back: each pixel of the big image from its cell.</summary>
    private void Join(T* cells, T* bias, T* big, bool add)
    {
        var shape = Big.Shape;
        for (var channel = 0; channel < Big.Channels; channel++)
        {
            var term = bias is null ? T.Zero : bias[channel];
            var plane = big + channel * shape.Stride + shape.Origin;
            for (var h = 0; h < shape.Size; h++)
            {
                var (i, a) = Math.DivRem(h + _padding, _stride);
                for (var b = 0; b < _stride; b++)
                {
                    var cell = cells + ((channel * _stride + a) * _stride + b) * Small.Shape.Cells + i * Small.Shape.Pitch;
                    var w = b - _padding;
                    for (var j = 0; w < shape.Size; j++, w += _stride)
                    {
                        if (w >= 0)
                        {
                            var value = cell[j] + term;
                            plane[h * shape.Pitch + w] = add ? plane[h * shape.Pitch + w] + value : value;
                        }
                    }
                }
            }
        }
    }
}

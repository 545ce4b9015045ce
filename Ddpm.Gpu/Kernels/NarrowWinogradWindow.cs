using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// <see cref="WinogradWindow{T}"/> with bfloat16 products: it rounds cells, parts and weights to bfloat16 pairs of channels, in half the memory.
/// Everything else is float32.
/// </summary>
internal sealed unsafe class NarrowWinogradWindow : Window<float>
{
    private const int Parts = WinogradRows<float>.Parts, Kernel = WinogradRows<float>.Kernel, Pair = 2;

    private readonly WinogradRows<float> _rows;
    private readonly int _offset, _vectors;
    private readonly WeightBlocks<uint>[] _gather, _scatter;
    private readonly int[] _places;

    /// <summary>Prepares the window.</summary>
    /// <param name="offset">The offset of W in θ.</param>
    /// <param name="small">The channels, an even number, and the shape of the small image.</param>
    /// <param name="big">The channels, an even number, and the shape of the big image, which equals the small image's.</param>
    public NarrowWinogradWindow(int offset, (int Channels, PlaneShape<float> Shape) small, (int Channels, PlaneShape<float> Shape) big)
        : base(small, big)
    {
        (_offset, _rows) = (offset, new(big.Shape));
        _vectors = _rows.Length / Lanes<float>.Count;
        _gather = [.. Enumerable.Range(0, Parts).Select(_ => new WeightBlocks<uint>(small.Channels, big.Channels / Pair, Kernel))];
        _scatter = [.. Enumerable.Range(0, Parts).Select(_ => new WeightBlocks<uint>(big.Channels, small.Channels / Pair, Kernel))];
        _places = new int[small.Channels * big.Channels * Kernel];
        for (var i = 0; i < _places.Length; i++)
        {
            var (channels, tap) = Math.DivRem(i, Kernel);
            var (o, c) = Math.DivRem(channels, big.Channels);
            _places[Bfloat16Pairs.PlaceOfProduct(small.Channels / Pair, big.Channels / Pair, o, c, tap)] = channels * Kernel * Kernel + tap;
        }
    }

    /// <inheritdoc/>
    public override int CellRoom => Cells(Big.Channels);

    /// <inheritdoc/>
    public override int PartRoom => Parts * Small.Channels / Pair * _rows.SumPlane;

    /// <inheritdoc/>
    public override long Scratch =>
        Math.Max(Parts * Made + Sums, Cells(Small.Channels) + Parts * Math.Max(Small.Channels, Big.Channels) * _rows.SumPlane) + _rows.Slack;

    private int Made => WinogradRows<float>.MadeOf(_places.Length);

    private int Sums => Bfloat16Pairs.RoomForSums(Big.Channels / Pair) * Lanes<float>.Count;

    /// <summary>Whether this window exists for channels and a shape, and saves time. Pairs need even channel counts.</summary>
    public static bool Pays(int small, int big, PlaneShape<float> shape) => WinogradRows<float>.Pays(small, big, shape) && small % Pair == 0 && big % Pair == 0;

    /// <inheritdoc/>
    public override void Pack(float* theta)
    {
        var w = theta + _offset;
        for (var o = 0; o < Small.Channels; o++)
        {
            for (var c = 0; c < Big.Channels; c++, w += Kernel * Kernel)
            {
                for (var tap = 0; tap < Kernel; tap++)
                {
                    // Scattering reverses the order of the taps.
                    var (gather, scatter) = (_gather[0].Place(o, c / Pair, tap), _scatter[0].Place(c, o / Pair, Kernel - 1 - tap));
                    float upper = w[tap], middle = w[Kernel + tap], lower = w[2 * Kernel + tap];
                    for (var k = 0; k < Parts; k++)
                    {
                        Bfloat16Pairs.Round(WinogradRows<float>.Weight(k, upper, middle, lower), _gather[k].Pointer, gather, c % Pair);
                        Bfloat16Pairs.Round(WinogradRows<float>.Weight(k, lower, middle, upper), _scatter[k].Pointer, scatter, o % Pair);
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Gather(float* big, float* cells, float* scratch, float* bias, float* small)
    {
        _rows.CutPairs(big + Big.Shape.Origin, Big.Channels, (uint*)cells);
        SumParts((uint*)cells, Big.Channels, _gather, scratch, Small.Channels);
        _rows.Join(scratch, Small.Channels, bias, small + Small.Shape.Origin, add: false);
    }

    /// <inheritdoc/>
    public override void Scatter(float* small, float* scratch, float* bias, float* big, bool add)
    {
        var sums = scratch + Cells(Small.Channels);
        _rows.CutPairs(small + Small.Shape.Origin, Small.Channels, (uint*)scratch);
        SumParts((uint*)scratch, Small.Channels, _scatter, sums, Big.Channels);
        _rows.Join(sums, Big.Channels, bias, big + Big.Shape.Origin, add);
    }

    /// <inheritdoc/>
    public override void Part(float* small, float* parts) => _rows.PartPairs(small + Small.Shape.Origin, Small.Channels, (uint*)parts);

    /// <inheritdoc/>
    public override void WeightGradient(float* small, nint smallImage, float* big, nint bigImage, int images, float* scratch, float* gradient)
    {
        var (outs, ins) = (Small.Channels / Pair, Big.Channels / Pair);
        if (images % 2 == 1)
        {
            // The products take images in pairs.
            new Span<float>(small + images * smallImage, PartRoom).Clear();
            new Span<float>(big + images * bigImage, CellRoom).Clear();
        }

        for (var k = 0; k < Parts; k++)
        {
            Bfloat16Pairs.Products(
                (uint*)small + k * outs * _rows.SumPlane, smallImage, _rows.SumPlane, outs,
                (uint*)big + k * ins * _rows.CellPlane + Lanes<float>.Count, bigImage, _rows.CellPlane, ins, images + images % 2, _vectors,
                (Vector512<float>*)(scratch + Parts * Made), scratch + k * Made);
        }

        WinogradRows<float>.Fold(scratch, _places, gradient + _offset);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var weights in (WeightBlocks<uint>[])[.. _gather, .. _scatter])
        {
            weights.Dispose();
        }

        _rows.Dispose();
    }

    private int Cells(int channels) => Parts * channels / Pair * _rows.CellPlane;

    private void SumParts(uint* cells, int channels, WeightBlocks<uint>[] w, float* sums, int outs)
    {
        for (var k = 0; k < Parts; k++)
        {
            Bfloat16Pairs.Sum(
                cells + k * channels / Pair * _rows.CellPlane + Lanes<float>.Count, _rows.CellPlane, channels / Pair, w[k].Pointer,
                sums + k * outs * _rows.SumPlane, _rows.SumPlane, outs, _vectors);
        }
    }
}

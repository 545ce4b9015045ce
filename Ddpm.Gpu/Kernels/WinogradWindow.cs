using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// A centred 3×3 window in half the products, by Winograd's F(4, 3) down the columns (Lavin and Gray 2016, section 4): four rows of the result are Aᵀ[(G·w)⊙(Bᵀ·d)] of the six
/// rows d that they see, where a product of rows is a window of one row, which <see cref="Correlation{T}"/> slides along them. Rows lie as they are, so that vectors run along
/// pixels here too. A plane's cells are the six rows Bᵀ·d of each four, one behind another: part k of all planes, then part k + 1.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class WinogradWindow<T> : Window<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Parts = 6, Rows = 4, Kernel = 3, FewestChannels = 8;

    /// <summary>G: what each part takes of a column of the window, for the points 0, ±1, ±2 and ∞.</summary>
    private static readonly T[][] Factors =
    [
        [Fraction(1, 4), T.Zero, T.Zero],
        [Fraction(-1, 6), Fraction(-1, 6), Fraction(-1, 6)],
        [Fraction(-1, 6), Fraction(1, 6), Fraction(-1, 6)],
        [Fraction(1, 24), Fraction(1, 12), Fraction(1, 6)],
        [Fraction(1, 24), Fraction(-1, 12), Fraction(1, 6)],
        [T.Zero, T.Zero, T.One],
    ];

    private static readonly int[] Taps = [-1, 0, 1], TurnedTaps = [1, 0, -1];

    private readonly int _offset, _tiles, _row, _length, _cellPlane, _sumPlane;
    private readonly int[] _inputs;
    private readonly WeightBlocks<T>[] _gather, _scatter;
    private readonly NativeArray<T> _nothing, _inside; // a row of zeros, and one of 1 for each pixel and 0 behind

    /// <summary>Prepares the relation.</summary>
    /// <param name="offset">Where W lies in θ.</param>
    /// <param name="small">Channels and shape of the small image.</param>
    /// <param name="big">Channels and shape of the big image, the same shape.</param>
    public WinogradWindow(int offset, (int Channels, PlaneShape<T> Shape) small, (int Channels, PlaneShape<T> Shape) big)
        : base(small, big)
    {
        var (shape, lanes) = (big.Shape, Lanes<T>.Count);
        (_offset, _tiles, _row) = (offset, Tiles(shape), PlaneShape<T>.Up(shape.Pitch, lanes));
        _length = Length(shape);
        _sumPlane = PlaneShape<T>.Up((_tiles - 1) * shape.Pitch + _row, lanes);
        _cellPlane = lanes + _sumPlane; // a border before the first row
        _gather = [.. Enumerable.Range(0, Parts).Select(_ => new WeightBlocks<T>(small.Channels, big.Channels, Kernel))];
        _scatter = [.. Enumerable.Range(0, Parts).Select(_ => new WeightBlocks<T>(big.Channels, small.Channels, Kernel))];
        _inputs = [.. from c in Enumerable.Range(0, big.Channels) from tap in Taps select c * _cellPlane + tap];
        (_nothing, _inside) = (new(_row), new(_row));
        _inside.From(0)[..shape.Size].Fill(T.One);
    }

    /// <inheritdoc/>
    public override int CellRoom => Parts * Big.Channels * _cellPlane;

    /// <inheritdoc/>
    public override int PartRoom => Parts * Small.Channels * _sumPlane;

    /// <inheritdoc/>
    public override long Scratch => Math.Max(Parts * Made, Parts * (Small.Channels * _cellPlane + Math.Max(Small.Channels, Big.Channels) * _sumPlane)) + 2 * _row;

    /// <summary>How many products a part's gradient is of, up to whole vectors.</summary>
    private int Made => PlaneShape<T>.Up(Small.Channels * _inputs.Length, Lanes<T>.Count);

    /// <summary>Whether it takes clearly fewer products than the window as it is: not of few channels, among which its additions are divided, nor of few rows.</summary>
    public static bool Pays(int small, int big, PlaneShape<T> shape) =>
        Math.Min(small, big) >= FewestChannels && 4 * Parts * Kernel * Length(shape) <= 3 * Kernel * Kernel * shape.Length;

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
                        var factors = Factors[k];
                        _gather[k].Pointer[gather] = factors[0] * upper + factors[1] * middle + factors[2] * lower;
                        _scatter[k].Pointer[scatter] = factors[0] * lower + factors[1] * middle + factors[2] * upper;
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void Gather(T* big, T* cells, T* scratch, T* bias, T* small)
    {
        Cut(big + Big.Shape.Origin, Big.Channels, cells);
        Sums(cells, Big.Channels, Taps, _gather, scratch, Small.Channels);
        Join(scratch, Small.Channels, bias, small + Small.Shape.Origin, add: false);
    }

    /// <inheritdoc/>
    public override void Scatter(T* small, T* scratch, T* bias, T* big, bool add)
    {
        var sums = scratch + Parts * Small.Channels * _cellPlane;
        Cut(small + Small.Shape.Origin, Small.Channels, scratch);
        Sums(scratch, Small.Channels, TurnedTaps, _scatter, sums, Big.Channels);
        Join(sums, Big.Channels, bias, big + Big.Shape.Origin, add);
    }

    /// <summary>The way of gradients back through <see cref="Join"/>: six rows A·dy for each four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Part(T* small, T* parts)
    {
        var (lanes, part) = (Vector512<T>.Count, Small.Channels * _sumPlane);
        Vector512<T> two = Number(2), four = Number(4);
        var planes = small + Small.Shape.Origin;
        for (var o = 0; o < Small.Channels; o++, planes += Small.Shape.Stride, parts += _sumPlane)
        {
            for (var k = 0; k < Parts; k++)
            {
                Vector512<T>.Zero.Store(parts + k * part + _sumPlane - lanes); // what no row reaches
            }

            var to = parts;
            for (var tile = 0; tile < _tiles; tile++, to += Big.Shape.Pitch)
            {
                T* r0 = Row(planes, Rows * tile), r1 = Row(planes, Rows * tile + 1), r2 = Row(planes, Rows * tile + 2), r3 = Row(planes, Rows * tile + 3);
                for (var i = 0; i < _row; i += lanes)
                {
                    var inside = Vector512.Load(_inside.Pointer + i);
                    Vector512<T> y0 = Lanes<T>.Where(inside, Vector512.Load(r0 + i)), y1 = Lanes<T>.Where(inside, Vector512.Load(r1 + i));
                    Vector512<T> y2 = Lanes<T>.Where(inside, Vector512.Load(r2 + i)), y3 = Lanes<T>.Where(inside, Vector512.Load(r3 + i));
                    Vector512<T> even = y0 + y2, odd = y1 + y3, far = Lanes<T>.MultiplyAdd(y2, four, y0), near = two * Lanes<T>.MultiplyAdd(y3, four, y1);
                    y0.Store(to + i);
                    (even + odd).Store(to + part + i);
                    (even - odd).Store(to + 2 * part + i);
                    (far + near).Store(to + 3 * part + i);
                    (far - near).Store(to + 4 * part + i);
                    y3.Store(to + 5 * part + i);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override void WeightGradient(T* small, nint smallImage, T* big, nint bigImage, int images, T* scratch, T* gradient)
    {
        for (var k = 0; k < Parts; k++)
        {
            Correlation<T>.Products(
                small + k * Small.Channels * _sumPlane, smallImage, _sumPlane, Small.Channels, big + k * Big.Channels * _cellPlane + Lanes<T>.Count, bigImage, _inputs, images, _length,
                scratch + k * Made);
        }

        Fold(scratch, gradient + _offset);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var weights in (WeightBlocks<T>[])[.. _gather, .. _scatter])
        {
            weights.Dispose();
        }

        _nothing.Dispose();
        _inside.Dispose();
    }


    private static int Tiles(PlaneShape<T> shape) => (shape.Size + Rows - 1) / Rows;

    private static int Length(PlaneShape<T> shape) => PlaneShape<T>.Up(Tiles(shape) * shape.Pitch, Lanes<T>.Count);

    private static T Fraction(int a, int b) => T.CreateChecked(a) / T.CreateChecked(b);

    private void Sums(T* cells, int channels, int[] taps, WeightBlocks<T>[] w, T* sums, int outs)
    {
        for (var k = 0; k < Parts; k++)
        {
            Correlation<T>.Sum(
                cells + k * channels * _cellPlane + Lanes<T>.Count, _cellPlane, channels, taps, w[k].Pointer, null, null, sums + k * outs * _sumPlane, _sumPlane, outs, _length);
        }
    }

    /// <summary>The pixels of a row, or zeros where there is none.</summary>
    private T* Row(T* plane, int row) => (uint)row < (uint)Big.Shape.Size ? plane + row * Big.Shape.Pitch : _nothing.Pointer;

    /// <summary>The six rows Bᵀ·d of each four rows of planes, from the row before them to the row behind them. What lies behind a row is overwritten by the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Cut(T* planes, int channels, T* cells)
    {
        var (lanes, part) = (Vector512<T>.Count, channels * _cellPlane);
        Vector512<T> two = Number(2), four = Number(4), minusFour = Number(-4), minusFive = Number(-5);
        for (var c = 0; c < channels; c++, planes += Big.Shape.Stride, cells += _cellPlane)
        {
            for (var k = 0; k < Parts; k++)
            {
                Vector512<T>.Zero.Store(cells + k * part);
            }

            var to = cells + lanes;
            for (var tile = 0; tile < _tiles; tile++, to += Big.Shape.Pitch)
            {
                var first = Rows * tile - 1;
                T* r0 = Row(planes, first), r1 = Row(planes, first + 1), r2 = Row(planes, first + 2), r3 = Row(planes, first + 3), r4 = Row(planes, first + 4), r5 = Row(planes, first + 5);
                for (var i = 0; i < _row; i += lanes)
                {
                    Vector512<T> d1 = Vector512.Load(r1 + i), d2 = Vector512.Load(r2 + i), d3 = Vector512.Load(r3 + i), d4 = Vector512.Load(r4 + i);
                    Vector512<T> even = Lanes<T>.MultiplyAdd(d2, minusFour, d4), odd = Lanes<T>.MultiplyAdd(d1, minusFour, d3);
                    Vector512<T> outer = d4 - d2, inner = two * (d3 - d1);
                    Lanes<T>.MultiplyAdd(Vector512.Load(r0 + i), four, Lanes<T>.MultiplyAdd(d2, minusFive, d4)).Store(to + i);
                    (even + odd).Store(to + part + i);
                    (even - odd).Store(to + 2 * part + i);
                    (outer + inner).Store(to + 3 * part + i);
                    (outer - inner).Store(to + 4 * part + i);
                    Lanes<T>.MultiplyAdd(d1, four, Lanes<T>.MultiplyAdd(d3, minusFive, Vector512.Load(r5 + i))).Store(to + 5 * part + i);
                }
            }
        }
    }

    /// <summary>Each four rows of planes from their six rows of sums: Aᵀ·m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Join(T* sums, int outs, T* bias, T* planes, bool add)
    {
        var (lanes, part, size, pitch) = (Vector512<T>.Count, outs * _sumPlane, Big.Shape.Size, Big.Shape.Pitch);
        Vector512<T> two = Number(2), four = Number(4), eight = Number(8);
        for (var o = 0; o < outs; o++, planes += Big.Shape.Stride, sums += _sumPlane)
        {
            var term = bias is null ? Vector512<T>.Zero : Vector512.Create(bias[o]);
            var from = sums;
            for (var tile = 0; tile < _tiles; tile++, from += Big.Shape.Pitch)
            {
                var rows = Math.Min(Rows, size - Rows * tile);
                // From right to left: the zeros behind a row fall on the left end of the next, which is written after them.
                for (var i = _row - lanes; i >= 0; i -= lanes)
                {
                    Vector512<T> m1 = Vector512.Load(from + part + i), m2 = Vector512.Load(from + 2 * part + i), m3 = Vector512.Load(from + 3 * part + i), m4 = Vector512.Load(from + 4 * part + i);
                    Vector512<T> a = m1 + m2, b = m1 - m2 + term, c = m3 + m4, d = m3 - m4;
                    var inside = Vector512.Load(_inside.Pointer + i);
                    var to = planes + Rows * tile * pitch + i;
                    Put(Vector512.Load(from + i) + term + a + c, inside, to, add);
                    if (rows > 1)
                    {
                        Put(Lanes<T>.MultiplyAdd(d, two, b), inside, to + pitch, add);
                    }

                    if (rows > 2)
                    {
                        Put(Lanes<T>.MultiplyAdd(c, four, a + term), inside, to + 2 * pitch, add);
                    }

                    if (rows > 3)
                    {
                        Put(Lanes<T>.MultiplyAdd(d, eight, b) + Vector512.Load(from + 5 * part + i), inside, to + 3 * pitch, add);
                    }
                }
            }
        }
    }

    /// <summary>The gradient of W from those of G·w: Gᵀ of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Fold(T* made, T* gradient)
    {
        var (lanes, count) = (Vector512<T>.Count, Small.Channels * _inputs.Length);
        Vector512<T> quarter = Vector512.Create(Factors[0][0]), sixth = Vector512.Create(Factors[1][0]);
        Vector512<T> part24 = Vector512.Create(Factors[3][0]), part12 = Vector512.Create(Factors[3][1]), part6 = Vector512.Create(Factors[3][2]);
        var rows = stackalloc T[Kernel * Vector512<T>.Count];
        for (var first = 0; first < count; first += lanes)
        {
            var at = made + first;
            Vector512<T> m1 = Vector512.Load(at + Made), m2 = Vector512.Load(at + 2 * Made), m3 = Vector512.Load(at + 3 * Made), m4 = Vector512.Load(at + 4 * Made);
            Vector512<T> outer = sixth * (m1 + m2), inner = m3 + m4;
            Lanes<T>.MultiplyAdd(quarter, Vector512.Load(at), Lanes<T>.MultiplyAdd(part24, inner, outer)).Store(rows);
            Lanes<T>.MultiplyAdd(sixth, m1 - m2, part12 * (m3 - m4)).Store(rows + lanes);
            (Lanes<T>.MultiplyAdd(part6, inner, outer) + Vector512.Load(at + 5 * Made)).Store(rows + 2 * lanes);
            for (var i = first; i < Math.Min(count, first + lanes); i++)
            {
                var (channel, tap) = Math.DivRem(i, Kernel);
                var weights = gradient + channel * Kernel * Kernel + tap;
                for (var row = 0; row < Kernel; row++)
                {
                    weights[Kernel * row] += rows[row * lanes + i - first];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector512<T> row, Vector512<T> inside, T* to, bool add)
    {
        row = Lanes<T>.Where(inside, row);
        (add ? Vector512.Load(to) + row : row).Store(to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Number(int value) => Vector512.Create(T.CreateTruncating(value));
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// Winograd's F(4, 3) down the columns of planes (Lavin and Gray 2016, section 4): four output rows of a 3×3 window are Aᵀ[(G·w)⊙(Bᵀ·d)], with d the six
/// input rows that they depend on. A product of rows is a window of one row. The layout of rows is unchanged, so vectors run along pixels here too. The cells
/// of a plane are the six rows Bᵀ·d for each four output rows: part k of all planes, then part k + 1.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed unsafe class WinogradRows<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The input rows of four output rows.</summary>
    public const int Parts = 6;

    /// <summary>Height and width of the window.</summary>
    public const int Kernel = 3;

    private const int Rows = 4, FewestChannels = 8;

    /// <summary>G: the coefficients of each part for a column of the window, for the points 0, ±1, ±2 and ∞.</summary>
    private static readonly T[][] Factors =
    [
        [Fraction(1, 4), T.Zero, T.Zero],
        [Fraction(-1, 6), Fraction(-1, 6), Fraction(-1, 6)],
        [Fraction(-1, 6), Fraction(1, 6), Fraction(-1, 6)],
        [Fraction(1, 24), Fraction(1, 12), Fraction(1, 6)],
        [Fraction(1, 24), Fraction(-1, 12), Fraction(1, 6)],
        [T.Zero, T.Zero, T.One],
    ];

    private readonly PlaneShape<T> _shape;
    private readonly int _tiles, _row;
    private readonly NativeArray<T> _nothing, _inside; // a row of zeros, and a row with 1 for each pixel and 0 after them

    /// <summary>The transform for planes of a shape.</summary>
    public WinogradRows(PlaneShape<T> shape)
    {
        var lanes = Lanes<T>.Count;
        (_shape, _tiles, _row) = (shape, Tiles(shape), PlaneShape<T>.Up(shape.Pitch, lanes));
        Length = LengthOf(shape);
        SumPlane = PlaneShape<T>.Up((_tiles - 1) * shape.Pitch + _row, lanes);
        CellPlane = lanes + SumPlane; // a border before the first row
        (_nothing, _inside) = (new(_row), new(_row));
        _inside.From(0)[..shape.Size.Width].Fill(T.One);
    }

    /// <summary>The numbers to compute in a part of a plane: all its rows, rounded up to whole vectors.</summary>
    public int Length { get; }

    /// <summary>The stride between planes of cells.</summary>
    public int CellPlane { get; }

    /// <summary>The stride between planes of sums.</summary>
    public int SumPlane { get; }

    /// <summary>The numbers that kernels may read beyond the end.</summary>
    public int Slack => 2 * _row;

    /// <summary>Whether the transform clearly saves time. With few channels its additions cost too much, and with few rows it saves too little.</summary>
    public static bool Pays(int small, int big, PlaneShape<T> shape) =>
        Math.Min(small, big) >= FewestChannels && 4 * Parts * Kernel * LengthOf(shape) <= 3 * Kernel * Kernel * shape.Length;

    /// <summary>The number of G·w for each part, from the three weights of a column of the window.</summary>
    public static T Weight(int part, T upper, T middle, T lower) => Factors[part][0] * upper + Factors[part][1] * middle + Factors[part][2] * lower;

    /// <summary>The stride between the gradients of two parts, rounded up to whole vectors.</summary>
    public static int MadeOf(int count) => PlaneShape<T>.Up(count, Lanes<T>.Count);

    /// <summary>
    /// Computes the six rows Bᵀ·d for each four rows, from the row before them to the row after them. The next row overwrites the numbers after a row.
    /// </summary>
    /// <param name="planes">The planes, from their first pixel.</param>
    /// <param name="count">The number of planes.</param>
    /// <param name="cells">Receives their cells.</param>
    public void Cut(T* planes, int count, T* cells) => Make<Seen>(planes, count, cells, CellPlane, Lanes<T>.Count);

    /// <summary>The same, rounded to bfloat16 pairs of two planes, for <see cref="Bfloat16Pairs"/>.</summary>
    /// <param name="planes">The planes, from their first pixel.</param>
    /// <param name="count">The number of planes, even.</param>
    /// <param name="cells">Receives their cells.</param>
    public void CutPairs(T* planes, int count, uint* cells) => MakePairs<Seen>(planes, count, cells, CellPlane, Lanes<T>.Count);

    /// <summary>The gradient of <see cref="Join"/>: six rows A·dy for each four rows.</summary>
    /// <param name="planes">The planes, from their first pixel.</param>
    /// <param name="count">The number of planes.</param>
    /// <param name="parts">Receives their parts.</param>
    public void Part(T* planes, int count, T* parts) => Make<Made>(planes, count, parts, SumPlane, 0);

    /// <summary>The same, rounded to bfloat16 pairs of two planes.</summary>
    /// <param name="planes">The planes, from their first pixel.</param>
    /// <param name="count">The number of planes, even.</param>
    /// <param name="parts">Receives their parts.</param>
    public void PartPairs(T* planes, int count, uint* parts) => MakePairs<Made>(planes, count, parts, SumPlane, 0);

    /// <summary>Computes each four output rows from their six rows of sums: Aᵀ·m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Join(T* sums, int outs, T* bias, T* planes, bool add)
    {
        var (lanes, part, height, pitch) = (Vector512<T>.Count, outs * SumPlane, _shape.Size.Height, _shape.Pitch);
        Vector512<T> two = Number(2), four = Number(4), eight = Number(8);
        for (var o = 0; o < outs; o++, planes += _shape.Stride, sums += SumPlane)
        {
            var term = bias is null ? Vector512<T>.Zero : Vector512.Create(bias[o]);
            var from = sums;
            for (var tile = 0; tile < _tiles; tile++, from += _shape.Pitch)
            {
                var rows = Math.Min(Rows, height - Rows * tile);
                // From right to left: the zeros after a row overlap the left end of the next row, which is written later.
                for (var i = _row - lanes; i >= 0; i -= lanes)
                {
                    Vector512<T> m1 = Vector512.Load(from + part + i), m2 = Vector512.Load(from + 2 * part + i);
                    Vector512<T> m3 = Vector512.Load(from + 3 * part + i), m4 = Vector512.Load(from + 4 * part + i);
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

    /// <summary>∇W += Gᵀ·∇(G·w).</summary>
    /// <param name="made">The gradients of all parts, with stride <see cref="MadeOf"/>.</param>
    /// <param name="places">The offset in W of the first row's weight, for each gradient.</param>
    /// <param name="gradient">The gradient of W.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Fold(T* made, int[] places, T* gradient)
    {
        var (lanes, count, part) = (Vector512<T>.Count, places.Length, MadeOf(places.Length));
        Vector512<T> quarter = Vector512.Create(Factors[0][0]), sixth = Vector512.Create(Factors[1][0]);
        Vector512<T> part24 = Vector512.Create(Factors[3][0]), part12 = Vector512.Create(Factors[3][1]), part6 = Vector512.Create(Factors[3][2]);
        var rows = stackalloc T[Kernel * Vector512<T>.Count];
        for (var first = 0; first < count; first += lanes)
        {
            var at = made + first;
            Vector512<T> m1 = Vector512.Load(at + part), m2 = Vector512.Load(at + 2 * part);
            Vector512<T> m3 = Vector512.Load(at + 3 * part), m4 = Vector512.Load(at + 4 * part);
            Vector512<T> outer = sixth * (m1 + m2), inner = m3 + m4;
            Lanes<T>.MultiplyAdd(quarter, Vector512.Load(at), Lanes<T>.MultiplyAdd(part24, inner, outer)).Store(rows);
            Lanes<T>.MultiplyAdd(sixth, m1 - m2, part12 * (m3 - m4)).Store(rows + lanes);
            (Lanes<T>.MultiplyAdd(part6, inner, outer) + Vector512.Load(at + 5 * part)).Store(rows + 2 * lanes);
            for (var i = first; i < Math.Min(count, first + lanes); i++)
            {
                var weights = gradient + places[i];
                for (var row = 0; row < Kernel; row++)
                {
                    weights[Kernel * row] += rows[row * lanes + i - first];
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _nothing.Dispose();
        _inside.Dispose();
    }

    private static int Tiles(PlaneShape<T> shape) => (shape.Size.Height + Rows - 1) / Rows;

    private static int LengthOf(PlaneShape<T> shape) => PlaneShape<T>.Up(Tiles(shape) * shape.Pitch, Lanes<T>.Count);

    private static T Fraction(int a, int b) => T.CreateChecked(a) / T.CreateChecked(b);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Make<M>(T* planes, int count, T* made, int plane, int border)
        where M : struct, IMakeSix
    {
        var (lanes, part) = (Vector512<T>.Count, count * plane);
        for (var c = 0; c < count; c++, planes += _shape.Stride, made += plane)
        {
            var to = Begin(made, plane, part) + border;
            for (var tile = 0; tile < _tiles; tile++, to += _shape.Pitch)
            {
                var rows = Six(planes, tile);
                for (var i = 0; i < _row; i += lanes)
                {
                    M.Make(rows, i, _inside.Pointer, out var m0, out var m1, out var m2, out var m3, out var m4, out var m5);
                    m0.Store(to + i);
                    m1.Store(to + part + i);
                    m2.Store(to + 2 * part + i);
                    m3.Store(to + 3 * part + i);
                    m4.Store(to + 4 * part + i);
                    m5.Store(to + 5 * part + i);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void MakePairs<M>(T* planes, int count, uint* made, int plane, int border)
        where M : struct, IMakeSix
    {
        var (lanes, part) = (Vector512<T>.Count, count / 2 * plane);
        for (var c = 0; c < count; c += 2, planes += 2 * _shape.Stride, made += plane)
        {
            var to = Begin(made, plane, part) + border;
            for (var tile = 0; tile < _tiles; tile++, to += _shape.Pitch)
            {
                Rows6 first = Six(planes, tile), second = Six(planes + _shape.Stride, tile);
                for (var i = 0; i < _row; i += lanes)
                {
                    M.Make(first, i, _inside.Pointer, out var a0, out var a1, out var a2, out var a3, out var a4, out var a5);
                    M.Make(second, i, _inside.Pointer, out var b0, out var b1, out var b2, out var b3, out var b4, out var b5);
                    Pairs(a0, b0).Store(to + i);
                    Pairs(a1, b1).Store(to + part + i);
                    Pairs(a2, b2).Store(to + 2 * part + i);
                    Pairs(a3, b3).Store(to + 3 * part + i);
                    Pairs(a4, b4).Store(to + 4 * part + i);
                    Pairs(a5, b5).Store(to + 5 * part + i);
                }
            }
        }
    }

    /// <summary>The six input rows of four output rows: the row before, the four rows, the row after.</summary>
    private readonly struct Rows6(T* r0, T* r1, T* r2, T* r3, T* r4, T* r5)
    {
        public readonly T* R0 = r0, R1 = r1, R2 = r2, R3 = r3, R4 = r4, R5 = r5;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Rows6 Six(T* plane, int tile)
    {
        var first = Rows * tile - 1;
        return new(Row(plane, first), Row(plane, first + 1), Row(plane, first + 2), Row(plane, first + 3), Row(plane, first + 4), Row(plane, first + 5));
    }

    /// <summary>Clears both ends of a plane's parts, which no row reaches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static N* Begin<N>(N* planes, int plane, int part)
        where N : unmanaged
    {
        var lanes = Vector512<N>.Count;
        for (var k = 0; k < Parts; k++)
        {
            Vector512<N>.Zero.Store(planes + k * part);
            Vector512<N>.Zero.Store(planes + k * part + plane - lanes);
        }

        return planes;
    }

    /// <summary>Computes a vector of each of six rows from vectors of the six input rows.</summary>
    private interface IMakeSix
    {
        static abstract void Make(
            Rows6 rows,
            int i,
            T* inside,
            out Vector512<T> m0,
            out Vector512<T> m1,
            out Vector512<T> m2,
            out Vector512<T> m3,
            out Vector512<T> m4,
            out Vector512<T> m5);
    }

    /// <summary>Bᵀ·d.</summary>
    private readonly struct Seen : IMakeSix
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Make(
            Rows6 rows,
            int i,
            T* inside,
            out Vector512<T> m0,
            out Vector512<T> m1,
            out Vector512<T> m2,
            out Vector512<T> m3,
            out Vector512<T> m4,
            out Vector512<T> m5)
        {
            Vector512<T> four = Number(4), minusFour = Number(-4), minusFive = Number(-5);
            Vector512<T> d1 = Vector512.Load(rows.R1 + i), d2 = Vector512.Load(rows.R2 + i), d3 = Vector512.Load(rows.R3 + i), d4 = Vector512.Load(rows.R4 + i);
            Vector512<T> even = Lanes<T>.MultiplyAdd(d2, minusFour, d4), odd = Lanes<T>.MultiplyAdd(d1, minusFour, d3);
            Vector512<T> outer = d4 - d2, inner = Number(2) * (d3 - d1);
            m0 = Lanes<T>.MultiplyAdd(Vector512.Load(rows.R0 + i), four, Lanes<T>.MultiplyAdd(d2, minusFive, d4));
            (m1, m2, m3, m4) = (even + odd, even - odd, outer + inner, outer - inner);
            m5 = Lanes<T>.MultiplyAdd(d1, four, Lanes<T>.MultiplyAdd(d3, minusFive, Vector512.Load(rows.R5 + i)));
        }
    }

    /// <summary>A·dy of the four rows, without the numbers after their ends.</summary>
    private readonly struct Made : IMakeSix
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Make(
            Rows6 rows,
            int i,
            T* inside,
            out Vector512<T> m0,
            out Vector512<T> m1,
            out Vector512<T> m2,
            out Vector512<T> m3,
            out Vector512<T> m4,
            out Vector512<T> m5)
        {
            var here = Vector512.Load(inside + i);
            Vector512<T> y1 = Lanes<T>.Where(here, Vector512.Load(rows.R2 + i)), y2 = Lanes<T>.Where(here, Vector512.Load(rows.R3 + i)), four = Number(4);
            m0 = Lanes<T>.Where(here, Vector512.Load(rows.R1 + i));
            m5 = Lanes<T>.Where(here, Vector512.Load(rows.R4 + i));
            Vector512<T> even = m0 + y2, odd = y1 + m5, far = Lanes<T>.MultiplyAdd(y2, four, m0), near = Number(2) * Lanes<T>.MultiplyAdd(m5, four, y1);
            (m1, m2, m3, m4) = (even + odd, even - odd, far + near, far - near);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Pairs(Vector512<T> first, Vector512<T> second) => Bfloat16Pairs.Round(first.As<T, float>(), second.As<T, float>());

    /// <summary>The pixels of a row, or zeros outside of the image.</summary>
    private T* Row(T* plane, int row) => (uint)row < (uint)_shape.Size.Height ? plane + row * _shape.Pitch : _nothing.Pointer;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector512<T> row, Vector512<T> inside, T* to, bool add)
    {
        row = Lanes<T>.Where(inside, row);
        (add ? Vector512.Load(to) + row : row).Store(to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Number(int value) => Vector512.Create(T.CreateTruncating(value));
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The kernels' operations on 512-bit vectors, in float32 and float64. IEEE 754 fixes every operation, and this type fixes their order, so every processor
/// computes the same bits. Processors without 512-bit vectors take longer.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal static class Lanes<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The number of lanes of a vector.</summary>
    public static int Count => Vector512<T>.Count;

    /// <summary>a·b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(Vector512<T> a, Vector512<T> b, Vector512<T> c) => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    /// <summary>x where the mask is 1, and 0 where it is 0, even if x is NaN: nothing of one image may reach another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Where(Vector512<T> mask, Vector512<T> x) =>
        Vector512.ConditionalSelect(Vector512.Equals(mask, Vector512<T>.Zero), Vector512<T>.Zero, x);

    /// <summary>The sum of a vector's lanes: adds halves until two lanes are left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector512<T> x)
    {
        var half = x.GetLower() + x.GetUpper();
        var quarter = half.GetLower() + half.GetUpper();
        return typeof(T) == typeof(float) ? (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]) : quarter[0] + quarter[1];
    }

    /// <summary>
    /// The sums of the lanes of vectors, each as in <see cref="Sum"/>. With AVX-512 it computes sixteen at a time, adding halves of two vectors at once.
    /// </summary>
    /// <param name="vectors">The vectors, with space for sixteen more.</param>
    /// <param name="count">The number of vectors.</param>
    /// <param name="sums">Receives the sums; with space for sixteen more.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Sums(Vector512<T>* vectors, int count, T* sums)
    {
        if (typeof(T) == typeof(float) && Avx512F.IsSupported)
        {
            for (var first = 0; first < count; first += Vector512<float>.Count)
            {
                SumsOfSixteen((Vector512<float>*)vectors + first).Store((float*)sums + first);
            }

            return;
        }

        for (var i = 0; i < count; i++)
        {
            sums[i] = Sum(vectors[i]);
        }
    }

    /// <summary>Splits the numbers of two vectors into even and odd places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<T> Even, Vector512<T> Odd) Unzip(Vector512<T> first, Vector512<T> second)
    {
        var (a, b) = (EvenBeforeOdd(first), EvenBeforeOdd(second));
        return (Vector512.Create(a.GetLower(), b.GetLower()), Vector512.Create(a.GetUpper(), b.GetUpper()));
    }

    /// <summary>The inverse of the split: interleaves the numbers of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<T> First, Vector512<T> Second) Zip(Vector512<T> even, Vector512<T> odd) =>
        (HalvesInTurn(Vector512.Create(even.GetLower(), odd.GetLower())), HalvesInTurn(Vector512.Create(even.GetUpper(), odd.GetUpper())));

    /// <summary>σ(x) = 1/(1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Sigmoid(Vector512<T> x) => Vector512<T>.One / (Vector512<T>.One + Exp(-x));

    /// <summary>The scalar product of two rows.</summary>
    public static unsafe T Dot(T* x, T* y, int count)
    {
        var sum = Vector512<T>.Zero;
        var i = 0;
        for (; i <= count - Count; i += Count)
        {
            sum = MultiplyAdd(Vector512.Load(x + i), Vector512.Load(y + i), sum);
        }

        var total = Sum(sum);
        for (; i < count; i++)
        {
            total = T.FusedMultiplyAdd(x[i], y[i], total);
        }

        return total;
    }

    /// <summary>The scalar products of a row with four others, each as <see cref="Dot"/> adds it up.</summary>
    /// <param name="x">The row.</param>
    /// <param name="y">The first of the four.</param>
    /// <param name="stride">The numbers from one of the four to the next.</param>
    /// <param name="count">The numbers of a row.</param>
    /// <param name="dots">Receives the four products.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static unsafe void FourDots(T* x, T* y, nint stride, int count, T* dots)
    {
        T* y1 = y + stride, y2 = y1 + stride, y3 = y2 + stride;
        Vector512<T> s0 = Vector512<T>.Zero, s1 = s0, s2 = s0, s3 = s0;
        var i = 0;
        for (; i <= count - Count; i += Count)
        {
            var row = Vector512.Load(x + i);
            s0 = MultiplyAdd(row, Vector512.Load(y + i), s0);
            s1 = MultiplyAdd(row, Vector512.Load(y1 + i), s1);
            s2 = MultiplyAdd(row, Vector512.Load(y2 + i), s2);
            s3 = MultiplyAdd(row, Vector512.Load(y3 + i), s3);
        }

        var (d0, d1, d2, d3) = (Sum(s0), Sum(s1), Sum(s2), Sum(s3));
        for (; i < count; i++)
        {
            d0 = T.FusedMultiplyAdd(x[i], y[i], d0);
            d1 = T.FusedMultiplyAdd(x[i], y1[i], d1);
            d2 = T.FusedMultiplyAdd(x[i], y2[i], d2);
            d3 = T.FusedMultiplyAdd(x[i], y3[i], d3);
        }

        (dots[0], dots[1], dots[2], dots[3]) = (d0, d1, d2, d3);
    }

    /// <summary>y ← y + f·x.</summary>
    public static unsafe void AddScaled(T* x, T f, T* y, int count)
    {
        var factor = Vector512.Create(f);
        var i = 0;
        for (; i <= count - Count; i += Count)
        {
            MultiplyAdd(Vector512.Load(x + i), factor, Vector512.Load(y + i)).Store(y + i);
        }

        for (; i < count; i++)
        {
            y[i] = T.FusedMultiplyAdd(x[i], f, y[i]);
        }
    }

    /// <summary>
    /// eˣ = 2ⁿ·eʳ with n = x/ln 2 rounded and |r| ≤ ½ ln 2. Adding 1.5·2²³ (2⁵² in float64) leaves n in the lowest bits; a shift moves it
    /// into the exponent. Arguments are clamped so that the result is a normal number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Exp(Vector512<T> x)
    {
        var narrow = typeof(T) == typeof(float);
        x = Vector512.MinNative(Vector512.MaxNative(x, Number(narrow ? -87 : -708)), Number(narrow ? 88 : 709));
        var magic = Number(narrow ? 12582912.0 : 6755399441055744.0);
        var shifted = MultiplyAdd(x, Number(1.4426950408889634), magic);
        var n = shifted - magic;
        // ln 2 in two parts. The first part has so few bits that its product with n is exact.
        var r = MultiplyAdd(n, Number(narrow ? -0.693359375 : -6.93147180369123816490e-01), x);
        r = MultiplyAdd(n, Number(narrow ? 2.12194440054690583e-4 : -1.90821492927058770002e-10), r);
        // 1 + r(1 + r/2!(…)): after r⁷ in float32, and r¹³ in float64, the rest is below half a unit in the last place.
        var sum = narrow ? Number(1 / 5040.0) : Number(1 / 6227020800.0);
        if (!narrow)
        {
            sum = MultiplyAdd(sum, r, Number(1 / 479001600.0));
            sum = MultiplyAdd(sum, r, Number(1 / 39916800.0));
            sum = MultiplyAdd(sum, r, Number(1 / 3628800.0));
            sum = MultiplyAdd(sum, r, Number(1 / 362880.0));
            sum = MultiplyAdd(sum, r, Number(1 / 40320.0));
            sum = MultiplyAdd(sum, r, Number(1 / 5040.0));
        }

        sum = MultiplyAdd(sum, r, Number(1 / 720.0));
        sum = MultiplyAdd(sum, r, Number(1 / 120.0));
        sum = MultiplyAdd(sum, r, Number(1 / 24.0));
        sum = MultiplyAdd(sum, r, Number(1 / 6.0));
        sum = MultiplyAdd(sum, r, Number(1 / 2.0));
        sum = MultiplyAdd(sum, r, Vector512<T>.One);
        sum = MultiplyAdd(sum, r, Vector512<T>.One);
        return narrow
            ? (sum.AsInt32() + Vector512.ShiftLeft(shifted.AsInt32(), 23)).As<int, T>()
            : (sum.AsInt64() + Vector512.ShiftLeft(shifted.AsInt64(), 52)).As<long, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector512<float> SumsOfSixteen(Vector512<float>* x)
    {
        // First adds the four quarters of each of four vectors, then the four numbers of each quarter of four such results.
        static Vector512<float> Halves(Vector512<float> a, Vector512<float> b) => Avx512F.Shuffle4x128(a, b, 0x44) + Avx512F.Shuffle4x128(a, b, 0xEE);
        static Vector512<float> Quarters(Vector512<float> a, Vector512<float> b) => Avx512F.Shuffle4x128(a, b, 0x88) + Avx512F.Shuffle4x128(a, b, 0xDD);
        static Vector512<float> Four(Vector512<float>* x) => Quarters(Halves(x[0], x[1]), Halves(x[2], x[3]));
        static Vector512<float> Pairs(Vector512<float> a, Vector512<float> b) => Avx512F.Shuffle(a, b, 0x44) + Avx512F.Shuffle(a, b, 0xEE);
        static Vector512<float> Numbers(Vector512<float> a, Vector512<float> b) => Avx512F.Shuffle(a, b, 0x88) + Avx512F.Shuffle(a, b, 0xDD);
        var sums = Numbers(Pairs(Four(x), Four(x + 4)), Pairs(Four(x + 8), Four(x + 12)));
        return Vector512.Shuffle(sums, Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> EvenBeforeOdd(Vector512<T> x) => typeof(T) == typeof(float)
        ? Vector512.Shuffle(x.AsSingle(), Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15)).As<float, T>()
        : Vector512.Shuffle(x.AsDouble(), Vector512.Create(0L, 2, 4, 6, 1, 3, 5, 7)).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> HalvesInTurn(Vector512<T> x) => typeof(T) == typeof(float)
        ? Vector512.Shuffle(x.AsSingle(), Vector512.Create(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15)).As<float, T>()
        : Vector512.Shuffle(x.AsDouble(), Vector512.Create(0L, 4, 1, 5, 2, 6, 3, 7)).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Number(double value) => typeof(T) == typeof(float)
        ? Vector512.Create((float)value).As<float, T>()
        : Vector512.Create(value).As<double, T>();
}

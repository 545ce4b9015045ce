using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// What the kernels need of vectors of 512 bits, in float32 and float64. Every operation on numbers is one that IEEE 754 fixes, in an order that is
/// fixed here, so that every processor computes the same bits; one without such vectors takes longer for them.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal static class Lanes<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>How many numbers a vector holds.</summary>
    public static int Count => Vector512<T>.Count;

    /// <summary>a·b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(Vector512<T> a, Vector512<T> b, Vector512<T> c) => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    /// <summary>x where the mask is 1 and 0 where it is 0, also in place of what is no number: nothing of one image must reach another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Where(Vector512<T> mask, Vector512<T> x) => Vector512.ConditionalSelect(Vector512.Equals(mask, Vector512<T>.Zero), Vector512<T>.Zero, x);

    /// <summary>The sum of a vector's numbers: halves are added until two are left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector512<T> x)
    {
        var half = x.GetLower() + x.GetUpper();
        var quarter = half.GetLower() + half.GetUpper();
        return typeof(T) == typeof(float) ? (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]) : quarter[0] + quarter[1];
    }

    /// <summary>σ(x) = 1/(1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Sigmoid(Vector512<T> x) => Vector512<T>.One / (Vector512<T>.One + Exp(-x));

    /// <summary>The sum of products of two rows.</summary>
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
    /// eˣ = 2ⁿ·eʳ with n = x/ln 2 rounded and |r| ≤ ½ ln 2. Adding 1.5·2²³ (2⁵² in float64) leaves n in the lowest bits, from where it is shifted
    /// into the exponent. Arguments are kept where the result is a normal number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Exp(Vector512<T> x)
    {
        var narrow = typeof(T) == typeof(float);
        x = Vector512.MinNative(Vector512.MaxNative(x, Number(narrow ? -87 : -708)), Number(narrow ? 88 : 709));
        var magic = Number(narrow ? 12582912.0 : 6755399441055744.0);
        var shifted = MultiplyAdd(x, Number(1.4426950408889634), magic);
        var n = shifted - magic;
        // ln 2 in two parts, the first with so few bits that its product with n is exact.
        var r = MultiplyAdd(n, Number(narrow ? -0.693359375 : -6.93147180369123816490e-01), x);
        r = MultiplyAdd(n, Number(narrow ? 2.12194440054690583e-4 : -1.90821492927058770002e-10), r);
        // 1 + r(1 + r/2!(…)): beyond r⁷ in float32, and r¹³ in float64, the rest is below half a unit in the last place.
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
    private static Vector512<T> Number(double value) => typeof(T) == typeof(float)
        ? Vector512.Create((float)value).As<float, T>()
        : Vector512.Create(value).As<double, T>();
}

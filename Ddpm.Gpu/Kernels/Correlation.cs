using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The two sums of products behind every convolution and its gradients. Vectors run along the pixels of a plane, so channel counts like 10 waste no lanes. The
/// kernels compute as many channels at once as registers hold: each loaded number serves up to ten products. Without 512-bit registers they compute
/// fewer channels at once. Each sum keeps its order, and so its bits.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal static unsafe partial class Correlation<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// y[o][p] = mask[p]·(bias[o] + Σ_c Σ_k w[o, c, k]·x[c][p + taps[k]]) for p in [0, length).
    /// </summary>
    /// <param name="x">The input planes, from their first pixel.</param>
    /// <param name="xStride">The stride between input planes.</param>
    /// <param name="channels">The number of input planes.</param>
    /// <param name="taps">The offsets of the window's taps from a pixel.</param>
    /// <param name="w">The weights by block of outs, channel, tap, and out in the block. The last block is padded with zeros.</param>
    /// <param name="bias">One number for each output plane, or null.</param>
    /// <param name="mask">0 where the output must stay zero, else 1; or null.</param>
    /// <param name="y">The output planes.</param>
    /// <param name="yStride">The stride between output planes.</param>
    /// <param name="outs">The number of output planes.</param>
    /// <param name="length">The numbers to compute in each plane, a multiple of the vector length.</param>
    public static void Sum(
        T* x, nint xStride, int channels, ReadOnlySpan<int> taps, T* w, T* bias, T* mask, T* y, nint yStride, int outs, int length)
    {
        fixed (int* offsets = taps)
        {
            var block = WeightBlocks.Of(outs);
            for (var first = 0; first < outs; first += block, w += channels * taps.Length * block)
            {
                var biases = bias is null ? null : bias + first;
                var made = y + first * yStride;
                var here = Math.Min(block, outs - first);
                if (block == 1)
                {
                    One(x, xStride, channels, offsets, taps.Length, w, biases, mask, y, length);
                }
                else if (Vector512.IsHardwareAccelerated)
                {
                    Ten(x, xStride, channels, offsets, taps.Length, w, biases, mask, made, yStride, here, length);
                }
                else
                {
                    Five(x, xStride, channels, offsets, taps.Length, w, biases, mask, made, yStride, Math.Min(Half, here), length);
                    var upperBiases = bias is null ? null : biases + Half;
                    var upper = made + Half * yStride;
                    Five(x, xStride, channels, offsets, taps.Length, w + Half, upperBiases, mask, upper, yStride, here - Half, length);
                }
            }
        }
    }

    private const int Block = WeightBlocks.Size, Half = Block / 2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Ten(
        T* x, nint xStride, int channels, int* taps, int tapCount, T* weights, T* bias, T* mask, T* y, nint yStride, int outs, int length)
    {
        var lanes = Vector512<T>.Count;
        var sums = stackalloc Vector512<T>[2 * Block];
        var p = 0;
        for (; p + lanes < length; p += 2 * lanes)
        {
            Vector512<T> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default;
            Vector512<T> a5 = default, a6 = default, a7 = default, a8 = default, a9 = default;
            Vector512<T> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default;
            Vector512<T> b5 = default, b6 = default, b7 = default, b8 = default, b9 = default;
            var w = weights;
            var plane = x + p;
            for (var c = 0; c < channels; c++, plane += xStride)
            {
                for (var k = 0; k < tapCount; k++, w += Block)
                {
                    var u = Vector512.Load(plane + taps[k]);
                    var v = Vector512.Load(plane + taps[k] + lanes);
                    var f = Vector512.Create(w[0]);
                    (a0, b0) = (Lanes<T>.MultiplyAdd(u, f, a0), Lanes<T>.MultiplyAdd(v, f, b0));
                    f = Vector512.Create(w[1]);
                    (a1, b1) = (Lanes<T>.MultiplyAdd(u, f, a1), Lanes<T>.MultiplyAdd(v, f, b1));
                    f = Vector512.Create(w[2]);
                    (a2, b2) = (Lanes<T>.MultiplyAdd(u, f, a2), Lanes<T>.MultiplyAdd(v, f, b2));
                    f = Vector512.Create(w[3]);
                    (a3, b3) = (Lanes<T>.MultiplyAdd(u, f, a3), Lanes<T>.MultiplyAdd(v, f, b3));
                    f = Vector512.Create(w[4]);
                    (a4, b4) = (Lanes<T>.MultiplyAdd(u, f, a4), Lanes<T>.MultiplyAdd(v, f, b4));
                    f = Vector512.Create(w[5]);
                    (a5, b5) = (Lanes<T>.MultiplyAdd(u, f, a5), Lanes<T>.MultiplyAdd(v, f, b5));
                    f = Vector512.Create(w[6]);
                    (a6, b6) = (Lanes<T>.MultiplyAdd(u, f, a6), Lanes<T>.MultiplyAdd(v, f, b6));
                    f = Vector512.Create(w[7]);
                    (a7, b7) = (Lanes<T>.MultiplyAdd(u, f, a7), Lanes<T>.MultiplyAdd(v, f, b7));
                    f = Vector512.Create(w[8]);
                    (a8, b8) = (Lanes<T>.MultiplyAdd(u, f, a8), Lanes<T>.MultiplyAdd(v, f, b8));
                    f = Vector512.Create(w[9]);
                    (a9, b9) = (Lanes<T>.MultiplyAdd(u, f, a9), Lanes<T>.MultiplyAdd(v, f, b9));
                }
            }

            if (bias is null && mask is null && outs == Block)
            {
                var to = y + p;
                a0.Store(to);
                b0.Store(to + lanes);
                a1.Store(to + yStride);
                b1.Store(to + yStride + lanes);
                a2.Store(to + 2 * yStride);
                b2.Store(to + 2 * yStride + lanes);
                a3.Store(to + 3 * yStride);
                b3.Store(to + 3 * yStride + lanes);
                a4.Store(to + 4 * yStride);
                b4.Store(to + 4 * yStride + lanes);
                a5.Store(to + 5 * yStride);
                b5.Store(to + 5 * yStride + lanes);
                a6.Store(to + 6 * yStride);
                b6.Store(to + 6 * yStride + lanes);
                a7.Store(to + 7 * yStride);
                b7.Store(to + 7 * yStride + lanes);
                a8.Store(to + 8 * yStride);
                b8.Store(to + 8 * yStride + lanes);
                a9.Store(to + 9 * yStride);
                b9.Store(to + 9 * yStride + lanes);
                continue;
            }

            (sums[0], sums[2], sums[4], sums[6], sums[8]) = (a0, a1, a2, a3, a4);
            (sums[10], sums[12], sums[14], sums[16], sums[18]) = (a5, a6, a7, a8, a9);
            (sums[1], sums[3], sums[5], sums[7], sums[9]) = (b0, b1, b2, b3, b4);
            (sums[11], sums[13], sums[15], sums[17], sums[19]) = (b5, b6, b7, b8, b9);
            var (low, high) = Masks(mask, p);
            for (var o = 0; o < outs; o++)
            {
                var term = bias is null ? Vector512<T>.Zero : Vector512.Create(bias[o]);
                Lanes<T>.Where(low, sums[2 * o] + term).Store(y + o * yStride + p);
                Lanes<T>.Where(high, sums[2 * o + 1] + term).Store(y + o * yStride + p + lanes);
            }
        }

        if (p < length)
        {
            TenOfOne(x + p, xStride, channels, taps, tapCount, weights, bias, mask is null ? null : mask + p, y + p, yStride, outs);
        }
    }

    /// <summary>The same sums for a single vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TenOfOne(T* x, nint xStride, int channels, int* taps, int tapCount, T* w, T* bias, T* mask, T* y, nint yStride, int outs)
    {
        var sums = stackalloc Vector512<T>[Block];
        Vector512<T> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default, a8 = default, a9 = default;
        for (var c = 0; c < channels; c++, x += xStride)
        {
            for (var k = 0; k < tapCount; k++, w += Block)
            {
                var u = Vector512.Load(x + taps[k]);
                a0 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[0]), a0);
                a1 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[1]), a1);
                a2 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[2]), a2);
                a3 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[3]), a3);
                a4 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[4]), a4);
                a5 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[5]), a5);
                a6 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[6]), a6);
                a7 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[7]), a7);
                a8 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[8]), a8);
                a9 = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[9]), a9);
            }
        }

        if (bias is null && mask is null && outs == Block)
        {
            a0.Store(y);
            a1.Store(y + yStride);
            a2.Store(y + 2 * yStride);
            a3.Store(y + 3 * yStride);
            a4.Store(y + 4 * yStride);
            a5.Store(y + 5 * yStride);
            a6.Store(y + 6 * yStride);
            a7.Store(y + 7 * yStride);
            a8.Store(y + 8 * yStride);
            a9.Store(y + 9 * yStride);
            return;
        }

        sums[0] = a0;
        sums[1] = a1;
        sums[2] = a2;
        sums[3] = a3;
        sums[4] = a4;
        sums[5] = a5;
        sums[6] = a6;
        sums[7] = a7;
        sums[8] = a8;
        sums[9] = a9;
        var ones = mask is null ? Vector512<T>.One : Vector512.Load(mask);
        for (var o = 0; o < outs; o++)
        {
            Lanes<T>.Where(ones, sums[o] + (bias is null ? Vector512<T>.Zero : Vector512.Create(bias[o]))).Store(y + o * yStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Five(
        T* x, nint xStride, int channels, int* taps, int tapCount, T* weights, T* bias, T* mask, T* y, nint yStride, int outs, int length)
    {
        var sums = stackalloc Vector512<T>[Half];
        for (var p = 0; p < length; p += Vector512<T>.Count)
        {
            Vector512<T> a = default, b = default, c = default, d = default, e = default;
            var w = weights;
            var plane = x + p;
            for (var channel = 0; channel < channels; channel++, plane += xStride)
            {
                for (var k = 0; k < tapCount; k++, w += Block)
                {
                    var u = Vector512.Load(plane + taps[k]);
                    a = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[0]), a);
                    b = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[1]), b);
                    c = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[2]), c);
                    d = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[3]), d);
                    e = Lanes<T>.MultiplyAdd(u, Vector512.Create(w[4]), e);
                }
            }

            (sums[0], sums[1], sums[2], sums[3], sums[4]) = (a, b, c, d, e);
            var ones = mask is null ? Vector512<T>.One : Vector512.Load(mask + p);
            for (var o = 0; o < outs; o++)
            {
                Lanes<T>.Where(ones, sums[o] + (bias is null ? Vector512<T>.Zero : Vector512.Create(bias[o]))).Store(y + o * yStride + p);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void One(T* x, nint xStride, int channels, int* taps, int tapCount, T* weights, T* bias, T* mask, T* y, int length)
    {
        // Four independent sums hide the latency of an addition.
        const int AtOnce = 4;
        var lanes = Vector512<T>.Count;
        var term = bias is null ? Vector512<T>.Zero : Vector512.Create(*bias);
        var sums = stackalloc Vector512<T>[AtOnce];
        for (var p = 0; p < length; p += AtOnce * lanes)
        {
            Vector512<T> a = default, b = default, c = default, d = default;
            var w = weights;
            var plane = x + p;
            for (var channel = 0; channel < channels; channel++, plane += xStride)
            {
                for (var k = 0; k < tapCount; k++, w++)
                {
                    var f = Vector512.Create(*w);
                    a = Lanes<T>.MultiplyAdd(Vector512.Load(plane + taps[k]), f, a);
                    b = Lanes<T>.MultiplyAdd(Vector512.Load(plane + taps[k] + lanes), f, b);
                    c = Lanes<T>.MultiplyAdd(Vector512.Load(plane + taps[k] + 2 * lanes), f, c);
                    d = Lanes<T>.MultiplyAdd(Vector512.Load(plane + taps[k] + 3 * lanes), f, d);
                }
            }

            (sums[0], sums[1], sums[2], sums[3]) = (a, b, c, d);
            for (var i = 0; i < AtOnce && p + i * lanes < length; i++)
            {
                var at = p + i * lanes;
                Lanes<T>.Where(mask is null ? Vector512<T>.One : Vector512.Load(mask + at), sums[i] + term).Store(y + at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<T> Low, Vector512<T> High) Masks(T* mask, int p) => mask is null
        ? (Vector512<T>.One, Vector512<T>.One)
        : (Vector512.Load(mask + p), Vector512.Load(mask + p + Vector512<T>.Count));
}

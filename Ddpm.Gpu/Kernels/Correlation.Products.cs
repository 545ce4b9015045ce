using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

internal static unsafe partial class Correlation<T>
{
    private const int Most = 5, Few = 2, FewInputs = 3;

    /// <summary>made[o][i] = Σ_n Σ_p d[n][o][p]·x[n][p + offsets[i]] for p in [0, length), for the gradient of the weights.</summary>
    /// <param name="d">The gradient planes of image 0, from their first pixel; zero outside of the image.</param>
    /// <param name="dImage">The stride between images.</param>
    /// <param name="dStride">The stride between planes.</param>
    /// <param name="outs">The number of gradient planes.</param>
    /// <param name="x">The input planes of image 0.</param>
    /// <param name="xImage">The stride between images.</param>
    /// <param name="offsets">The plane and the tap of each input.</param>
    /// <param name="images">The number of images.</param>
    /// <param name="length">The numbers to compute in each plane, a multiple of the vector length.</param>
    /// <param name="made">The sums, outs × inputs.</param>
    public static void Products(T* d, nint dImage, nint dStride, int outs, T* x, nint xImage, ReadOnlySpan<int> offsets, int images, int length, T* made)
    {
        const int Room = Most * Most + 16; // Lanes.Sums adds sixteen vectors at once
        var sums = stackalloc Vector512<T>[Room];
        var totals = stackalloc T[Room];
        var (most, ins) = Vector512.IsHardwareAccelerated ? (Most, Most) : (Few, FewInputs);
        for (var o = 0; o < outs; o += most)
        {
            for (var i = 0; i < offsets.Length; i += ins)
            {
                // Beyond the ends, it computes the last ones again and discards them.
                var (lastOut, lastIn) = (outs - 1 - o, offsets.Length - 1);
                nint Out(int k) => Math.Min(k, lastOut) * dStride;
                var (x1, x2) = (offsets[Math.Min(i + 1, lastIn)] - offsets[i], offsets[Math.Min(i + 2, lastIn)] - offsets[i]);
                if (Vector512.IsHardwareAccelerated)
                {
                    FiveByFive(
                        d + o * dStride, dImage, Out(1), Out(2), Out(3), Out(4), x + offsets[i], xImage, x1, x2,
                        offsets[Math.Min(i + 3, lastIn)] - offsets[i], offsets[Math.Min(i + 4, lastIn)] - offsets[i], images, length, sums);
                }
                else
                {
                    TwoByThree(d + o * dStride, dImage, Out(1), x + offsets[i], xImage, x1, x2, images, length, sums);
                }

                Lanes<T>.Sums(sums, ins * most, totals);
                for (var j = 0; j < Math.Min(most, outs - o); j++)
                {
                    var row = made + (o + j) * offsets.Length + i;
                    for (var k = 0; k < Math.Min(ins, offsets.Length - i); k++)
                    {
                        row[k] = totals[k * most + j];
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FiveByFive(
        T* d, nint dImage, nint d1, nint d2, nint d3, nint d4, T* x, nint xImage, nint x1, nint x2, nint x3, nint x4,
        int images, int length, Vector512<T>* sums)
    {
        Vector512<T> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default;
        Vector512<T> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default;
        Vector512<T> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default;
        Vector512<T> g0 = default, g1 = default, g2 = default, g3 = default, g4 = default;
        Vector512<T> h0 = default, h1 = default, h2 = default, h3 = default, h4 = default;
        for (var n = 0; n < images; n++)
        {
            var e = d + n * dImage;
            var s = x + n * xImage;
            for (var p = 0; p < length; p += Vector512<T>.Count, e += Vector512<T>.Count, s += Vector512<T>.Count)
            {
                var u = Vector512.Load(s);
                var v = Vector512.Load(s + x1);
                var w = Vector512.Load(s + x2);
                var y = Vector512.Load(s + x3);
                var z = Vector512.Load(s + x4);
                var f = Vector512.Load(e);
                (a0, b0, c0, g0, h0) = (
                    Lanes<T>.MultiplyAdd(f, u, a0), Lanes<T>.MultiplyAdd(f, v, b0), Lanes<T>.MultiplyAdd(f, w, c0),
                    Lanes<T>.MultiplyAdd(f, y, g0), Lanes<T>.MultiplyAdd(f, z, h0));
                f = Vector512.Load(e + d1);
                (a1, b1, c1, g1, h1) = (
                    Lanes<T>.MultiplyAdd(f, u, a1), Lanes<T>.MultiplyAdd(f, v, b1), Lanes<T>.MultiplyAdd(f, w, c1),
                    Lanes<T>.MultiplyAdd(f, y, g1), Lanes<T>.MultiplyAdd(f, z, h1));
                f = Vector512.Load(e + d2);
                (a2, b2, c2, g2, h2) = (
                    Lanes<T>.MultiplyAdd(f, u, a2), Lanes<T>.MultiplyAdd(f, v, b2), Lanes<T>.MultiplyAdd(f, w, c2),
                    Lanes<T>.MultiplyAdd(f, y, g2), Lanes<T>.MultiplyAdd(f, z, h2));
                f = Vector512.Load(e + d3);
                (a3, b3, c3, g3, h3) = (
                    Lanes<T>.MultiplyAdd(f, u, a3), Lanes<T>.MultiplyAdd(f, v, b3), Lanes<T>.MultiplyAdd(f, w, c3),
                    Lanes<T>.MultiplyAdd(f, y, g3), Lanes<T>.MultiplyAdd(f, z, h3));
                f = Vector512.Load(e + d4);
                (a4, b4, c4, g4, h4) = (
                    Lanes<T>.MultiplyAdd(f, u, a4), Lanes<T>.MultiplyAdd(f, v, b4), Lanes<T>.MultiplyAdd(f, w, c4),
                    Lanes<T>.MultiplyAdd(f, y, g4), Lanes<T>.MultiplyAdd(f, z, h4));
            }
        }

        (sums[0], sums[1], sums[2], sums[3], sums[4]) = (a0, a1, a2, a3, a4);
        (sums[5], sums[6], sums[7], sums[8], sums[9]) = (b0, b1, b2, b3, b4);
        (sums[10], sums[11], sums[12], sums[13], sums[14]) = (c0, c1, c2, c3, c4);
        (sums[15], sums[16], sums[17], sums[18], sums[19]) = (g0, g1, g2, g3, g4);
        (sums[20], sums[21], sums[22], sums[23], sums[24]) = (h0, h1, h2, h3, h4);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TwoByThree(T* d, nint dImage, nint d1, T* x, nint xImage, nint x1, nint x2, int images, int length, Vector512<T>* sums)
    {
        Vector512<T> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default;
        for (var n = 0; n < images; n++)
        {
            var e = d + n * dImage;
            var s = x + n * xImage;
            for (var p = 0; p < length; p += Vector512<T>.Count, e += Vector512<T>.Count, s += Vector512<T>.Count)
            {
                var u = Vector512.Load(e);
                var v = Vector512.Load(e + d1);
                var w = Vector512.Load(s);
                (a0, a1) = (Lanes<T>.MultiplyAdd(u, w, a0), Lanes<T>.MultiplyAdd(v, w, a1));
                w = Vector512.Load(s + x1);
                (b0, b1) = (Lanes<T>.MultiplyAdd(u, w, b0), Lanes<T>.MultiplyAdd(v, w, b1));
                w = Vector512.Load(s + x2);
                (c0, c1) = (Lanes<T>.MultiplyAdd(u, w, c0), Lanes<T>.MultiplyAdd(v, w, c1));
            }
        }

        (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]) = (a0, a1, b0, b1, c0, c1);
    }
}

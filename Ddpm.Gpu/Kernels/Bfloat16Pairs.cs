using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// Sums of products of bfloat16 numbers (the upper halves of float32) in pairs. A pair is 32 bits; its first number is the lower 16. Products and sums are
/// float32. This is the definition for every processor, with the same bits. <see cref="Bfloat16Code"/> computes them with special instructions if the
/// processor has them.
/// </summary>
internal static unsafe class Bfloat16Pairs
{
    /// <summary>The taps of the window: the pixel before, the pixel itself and the pixel after.</summary>
    public const int Taps = 3;

    private const int PlanesAtOnce = 2;
    private const uint Upper = 0xFFFF0000, Half = 0x8000;

    private static int Lanes => Vector512<float>.Count;

    /// <summary>Pairs of the numbers of two vectors, rounded to nearest, with ties away from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Round(Vector512<float> first, Vector512<float> second)
    {
        var half = Vector512.Create(Half);
        return Vector512.ShiftRightLogical(first.AsUInt32() + half, 16) | ((second.AsUInt32() + half) & Vector512.Create(Upper));
    }

    /// <summary>Writes one number of a pair, rounded in the same way.</summary>
    /// <param name="value">The number.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="pair">The index of the pair.</param>
    /// <param name="which">0 for its first number, 1 for its second.</param>
    public static void Round(float value, uint* pairs, int pair, int which) =>
        ((ushort*)(pairs + pair))[which] = (ushort)((BitConverter.SingleToUInt32Bits(value) + Half) >> 16);

    /// <summary>y[o][p] = Σ_j Σ_k w[o, j, k]·x[j][p + k − 1] for p in [0, vectors·16), where a product of pairs is the sum of two products.</summary>
    /// <param name="x">Planes of pairs, from their first pixel.</param>
    /// <param name="xStride">The stride between input planes.</param>
    /// <param name="planes">The number of input planes.</param>
    /// <param name="w">The weights by block of <see cref="WeightBlocks.Size"/> outs, plane, tap and out in the block.</param>
    /// <param name="y">The output planes.</param>
    /// <param name="yStride">The stride between output planes.</param>
    /// <param name="outs">The number of output planes.</param>
    /// <param name="vectors">The vectors to compute in each plane.</param>
    public static void Sum(uint* x, nint xStride, int planes, uint* w, float* y, nint yStride, int outs, int vectors)
    {
        const int Block = WeightBlocks.Size;
        var block = planes * Taps * Block;
        if (!Bfloat16Code.Exists)
        {
            for (var o = 0; o < outs; o += Block)
            {
                SumOfBlock(x, xStride, planes, w + o / Block * block, y + o * yStride, yStride, Math.Min(Block, outs - o), vectors);
            }

            return;
        }

        for (var o = 0; o < outs && vectors > 1; o += Block)
        {
            Bfloat16Code.Sum(x, xStride, w + o / Block * block, block, y + o * yStride, yStride, Math.Min(Block, outs - o), 2, vectors / 2);
        }

        var last = (vectors - 1) * Lanes;
        for (var o = 0; o < outs && vectors % 2 == 1; o += Bfloat16Code.Sums)
        {
            Bfloat16Code.Sum(x + last, xStride, w + o / Block * block, block, y + last + o * yStride, yStride, Math.Min(Bfloat16Code.Sums, outs - o), 1, 1);
        }
    }

    /// <summary>Σ_n Σ_p d[n][o][p]·x[n][c][p + k − 1] for p in [0, vectors·16), where a plane of pairs holds two channels.</summary>
    /// <param name="d">The gradient planes of image 0, from their first pixel; zero outside of the image.</param>
    /// <param name="dImage">The stride between images.</param>
    /// <param name="dStride">The stride between planes.</param>
    /// <param name="outs">The number of gradient channels.</param>
    /// <param name="x">The input planes of image 0.</param>
    /// <param name="xImage">The stride between images.</param>
    /// <param name="xStride">The stride between planes.</param>
    /// <param name="ins">The number of input channels.</param>
    /// <param name="images">The number of images, even: it sums two images at once.</param>
    /// <param name="vectors">The vectors to sum in each plane.</param>
    /// <param name="sums">Scratch memory for the sums of every lane.</param>
    /// <param name="made">Receives the sum of o, c and k at <see cref="PlaceOfProduct"/>.</param>
    public static void Products(
        uint* d, nint dImage, nint dStride, int outs, uint* x, nint xImage, nint xStride, int ins, int images, int vectors, Vector512<float>* sums, float* made)
    {
        for (var o = 0; o < outs; o += PlanesAtOnce)
        {
            var here = Math.Min(PlanesAtOnce, outs - o);
            var count = 2 * here * 2 * Taps;
            for (var i = 0; i < ins; i++)
            {
                if (Bfloat16Code.Exists)
                {
                    Bfloat16Code.Products(d + o * dStride, dImage, dStride, here, x + i * xStride, xImage, images, vectors, sums + i * count);
                }
                else
                {
                    ProductsOfBlock(d + o * dStride, dImage, dStride, here, x + i * xStride, xImage, images, vectors, sums + i * count);
                }
            }

            Lanes<float>.Sums(sums, ins * count, made + 2 * o * ins * 2 * Taps);
        }
    }

    /// <summary>
    /// The index of the sum of a channel of d, a channel of x and a tap. The order is: block of planes of d, plane of x, channel in it, tap, channel in the
    /// block.
    /// </summary>
    public static int PlaceOfProduct(int outs, int ins, int o, int c, int k)
    {
        var first = o / (2 * PlanesAtOnce) * PlanesAtOnce;
        var here = 2 * Math.Min(PlanesAtOnce, outs - first);
        return 2 * first * ins * 2 * Taps + (c * Taps + k) * here + o - 2 * first;
    }

    /// <summary>The vectors of scratch memory that <see cref="Products"/> needs.</summary>
    public static int RoomForSums(int ins) => 2 * PlanesAtOnce * 2 * ins * Taps + Lanes;

    /// <summary>sum + x·y, elementwise: the second numbers of the pairs first, each with a fused multiply-add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> MultiplyAdd(Vector512<uint> x, Vector512<uint> y, Vector512<float> sum)
    {
        var upper = Vector512.Create(Upper);
        sum = Lanes<float>.MultiplyAdd((x & upper).AsSingle(), (y & upper).AsSingle(), sum);
        return Lanes<float>.MultiplyAdd(Vector512.ShiftLeft(x, 16).AsSingle(), Vector512.ShiftLeft(y, 16).AsSingle(), sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void SumOfBlock(uint* x, nint xStride, int planes, uint* weights, float* y, nint yStride, int outs, int vectors)
    {
        var sums = stackalloc Vector512<float>[WeightBlocks.Size];
        for (var p = 0; p < vectors * Lanes; p += Lanes)
        {
            new Span<Vector512<float>>(sums, outs).Clear();
            var w = weights;
            for (var j = 0; j < planes; j++)
            {
                for (var k = 0; k < Taps; k++, w += WeightBlocks.Size)
                {
                    var u = Vector512.Load(x + j * xStride + p + k - 1);
                    for (var o = 0; o < outs; o++)
                    {
                        sums[o] = MultiplyAdd(u, Vector512.Create(w[o]), sums[o]);
                    }
                }
            }

            for (var o = 0; o < outs; o++)
            {
                sums[o].Store(y + o * yStride + p);
            }
        }
    }

    /// <summary>The sums of all channels of d, by channel of x and tap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void ProductsOfBlock(uint* d, nint dImage, nint dStride, int outs, uint* x, nint xImage, int images, int vectors, Vector512<float>* sums)
    {
        for (var k = 0; k < Taps; k++)
        {
            for (var o = 0; o < outs; o++)
            {
                Vector512<float> a = default, b = default, c = default, e = default;
                for (var n = 0; n < images; n += 2)
                {
                    for (var p = 0; p < vectors * Lanes; p += Lanes)
                    {
                        var of = d + n * dImage + o * dStride + p;
                        var by = x + n * xImage + p + k - 1;
                        var (first, second) = Turn(Vector512.Load(of), Vector512.Load(of + dImage));
                        var (even, odd) = Turn(Vector512.Load(by), Vector512.Load(by + xImage));
                        (a, b) = (MultiplyAdd(first, even, a), MultiplyAdd(second, even, b));
                        (c, e) = (MultiplyAdd(first, odd, c), MultiplyAdd(second, odd, e));
                    }
                }

                var to = sums + k * 2 * outs + 2 * o;
                (to[0], to[1], to[Taps * 2 * outs], to[Taps * 2 * outs + 1]) = (a, b, c, e);
            }
        }
    }

    /// <summary>Transposes pairs of channels of two images to pairs of images of two channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<uint> First, Vector512<uint> Second) Turn(Vector512<uint> a, Vector512<uint> b) => (
        (a & Vector512.Create(~Upper)) | Vector512.ShiftLeft(b, 16), Vector512.ShiftRightLogical(a, 16) | (b & Vector512.Create(Upper)));
}

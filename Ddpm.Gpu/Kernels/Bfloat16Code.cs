using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Ddpm.Gpu.Kernels;

/// <summary>
/// The sums of <see cref="Bfloat16Pairs"/> by AVX512-BF16's VDPBF16PS, which has no .NET intrinsic. One instruction computes 32 products, in the order and
/// with the roundings of the definition, so the bits are the same. The exception is subnormal numbers: the instruction treats them as zero.
/// </summary>
internal static unsafe class Bfloat16Code
{
    private const int Block = WeightBlocks.Size, Taps = Bfloat16Pairs.Taps, Number = 4, Vector = 64;

    private static readonly AssemblerRegisterZMM[] Z =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    /// <summary>The most vectors to sum at once: enough to hide the latency of an instruction.</summary>
    public const int Sums = 20;

    /// <summary>Whether this processor has the instruction and the system allows it.</summary>
    public static bool Exists { get; } = HasInstruction && MachineCode.Runs;

    /// <summary>Bit 5 of EAX of CPUID leaf 7, subleaf 1 (Intel's manual, volume 2A).</summary>
    private static bool HasInstruction => Avx512BW.IsSupported && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & 1 << 5) != 0;

    /// <summary>
    /// <see cref="Bfloat16Pairs.Sum"/> for up to <see cref="Sums"/> vectors at once: one vector for each out of two blocks, or two vectors for each out of one
    /// block.
    /// </summary>
    /// <param name="x">Planes of pairs, from their first pixel.</param>
    /// <param name="xStride">The stride between input planes.</param>
    /// <param name="w">The weights.</param>
    /// <param name="block">The offset of the next block of weights.</param>
    /// <param name="y">The output planes.</param>
    /// <param name="yStride">The stride between output planes.</param>
    /// <param name="outs">The number of output planes.</param>
    /// <param name="atOnce">The vectors at once, 1 or 2.</param>
    /// <param name="times">The number of repetitions along the plane.</param>
    public static void Sum(uint* x, nint xStride, uint* w, int block, float* y, nint yStride, int outs, int atOnce, int times)
    {
        var arguments = stackalloc nint[] { (nint)x, Number * xStride, (nint)w, Number * block, (nint)y, Number * yStride, times };
        Call(Code.OfSums[atOnce - 1][outs - 1], arguments);
    }

    /// <summary>The sums of every lane, by channel of x, tap, and channel of d, for up to two planes of d and one plane of x.</summary>
    /// <inheritdoc cref="Bfloat16Pairs.Products"/>
    public static void Products(uint* d, nint dImage, nint dStride, int outs, uint* x, nint xImage, int images, int vectors, Vector512<float>* sums)
    {
        var arguments = stackalloc nint[] { (nint)d, Number * dImage, Number * dStride, (nint)x, Number * xImage, images / 2, vectors, (nint)sums };
        Call(Code.OfProducts[outs - 1], arguments);
    }

    private static void Call(nint code, nint* arguments) => ((delegate* unmanaged<nint*, void>)code)(arguments);

    /// <summary>The functions, by vectors at once and number of outs. They are written on the first call.</summary>
    private static class Code
    {
        public static readonly nint[][] OfSums =
        [
            .. Enumerable.Range(1, 2).Select(atOnce =>
                Enumerable.Range(1, Sums / atOnce).Select(outs => MachineCode.Of(a => WriteSum(a, outs, atOnce))).ToArray()),
        ];

        public static readonly nint[] OfProducts = [.. Enumerable.Range(1, 2).Select(outs => MachineCode.Of(a => WriteProducts(a, outs)))];
    }

    private static void Arguments(Assembler a, params ReadOnlySpan<AssemblerRegister64> registers)
    {
        for (var i = 0; i < registers.Length; i++)
        {
            a.mov(registers[i], __qword_ptr[rdi + 8 * i]);
        }
    }

    private static void Clear(Assembler a, int registers)
    {
        for (var i = 0; i < registers; i++)
        {
            a.vpxord(Z[i], Z[i], Z[i]);
        }
    }

    private static void WriteSum(Assembler a, int outs, int vectors)
    {
        AssemblerRegisterZMM Sum(int o, int v) => Z[vectors * o + v];
        Label next = a.CreateLabel(), plane = a.CreateLabel();
        var (weight, x) = (Z[31], Z[28..30]);
        a.push(rbx);
        Arguments(a, rsi, r8, rdx, rbx, r10, r11, rcx); // x, xStride, w, block, y, yStride, times
        a.lea(r9, __[rdx + rbx]);
        a.Label(ref next);
        Clear(a, vectors * outs);
        a.mov(rax, rsi);
        a.mov(rdi, rdx);
        a.Label(ref plane);
        for (var k = 0; k < Taps; k++)
        {
            for (var v = 0; v < vectors; v++)
            {
                a.vmovdqu32(x[v], __zmmword_ptr[rax + Number * (k - 1) + Vector * v]);
            }

            for (var o = 0; o < outs; o++)
            {
                var place = Number * (k * Block + o % Block);
                a.vpbroadcastd(weight, o < Block ? __dword_ptr[rdi + place] : __dword_ptr[rdi + rbx + place]);
                for (var v = 0; v < vectors; v++)
                {
                    a.vdpbf16ps(Sum(o, v), x[v], weight);
                }
            }
        }

        a.add(rax, r8);
        a.add(rdi, Number * Taps * Block);
        a.cmp(rdi, r9);
        a.jb(plane);
        a.mov(rax, r10);
        for (var o = 0; o < outs; o++, a.add(rax, r11))
        {
            for (var v = 0; v < vectors; v++)
            {
                a.vmovups(__zmmword_ptr[rax + Vector * v], Sum(o, v));
            }
        }

        a.add(rsi, Vector * vectors);
        a.add(r10, Vector * vectors);
        a.dec(rcx);
        a.jnz(next);
        a.vzeroupper();
        a.pop(rbx);
        a.ret();
    }

    private static void WriteProducts(Assembler a, int outs)
    {
        Label image = a.CreateLabel(), vector = a.CreateLabel();
        AssemblerRegisterZMM Sum(int channel, int k, int o) => Z[(channel * Taps + k) * 2 * outs + o];
        var (d, even, odd, other) = (Z[24..28], Z[30], Z[28], Z[29]);
        a.push(rbx);
        Arguments(a, rsi, r8, r9, rdx, r10, rcx, r11); // d, dImage, dStride, x, xImage, pairs of images, vectors
        a.lea(rbx, __[r8 + r9]);
        a.mov(eax, 0x55555555);
        a.kmovd(k1, eax);
        a.knotd(k2, k1);
        Clear(a, outs * 4 * Taps);
        a.Label(ref image);
        a.mov(rax, r11);
        a.Label(ref vector);
        Turn(a, __zmmword_ptr[rsi], __zmmword_ptr[rsi + r8], d[0], d[1], other);
        if (outs == 2)
        {
            Turn(a, __zmmword_ptr[rsi + r9], __zmmword_ptr[rsi + rbx], d[2], d[3], other);
        }

        for (var k = 0; k < Taps; k++)
        {
            var tap = Number * (k - 1);
            Turn(a, __zmmword_ptr[rdx + tap], __zmmword_ptr[rdx + r10 + tap], even, odd, other);
            for (var o = 0; o < 2 * outs; o++)
            {
                a.vdpbf16ps(Sum(0, k, o), d[o], even);
                a.vdpbf16ps(Sum(1, k, o), d[o], odd);
            }
        }

        a.add(rsi, Vector);
        a.add(rdx, Vector);
        a.dec(rax);
        a.jnz(vector);
        a.mov(rax, r11);
        a.shl(rax, 6);
        a.sub(rsi, rax);
        a.sub(rdx, rax);
        a.lea(rsi, __[rsi + r8 * 2]);
        a.lea(rdx, __[rdx + r10 * 2]);
        a.dec(rcx);
        a.jnz(image);
        a.mov(rax, __qword_ptr[rdi + 8 * 7]); // sums
        for (var i = 0; i < outs * 4 * Taps; i++)
        {
            a.vmovups(__zmmword_ptr[rax + Vector * i], Z[i]);
        }

        a.vzeroupper();
        a.pop(rbx);
        a.ret();
    }

    /// <summary>Transposes pairs of channels of two images to pairs of images of two channels.</summary>
    private static void Turn(
        Assembler a,
        AssemblerMemoryOperand one,
        AssemblerMemoryOperand two,
        AssemblerRegisterZMM first,
        AssemblerRegisterZMM second,
        AssemblerRegisterZMM room)
    {
        a.vmovdqu32(second, one);
        a.vmovdqu32(room, two);
        a.vpslld(first, room, 16);
        a.vmovdqu16(first.k1, second);
        a.vpsrld(second, second, 16);
        a.vmovdqu16(second.k2, room);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ddpm.Gpu.Kernels;

/// <summary>Measures a core's peak rate of float32 fused multiply-adds between registers.</summary>
internal static class ProcessorPeak
{
    private const int Chains = 16;

    /// <summary>Computes for a number of rounds.</summary>
    /// <returns>The number of operations; a fused multiply-add counts as two.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static long Compute(int rounds)
    {
        // Sixteen independent chains. Everything stays near 1.
        Vector512<float> a = Vector512.Create(1f), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a, m = a, n = a, o = a, p = a;
        Vector512<float> factor = Vector512.Create(0.5f), term = Vector512.Create(0.5f);
        for (var round = 0; round < rounds; round++)
        {
            (a, b, c, d) = (Next(a), Next(b), Next(c), Next(d));
            (e, f, g, h) = (Next(e), Next(f), Next(g), Next(h));
            (i, j, k, l) = (Next(i), Next(j), Next(k), Next(l));
            (m, n, o, p) = (Next(m), Next(n), Next(o), Next(p));
        }

        var all = a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p;
        return all[0] == Chains ? 2L * Chains * Vector512<float>.Count * rounds : throw new InvalidOperationException("the processor computes wrongly");

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector512<float> Next(Vector512<float> x) => Vector512.FusedMultiplyAdd(x, factor, term);
    }
}

using System.Runtime.Intrinsics.X86;
using Arm = System.Runtime.Intrinsics.Arm;

namespace Ddpm.Host.Diagnosis;

/// <summary>What is known of the processor.</summary>
internal static class Processor
{
    /// <summary>Its vector instructions.</summary>
    public static string Instructions =>
        Avx512F.IsSupported ? "AVX-512" + (HasAvx512Bf16 ? " with bfloat16" : "")
        : Avx2.IsSupported ? "AVX2"
        : Arm.AdvSimd.IsSupported ? "NEON"
        : "no vector instructions that are known here";

    /// <summary>Its cores and instructions.</summary>
    public static string Description => Invariant($"{Environment.ProcessorCount} cores with {Instructions}");

    /// <summary>Bit 5 of EAX of CPUID leaf 7, subleaf 1 (Intel's manual, volume 2A).</summary>
    public static bool HasAvx512Bf16 => X86Base.IsSupported && (X86Base.CpuId(7, 0).Eax >= 1) && (X86Base.CpuId(7, 1).Eax & 1 << 5) != 0;
}

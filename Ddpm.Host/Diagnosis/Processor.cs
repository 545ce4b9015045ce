using System.Runtime.Intrinsics.X86;
using Ddpm.Gpu.Devices;
using Arm = System.Runtime.Intrinsics.Arm;

namespace Ddpm.Host.Diagnosis;

/// <summary>What is known of the processor.</summary>
internal static class Processor
{
    /// <summary>Its vector instructions.</summary>
    public static string Instructions =>
        Avx512F.IsSupported ? "AVX-512" + (ComputeDevice.MultipliesBfloat16 ? " with bfloat16" : "")
        : Avx2.IsSupported && Fma.IsSupported ? "AVX2"
        : Arm.AdvSimd.IsSupported ? "NEON"
        : $"slow: {ComputeDevice.NoVectors}";

    /// <summary>Its cores and instructions.</summary>
    public static string Description => Invariant($"{Environment.ProcessorCount} cores with {Instructions}");
}

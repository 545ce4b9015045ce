using Ddpm.Gpu.Kernels;

namespace Ddpm.Properties.Kernels;

/// <summary>A law of machine code, which there is where the processor has the instruction.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MachineCodeLawAttribute : LawAttribute
{
    public MachineCodeLawAttribute()
    {
        if (!Bfloat16Code.Exists)
        {
            Skip = "needs AVX512-BF16, and Linux";
        }
    }
}


namespace Ddpm.Pure.Optimisation;

/// <summary>What a network computes in while it is trained.</summary>
public enum Precision
{
    /// <summary>IEEE 754 binary32.</summary>
    Binary32,

    /// <summary>bfloat16, the upper half of binary32: on a processor for the products of 3×3 windows, on a GPU for what layers take, make and multiply. Sums and everything outside stay binary32.</summary>
    BFloat16,
}

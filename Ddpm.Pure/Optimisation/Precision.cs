namespace Ddpm.Pure.Optimisation;

/// <summary>The number format of a network's arithmetic in training.</summary>
public enum Precision
{
    /// <summary>IEEE 754 binary32.</summary>
    Binary32,

    /// <summary>
    /// bfloat16, the upper half of binary32. On a CPU it applies to the products of 3×3 convolutions; on a GPU, to the inputs, outputs and products of
    /// layers. Sums and everything else stay binary32.
    /// </summary>
    BFloat16,
}

namespace Ddpm.Pure.Schedules;

/// <summary>The least and the greatest β of a schedule of a thousand steps.</summary>
/// <param name="Min">β_min ∈ (0, 1).</param>
/// <param name="Max">β_max ∈ [β_min, 1).</param>
public readonly record struct UsualBetas(double Min, double Max)
{
    /// <summary>Of the linear schedule (Ho et al. 2020, section 4).</summary>
    public static UsualBetas Linear => new(1e-4, 0.02);

    /// <summary>Of the scaled linear schedule (Rombach et al. 2022, Stable Diffusion).</summary>
    public static UsualBetas ScaledLinear => new(0.00085, 0.012);
}

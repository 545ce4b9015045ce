namespace Ddpm.Pure.Schedules;

/// <summary>The least and the greatest β of a schedule that was published for 1000 steps.</summary>
/// <param name="Min">β_min ∈ (0, 1).</param>
/// <param name="Max">β_max ∈ [β_min, 1).</param>
public readonly record struct UsualBetas(double Min, double Max)
{
    /// <summary>The upper limit of β, as in the cosine schedule (Nichol and Dhariwal 2021, section 3.2).</summary>
    private const double Most = 0.999;

    private const double PublishedSteps = 1000;

    /// <summary>The linear schedule's (Ho et al. 2020, section 4).</summary>
    public static UsualBetas Linear => new(1e-4, 0.02);

    /// <summary>The scaled linear schedule's (Rombach et al. 2022, Stable Diffusion).</summary>
    public static UsualBetas ScaledLinear => new(0.00085, 0.012);

    /// <summary>
    /// The values for T steps: 1000/T times as large, so that a schedule of any length ends about as noisy (the code of Nichol and Dhariwal 2021,
    /// get_named_beta_schedule), and at most 0.999. T = 1000 leaves them unchanged to the bit.
    /// </summary>
    /// <param name="steps">T ≥ 1.</param>
    public UsualBetas For(int steps) => new(Math.Min(Min * (PublishedSteps / steps), Most), Math.Min(Max * (PublishedSteps / steps), Most));
}

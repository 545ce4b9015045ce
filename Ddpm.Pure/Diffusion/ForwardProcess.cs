using Ddpm.Pure.Schedules;

namespace Ddpm.Pure.Diffusion;

/// <summary>A Gaussian transition x' = Scale·x + √Variance·ε, ε ~ N(0, 1), separately for each pixel.</summary>
/// <param name="Scale">The factor of the starting point.</param>
/// <param name="Variance">The variance of the added noise, ≥ 0.</param>
public readonly record struct GaussianTransition(double Scale, double Variance)
{
    /// <summary>This transition followed by another (Chapman and Kolmogorov).</summary>
    public GaussianTransition Then(GaussianTransition next) => new(Scale * next.Scale, next.Scale * next.Scale * Variance + next.Variance);
}

/// <summary>The forward (noising) process q (Ho et al. 2020, eqs. 2 and 4).</summary>
public static class ForwardProcess
{
    /// <summary>q(x_t | x_s), from an earlier level s to a later level t: scale √(ᾱ_t/ᾱ_s), variance 1 − ᾱ_t/ᾱ_s.</summary>
    public static GaussianTransition Transition(VariancePreservingLevel earlier, VariancePreservingLevel later) =>
        new(Math.Sqrt(later.AlphaSince(earlier)), later.BetaSince(earlier));

    /// <summary>x_t = a·x_0 + σ·ε, one pixel, at any level (Ho et al. 2020, eq. 4).</summary>
    public static double Diffuse(NoiseLevel level, double x0, double epsilon) => level.A * x0 + level.Sigma * epsilon;
}

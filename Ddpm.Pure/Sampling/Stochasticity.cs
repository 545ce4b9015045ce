using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// How much noise a sampler draws (Xue et al. 2023, 2309.05019). The reverse equations share their marginals; each function τ(λ) ≥ 0 gives one of them.
/// τ = 0 is the probability flow, and τ = 1 is the reverse of the forward process. Here τ is constant between two noise levels and 0 elsewhere. Over a step
/// of length h in λ, with u the integral of τ² over the step, the solution in x_0 is
/// x_p = (σ_p/σ_t)·e^(−u)·x + a_p·∫₀¹ H·e^(−H(1−s))·x_0(λ_t + s·h) ds + σ_p·√(1 − e^(−2u))·z, H = h + u.
/// It is exact if τ is constant over the step. If τ changes within the step, it is exact for a constant x_0.
/// </summary>
/// <param name="Tau">τ ∈ [0, 10].</param>
/// <param name="Least">The σ/a at which noise ends, ≥ 0.</param>
/// <param name="Most">The σ/a at which noise begins, > Least; ∞ for the beginning of sampling.</param>
public sealed record Stochasticity(double Tau, double Least = 0, double Most = double.PositiveInfinity)
{
    /// <summary>The probability flow.</summary>
    public static Stochasticity None { get; } = new(0);

    /// <summary>The reverse of the forward process.</summary>
    public static Stochasticity Full { get; } = new(1);

    /// <summary>
    /// The best setting measured for few timesteps, above all for ten with Karras' spacing (Ddpm.Host/RESULTS.md): some noise while the images take shape.
    /// </summary>
    public static Stochasticity OfFewSteps { get; } = new(0.6, 0.02, 2);

    /// <summary>
    /// The fewest timesteps that work with full noise everywhere. At fifteen it costs no more than the difference between seeds, at twenty it improves quality.
    /// </summary>
    public const int ManySteps = 15;

    /// <summary>The best setting measured for this number of timesteps.</summary>
    public static Stochasticity Usual(int steps) => steps < ManySteps ? OfFewSteps : Full;

    /// <summary>Checks that the numbers are in range.</summary>
    internal Validation<Error, Unit> Checked() =>
        (Check.That("tau", Tau, Tau is >= 0 and <= 10, "must lie in [0, 10]"),
            Check.NoiseRange("tau-range", Least, Most))
        .Apply((_, _) => unit);

    /// <summary>u ∈ [0, ∞]: τ² times the length of the part of the step that lies within the range.</summary>
    internal double Over(SamplingStep step)
    {
        var noisy = Math.Min(step.To.Lambda, -Elementary.Log(Least)) - Math.Max(step.From.Lambda, -Elementary.Log(Most));
        return Tau > 0 && noisy > 0 ? Tau * Tau * noisy : 0;
    }
}

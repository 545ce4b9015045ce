using Ddpm.Pure.Numerics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// How much noise a sampler draws on its way (Xue et al. 2023, 2309.05019): the reverse equations that share their marginals, one for each function τ(λ) ≥ 0, of which τ = 0 is
/// the probability flow and τ = 1 the reverse of the forward process. Here τ is constant between two levels of noise and 0 elsewhere. Solved in x_0 over a step of length h in λ,
/// with u the integral of τ² over the step:
/// x_p = (σ_p/σ_t)·e^(−u)·x + a_p·∫₀¹ H·e^(−H(1−s))·x_0(λ_t + s·h) ds + σ_p·√(1 − e^(−2u))·z, H = h + u.
/// Where τ is constant over the step that is exact; where it changes within, for a constant x_0.
/// </summary>
/// <param name="Tau">τ ∈ [0, 10].</param>
/// <param name="Least">The σ/a where noise ends, ≥ 0.</param>
/// <param name="Most">The σ/a where noise begins, > Least; ∞ where sampling begins.</param>
public sealed record Stochasticity(double Tau, double Least = 0, double Most = double.PositiveInfinity)
{
    /// <summary>The probability flow.</summary>
    public static Stochasticity None { get; } = new(0);

    /// <summary>The reverse of the forward process.</summary>
    public static Stochasticity Full { get; } = new(1);

    /// <summary>What was found to suit few timesteps, ten of Karras' spacing above all (Ddpm.Host/RESULTS.md): some noise where images take shape.</summary>
    public static Stochasticity OfFewSteps { get; } = new(0.6, 0.02, 2);

    /// <summary>The fewest timesteps that bear all noise everywhere: at fifteen it costs no more than seeds differ by, at twenty it gains.</summary>
    public const int ManySteps = 15;

    /// <summary>What was found to suit so many timesteps.</summary>
    public static Stochasticity Usual(int steps) => steps < ManySteps ? OfFewSteps : Full;

    /// <summary>Whether the numbers are in range.</summary>
    internal Validation<Error, Unit> Checked() =>
        (Check.That("tau", Tau, Tau is >= 0 and <= 10, "must lie in [0, 10]"),
            Check.That("tau-range", Invariant($"{Least} to {Most}"), Least >= 0 && Least < Most, "must be two noise levels σ/a, the lower one first and not below 0"))
        .Apply((_, _) => unit);

    /// <summary>u ∈ [0, ∞]: τ² times the part of the step that lies within the range.</summary>
    internal double Over(SamplingStep step)
    {
        var noisy = Math.Min(step.To.Lambda, -Elementary.Log(Least)) - Math.Max(step.From.Lambda, -Elementary.Log(Most));
        return Tau > 0 && noisy > 0 ? Tau * Tau * noisy : 0;
    }
}

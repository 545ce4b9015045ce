using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// The variances that a reverse step can have: s² = β̃^(1 − f)·β^f = Least·exp(f·LogWidth) (Nichol and Dhariwal 2021, eq. 15). The fraction f is any real
/// number. f = 0 gives β̃, and f = 1 gives β. Nothing keeps a network's f in [0, 1]; the paper reports that it stays there by itself.
/// </summary>
/// <param name="Least">β̃, the posterior's variance, > 0.</param>
/// <param name="Most">β ≥ β̃.</param>
/// <param name="LogWidth">ln(β/β̃) ≥ 0.</param>
public readonly record struct VarianceRange(double Least, double Most, double LogWidth)
{
    /// <summary>The range of a step between two levels, t noisier than p. Here β/β̃ = (1 − ᾱ_t)/(1 − ᾱ_p).</summary>
    /// <param name="level">The level t.</param>
    /// <param name="earlier">The level p before t. It is not the clean image, whose β̃ is 0.</param>
    public static VarianceRange Between(VariancePreservingLevel level, VariancePreservingLevel earlier)
    {
        var (beta, posterior, lost) = (level.BetaSince(earlier), Posterior.Between(level, earlier).Variance, Lost(level, earlier));
        return new(posterior, beta, lost < 0.125 ? -Elementary.Log1P(-lost) : Elementary.Log(level.NoiseVariance / earlier.NoiseVariance));
    }

    /// <summary>
    /// The range of the first step, whose own β̃ is 0: from β̃_1 to β_0, as in the code of Nichol and Dhariwal. A schedule of one step has β_0 alone.
    /// </summary>
    public static VarianceRange OfFirstStep(VariancePreservingSchedule schedule)
    {
        var most = schedule.Betas[0];
        var least = schedule.Steps > 1 ? Posterior.Between(schedule[1], schedule[0]).Variance : most;
        return new(least, most, least == most ? 0 : Elementary.Log(most) - Elementary.Log(least));
    }

    /// <summary>1 − β̃/β = ᾱ_p·β/(1 − ᾱ_t), without cancellation.</summary>
    internal static double Lost(VariancePreservingLevel level, VariancePreservingLevel earlier) =>
        earlier.AlphaBar * level.BetaSince(earlier) / level.NoiseVariance;

    /// <summary>s² at a fraction. The ends are exact.</summary>
    public double At(double fraction) => fraction switch
    {
        0 => Least,
        1 => Most,
        _ => Least * Elementary.Exp(fraction * LogWidth),
    };
}

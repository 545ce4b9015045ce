using Ddpm.Pure.Schedules;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// The posterior q(x_p | x_t, x_0) = N(X0Coefficient·x_0 + XtCoefficient·x_t, Variance) of an earlier level p given a later level t (Ho et al. 2020,
/// eqs. 6 and 7, with p = t − 1).
/// </summary>
/// <param name="X0Coefficient">√ᾱ_p·β/(1 − ᾱ_t), with β = 1 − ᾱ_t/ᾱ_p.</param>
/// <param name="XtCoefficient">√α·(1 − ᾱ_p)/(1 − ᾱ_t), with α = ᾱ_t/ᾱ_p.</param>
/// <param name="Variance">β̃ = β·(1 − ᾱ_p)/(1 − ᾱ_t); 0 if p is the clean image.</param>
public readonly record struct Posterior(double X0Coefficient, double XtCoefficient, double Variance)
{
    /// <summary>The posterior between two levels of a chain, t noisier than p.</summary>
    public static Posterior Between(VariancePreservingLevel t, VariancePreservingLevel p)
    {
        double beta = t.BetaSince(p), kept = p.NoiseVariance / t.NoiseVariance;
        return new(p.A * beta / t.NoiseVariance, Math.Sqrt(t.AlphaSince(p)) * kept, beta * kept);
    }

    /// <summary>The mean, one pixel.</summary>
    public double Mean(double x0, double xt) => X0Coefficient * x0 + XtCoefficient * xt;
}

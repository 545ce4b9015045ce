using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// Data x_0 ~ N(Mean, Variance), separately for each pixel. Only for such data are the best possible network, the exact reverse process and the exact
/// probability flow known in closed form. So every sampler can be checked against it.
/// </summary>
/// <param name="Mean">μ.</param>
/// <param name="Variance">s² ≥ 0; 0 is a single point.</param>
public readonly record struct GaussianData(double Mean, double Variance)
{
    /// <summary>The mean of x at a level: a·μ.</summary>
    public double MeanAt(NoiseLevel level) => level.A * Mean;

    /// <summary>The variance of x at a level: a²·s² + σ².</summary>
    public double VarianceAt(NoiseLevel level) => level.SquaredA * Variance + level.NoiseVariance;

    /// <summary>
    /// The output of the best network at a level, as factors of (x, 1). With v the variance of x,
    /// E[x_0|x] = μ + (a·s²/v)·(x − aμ) and E[ε|x] = (σ/v)·(x − aμ). The prediction combines the two.
    /// </summary>
    public LinearPair ExactOutput(Prediction prediction, NoiseLevel level)
    {
        var target = prediction.Target(level);
        var slope = (target.First * level.A * Variance + target.Second * level.Sigma) / VarianceAt(level);
        return new(slope, target.First * Mean - slope * MeanAt(level));
    }

    /// <summary>
    /// The exact probability flow (Song et al. 2021, 2011.13456, eq. 13) of x from one level to another. It keeps x at the same number of standard deviations
    /// from the mean.
    /// </summary>
    public double Flow(double x, NoiseLevel from, NoiseLevel to) => MeanAt(to) + Math.Sqrt(VarianceAt(to) / VarianceAt(from)) * (x - MeanAt(from));
}

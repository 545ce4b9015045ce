using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// Data x_0 ~ N(Mean, Variance), each pixel by itself: the one case in which the best possible network, the exact reverse process and the exact probability flow are
/// known in closed form. Every sampler can be checked against it.
/// </summary>
/// <param name="Mean">μ.</param>
/// <param name="Variance">s² ≥ 0; 0 is a single point.</param>
public readonly record struct GaussianData(double Mean, double Variance)
{
    /// <summary>The mean of x at a level: a·μ.</summary>
    public double MeanAt(NoiseLevel level) => level.A * Mean;

    /// <summary>The variance of x at a level: a²·s² + σ².</summary>
    public double VarianceAt(NoiseLevel level) => level.AlphaBar * Variance + level.NoiseVariance;

    /// <summary>
    /// The best output of a network at a level as factors of (x, 1): E[x_0|x] = μ + (a·s²/v)·(x − aμ) and E[ε|x] = (σ/v)·(x − aμ), with v the variance of x, put into what is predicted.
    /// </summary>
    public LinearPair ExactOutput(Prediction prediction, NoiseLevel level)
    {
        var target = prediction.Target(level);
        var slope = (target.First * level.A * Variance + target.Second * level.Sigma) / VarianceAt(level);
        return new(slope, target.First * Mean - slope * MeanAt(level));
    }

    /// <summary>Where the exact probability flow (Song et al. 2021, 2011.13456, eq. 13) carries x from one level to another: the same number of standard deviations from the mean.</summary>
    public double Flow(double x, NoiseLevel from, NoiseLevel to) => MeanAt(to) + Math.Sqrt(VarianceAt(to) / VarianceAt(from)) * (x - MeanAt(from));
}

using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;

namespace Ddpm.Pure.Diffusion;

/// <summary>
/// The score ∇ₓ ln q(x_t | x_0) = −(x_t − a·x_0)/σ² = −ε/σ of a noised image (Song et al. 2021), for one pixel. Without noise it does not exist.
/// </summary>
public static class Score
{
    /// <summary>The score for noise ε ~ N(0, 1): −ε/σ.</summary>
    public static double OfNoise(NoiseLevel level, double epsilon) => -epsilon / level.Sigma;

    /// <summary>The noise for a score: −σ·score.</summary>
    public static double Noise(NoiseLevel level, double score) => -level.Sigma * score;

    /// <summary>The score that an output implies, as factors of (x, o).</summary>
    public static LinearPair OfOutput(Prediction prediction, NoiseLevel level)
    {
        var noise = prediction.Noise(level);
        return new(OfNoise(level, noise.First), OfNoise(level, noise.Second));
    }
}

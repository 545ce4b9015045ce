using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The variance s_t² of the reverse step's noise (Ho et al. 2020, section 3.2); either choice is optimal for one extreme of the data.</summary>
public enum ReverseVariance
{
    /// <summary>s_t² = β_t: optimal for x_0 ~ N(0, 1).</summary>
    Beta,

    /// <summary>s_t² = β̃_t, the posterior's variance: optimal for a single point.</summary>
    Posterior,
}

/// <summary>
/// Ancestral sampling (Ho et al. 2020, algorithm 2): each line draws from N(posterior mean at the estimated x_0, s_t²), and the last adds no noise.
/// </summary>
public static class AncestralSampler
{
    /// <summary>
    /// Compiles the sampler over a schedule.
    /// </summary>
    /// <param name="schedule">The noise schedule that the network was trained with.</param>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="timesteps">The timesteps to visit, strictly decreasing, in [0, T): see <see cref="Timesteps"/>.</param>
    /// <param name="variance">The reverse variance.</param>
    /// <param name="clipSample">Whether to clip the estimated x_0 to [−1, 1].</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    public static SamplingPlan Compile(
        NoiseSchedule schedule, Prediction prediction, Timesteps timesteps, ReverseVariance variance, bool clipSample) =>
        new(timesteps.Pairs.Map(pair =>
        {
            NoiseLevel level = schedule[pair.Current], next = schedule[pair.Next];
            var posterior = Posterior.Between(level, next);
            var noise = variance == ReverseVariance.Beta ? level.BetaSince(next) : posterior.Variance;
            return new SamplingLine(
                pair.Current,
                Estimate: prediction.CleanImage(level),
                Remember: new(0, 1),
                Correct: Correction.None,
                Predict: new(posterior.XtCoefficient, Array(posterior.X0Coefficient)),
                Noise: pair.Next < 0 ? 0 : Math.Sqrt(noise));
        }), clipSample);
}

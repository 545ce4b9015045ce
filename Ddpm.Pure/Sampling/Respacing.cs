using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Sampling;

/// <summary>The noise schedule on some of the timesteps of another schedule (Nichol and Dhariwal 2021, section 4).</summary>
public static class Respacing
{
    /// <summary>
    /// Keeps ᾱ at the timesteps and sets β'_i = 1 − ᾱ_{S_i}/ᾱ_{S_{i−1}}. If two neighbouring timesteps are kept, so is the β between them, to the bit.
    /// </summary>
    /// <param name="schedule">The schedule of T steps.</param>
    /// <param name="timesteps">The timesteps, all below T.</param>
    /// <returns>A schedule with one step per timestep, the least noisy first; or the timestep that the schedule lacks.</returns>
    public static Validation<Error, VariancePreservingSchedule> Respaced(this VariancePreservingSchedule schedule, Timesteps timesteps) =>
        Check.That("timesteps[0]", timesteps.Values[0], timesteps.Values[0] < schedule.Steps, Invariant($"must lie in [0, {schedule.Steps})"))
            .Map(_ =>
            {
                var kept = timesteps.Values.Reverse().ToArr();
                int Before(int i) => i == 0 ? -1 : kept[i - 1];
                return new VariancePreservingSchedule(
                    kept.Map((i, t) => Before(i) == t - 1 ? schedule.Betas[t] : VariancePreservingSchedule.Beta(schedule[Before(i)], schedule[t])).ToArr(),
                    kept.Map(t => schedule[t]));
            });
}

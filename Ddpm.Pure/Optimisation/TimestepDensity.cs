using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Optimisation;

/// <summary>How often training draws each timestep: a distribution over [0, T). <see cref="TimestepSampling"/> draws from it.</summary>
public abstract record TimestepDensity
{
    private TimestepDensity()
    {
    }

    /// <summary>The densities by name, each with its usual numbers.</summary>
    public static ChoiceTable<TimestepDensity> All { get; } = ChoiceTable.Of<TimestepDensity>(
        ("uniform", new Uniform()), ("logit-normal", new LogNormal(0, 1)), ("log-normal", new LogNormal(-1.2, 1.2)));

    /// <summary>Every timestep equally often (Ho et al. 2020, algorithm 1).</summary>
    public sealed record Uniform : TimestepDensity
    {
        internal override Option<Arr<double>> Cumulative(NoiseSchedule schedule) => None;
    }

    /// <summary>
    /// ln(σ/a) is normal: EDM's training noise (Karras et al. 2022, table 1: mean −1.2, deviation 1.2). On rectified flow, where a = 1 − σ, it is the
    /// logit-normal density of σ (Esser et al. 2024, eq. 19: mean 0, deviation 1). Timestep t stands for the levels between t − 1 and itself; the first and
    /// the last also for the levels beyond.
    /// </summary>
    /// <param name="Mean">The mean of ln(σ/a).</param>
    /// <param name="Deviation">The standard deviation of ln(σ/a), > 0.</param>
    public sealed record LogNormal(double Mean, double Deviation) : TimestepDensity
    {
        /// <summary>The density with given numbers.</summary>
        /// <param name="mean">Finite.</param>
        /// <param name="deviation">Positive and finite.</param>
        /// <returns>The density, or every fault of the two values.</returns>
        public static Validation<Error, TimestepDensity> Of(double mean, double deviation) =>
            (Check.That("noise-mean", mean, double.IsFinite(mean), "must be finite"),
                Check.That("noise-deviation", deviation, deviation > 0 && double.IsFinite(deviation), "must be positive and finite"))
            .Apply(TimestepDensity (m, s) => new LogNormal(m, s));

        internal override Option<Arr<double>> Cumulative(NoiseSchedule schedule) => schedule.Levels
            .Map((t, level) => t == schedule.Steps - 1 ? 1 : NormalDistribution.Cdf((-level.Lambda - Mean) / Deviation)).ToArr();
    }

    /// <summary>The probability of a timestep of at most t, for each t; none if all are equally probable.</summary>
    internal abstract Option<Arr<double>> Cumulative(NoiseSchedule schedule);
}

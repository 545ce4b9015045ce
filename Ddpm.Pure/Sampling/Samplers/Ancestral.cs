using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// Ancestral sampling (Ho et al. 2020, algorithm 2): each line draws from N(posterior mean at the estimated x_0, s_t²), and the last adds no noise.
/// </summary>
/// <param name="Variance">The reverse variance s_t².</param>
public sealed record Ancestral(ReverseVariance Variance = ReverseVariance.Beta) : Sampler
{
    /// <summary>The name of the reverse variance that needs a network with a second output.</summary>
    public const string LearnedName = "learned";

    /// <summary>The reverse variances by name.</summary>
    public static ChoiceTable<ReverseVariance> Variances { get; } = ChoiceTable.Of(
        ("beta", ReverseVariance.Beta), ("posterior", ReverseVariance.Posterior), (LearnedName, ReverseVariance.LearnedRange));

    /// <inheritdoc/>
    public override string Name => "ddpm";

    /// <inheritdoc/>
    public override string Source => "Ho et al. 2020 (2006.11239), algorithm 2";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => null;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("variance");

    internal override int UsualSteps(int available) => available;

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) =>
        Variances.Find("variance", options.Variance ?? "beta").Map(Sampler (variance) => new Ancestral(variance));

    private protected override Validation<Error, Unit> CheckedOn(SamplingSetting setting) => setting.Schedule is VariancePreservingSchedule
        ? unit
        : Check.Fail<Unit>("sampler", Name, "needs a schedule that is a Markov chain, a² + σ² = 1 (ddim with --eta 1 draws the same noise on any schedule)");

    internal override SamplingPlan PlanOn(SamplingSetting setting) => PlanOn(setting, (VariancePreservingSchedule)setting.Schedule);

    private SamplingPlan PlanOn(SamplingSetting setting, VariancePreservingSchedule chain) => setting.Plan(setting.Steps.Map(step =>
    {
        var (from, to) = (chain[step.Timestep], chain[step.NextTimestep]);
        var posterior = Posterior.Between(from, to);
        double least = Math.Sqrt(posterior.Variance), most = Math.Sqrt(from.BetaSince(to));
        var noise = Variance switch
        {
            _ when step.To.NoiseVariance == 0 => NoiseRange.None,
            ReverseVariance.Beta => NoiseRange.Of(most),
            ReverseVariance.Posterior => NoiseRange.Of(least),
            _ => new(least, most),
        };
        return setting.Line(step, Memory.CleanImage, Correction.None, new(posterior.XtCoefficient, Array(posterior.X0Coefficient)), noise);
    }).ToArr());
}

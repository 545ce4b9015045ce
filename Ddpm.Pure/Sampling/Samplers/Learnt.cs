using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// A plan whose numbers were fitted to one trained network (see <see cref="LearntPlan"/>). It is no row of <see cref="Sampler.All"/>, because its numbers
/// belong to a run and not to a formula.
/// </summary>
/// <param name="Plan">The numbers.</param>
public sealed record Learnt(LearntPlan Plan) : Sampler
{
    /// <summary>The name that options give it.</summary>
    public const string OptionName = "learnt";

    /// <inheritdoc/>
    public override string Name => OptionName;

    /// <inheritdoc/>
    public override string Source => "fitted to a run, as in Tong et al. 2024 (2405.15506) and Frankel et al. 2025 (2502.17423)";

    /// <summary>None: its numbers suit one number of steps.</summary>
    public override int? ConvergenceOrder => null;

    private protected override Validation<Error, Unit> CheckedOn(SamplingSetting setting) =>
        (Check.That(
                "timesteps", string.Join(" ", setting.Timesteps.Values), setting.Timesteps.Values == Plan.Lines.Map(line => line.Timestep),
                "must be the timesteps of the learnt plan"),
            Check.That("guidance-scale", setting.Guidance.Scale, setting.Guidance.Scale == 1, "is part of a learnt plan, so leave it out"))
        .Apply((_, _) => unit);

    internal override SamplingPlan PlanOn(SamplingSetting setting) => setting.Plan(setting.Steps.Zip(Plan.Lines, (step, line) =>
        setting.Line(step, Memory.CleanImage, Correction.None, new(line.X, line.History), NoiseRange.None) with
        {
            Output = line.Guidance.Match(
                weight => new(Array(new NetworkTerm(NetworkSource.Guide, 1 - weight), new NetworkTerm(NetworkSource.Model, weight)), 0),
                () => GuidedOutput.Plain),
        }).ToArr());
}

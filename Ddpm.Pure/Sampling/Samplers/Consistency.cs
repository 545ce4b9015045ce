using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// Multistep consistency sampling (Song et al. 2023, 2303.01469, algorithm 1): each line estimates x_0 and noises it anew to the next level,
/// x_p = a_p·x_0 + σ_p·z. Nothing of x remains but the estimate. It suits networks that were distilled to estimate whole images from few evaluations;
/// others estimate a mean of many images at high noise levels.
/// </summary>
public sealed record Consistency : Sampler
{
    /// <summary>How many timesteps it visits by default, if the schedule has as many.</summary>
    public const int FewSteps = 2;

    /// <inheritdoc/>
    public override string Name => "consistency";

    /// <inheritdoc/>
    public override string Source => "Song et al. 2023 (2303.01469), algorithm 1";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => null;

    internal override int UsualSteps(int available) => Math.Min(FewSteps, available);

    internal override SamplingPlan PlanOn(SamplingSetting setting) => setting.Plan(setting.Steps.Map(step => setting.Line(
        step, Memory.CleanImage, Correction.None, new(0, Array(step.To.A)), NoiseRange.Of(step.To.Sigma))).ToArr());
}

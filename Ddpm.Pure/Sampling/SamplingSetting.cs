using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using LanguageExt;

namespace Ddpm.Pure.Sampling;

/// <summary>The input from which every sampler compiles its plan.</summary>
/// <param name="Schedule">The noise schedule that the network was trained with.</param>
/// <param name="Prediction">What the network predicts.</param>
/// <param name="Timesteps">The timesteps to visit.</param>
/// <param name="ClipSample">Whether to clip the estimated x_0 to [−1, 1].</param>
public sealed record SamplingSetting(NoiseSchedule Schedule, Prediction Prediction, Timesteps Timesteps, bool ClipSample)
{
    /// <summary>How the network is guided.</summary>
    public Guidance Guidance { get; init; } = Guidance.None;

    /// <summary>The steps from each visited level to the next, and from the last to the clean image.</summary>
    public Arr<SamplingStep> Steps =>
        Timesteps.Pairs.Map(pair => new SamplingStep(pair.Current, pair.Next, Schedule[pair.Current], Schedule[pair.Next])).ToArr();

    /// <summary>
    /// The steps of diffusers' DDIMScheduler: from each visited level to the level a fixed number of timesteps below it. If there is no such level,
    /// the step leads to the end of the timesteps. The network is then evaluated at the next visited timestep, whatever level x has reached.
    /// </summary>
    /// <param name="stride">How many timesteps down, ≥ 1.</param>
    public Arr<SamplingStep> StepsOf(int stride) => Timesteps.Values
        .Map(timestep => (From: timestep, To: timestep >= stride ? timestep - stride : Timesteps.End))
        .Map(pair => new SamplingStep(pair.From, pair.To, Schedule[pair.From], Schedule[pair.To])).ToArr();

    /// <summary>A plan with these lines that generates from noise.</summary>
    public SamplingPlan Plan(Arr<SamplingLine> lines) => new(new(0, Schedule[Timesteps.Values[0]].StartDeviation), lines, ClipSample);

    /// <summary>The line of a step that evaluates the network at the beginning of the step.</summary>
    public SamplingLine Line(SamplingStep step, Memory remember, Correction correct, Advance predict, NoiseRange noise) => new(
        step.Timestep, Prediction.InputScale(step.From), Prediction.CleanImage(step.From), remember, correct, predict, noise, new(step.To.A, step.To.Sigma))
    {
        Output = Guidance.At(step.From),
    };

    /// <summary>A line with its network evaluation moved to another level.</summary>
    /// <param name="line">The line.</param>
    /// <param name="timestep">The timestep of the level.</param>
    /// <param name="remember">What the line stores now.</param>
    public SamplingLine Evaluating(SamplingLine line, int timestep, Memory remember) => line with
    {
        Timestep = timestep,
        Input = Prediction.InputScale(Schedule[timestep]),
        Estimate = Prediction.CleanImage(Schedule[timestep]),
        Output = Guidance.At(Schedule[timestep]),
        Remember = remember,
    };

    /// <summary>
    /// Stores ε, the noise that x contains, as the output implies it. If the estimate of x_0 is clipped, the clipped estimate implies ε instead, so
    /// that a·x_0 + σ·ε is always x.
    /// </summary>
    public Memory NoiseAt(NoiseLevel level)
    {
        var ofOutput = Prediction.Noise(level);
        return ClipSample ? new(1 / level.Sigma, 0, -level.A / level.Sigma) : new(ofOutput.First, ofOutput.Second, 0);
    }
}

/// <summary>One step of a sampler, from a level to a less noisy one.</summary>
/// <param name="Timestep">The timestep of the first level.</param>
/// <param name="NextTimestep">The timestep of the second level; −1 for the clean image.</param>
/// <param name="From">The level of x.</param>
/// <param name="To">The level to reach. If it is the same level, the step does nothing.</param>
public sealed record SamplingStep(int Timestep, int NextTimestep, NoiseLevel From, NoiseLevel To)
{
    /// <summary>
    /// h = λ_To − λ_From ≥ 0, the length of the step in half the logarithm of the signal-to-noise ratio; ∞ if either level has no noise or no image.
    /// </summary>
    public double H => From == To ? 0 : To.Lambda - From.Lambda;

    /// <summary>σ_To/σ_From, the factor of x in the exact solution for a known x_0(λ).</summary>
    public double SigmaRatio => To.Sigma / From.Sigma;

    /// <summary>a_To/a_From ≥ 1, the factor of x in the exact solution for a known ε; infinite if the first level has no image.</summary>
    public double ImageRatio => Elementary.Exp(To.LogSquaredRatioSince(From) / 2);

    /// <summary>a_To·(σ_To/a_To − σ_From/a_From) ≤ 0, the factor of a constant ε in the exact solution.</summary>
    public double NoiseStep => ImageRatio * From.Sigma * Elementary.ExpM1(-H);
}

using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>How <see cref="Pndm"/> gets the values that its multistep lines need.</summary>
public enum PndmStart
{
    /// <summary>
    /// As published: three pseudo Runge–Kutta steps of four evaluations each, at the level, twice at the timestep halfway to the next (rounded to the noisier
    /// one), and at the next. A step without a timestep strictly between, or to the clean image, has one evaluation and the values so far.
    /// </summary>
    RungeKutta,

    /// <summary>As in Stable Diffusion: one step of Heun's, whose second value is not kept, then the values so far.</summary>
    Heun,
}

/// <summary>
/// Pseudo numerical methods (Liu et al. 2022, 2202.09778): a classical method gives ε, and the transfer of eq. 11 moves x by it. This transfer is DDIM's,
/// x_p = (a_p/a_t)·x + a_p·(σ_p/a_p − σ_t/a_t)·ε. The multistep lines are those of <see cref="Ipndm"/> of order 4. The coefficients fit equal steps in σ/a
/// alone, so on other steps the method has order 2. On equal steps it has order 4 from one exact point with <see cref="PndmStart.RungeKutta"/>, and
/// order 3 with <see cref="PndmStart.Heun"/>.
/// </summary>
/// <param name="Start">How it starts.</param>
public sealed record Pndm(PndmStart Start) : Sampler
{
    private const int RungeKuttaSteps = 3;

    /// <inheritdoc/>
    public override string Name => Start == PndmStart.Heun ? "plms" : "pndm";

    /// <inheritdoc/>
    public override string Source => "Liu et al. 2022 (2202.09778)" + (Start == PndmStart.Heun ? "; the start as in Stable Diffusion's code" : "");

    /// <inheritdoc/>
    public override int? ConvergenceOrder => 2;

    internal override bool StepsAlongNoiseRatio => true;

    internal override SamplingPlan PlanOn(SamplingSetting setting)
    {
        var lines = Arr<SamplingLine>.Empty;
        var kept = Arr<int>.Empty; // the lines whose values the multistep lines use
        foreach (var (step, i) in setting.Steps.Select((step, i) => (step, i)))
        {
            kept = kept.Add(lines.Count);
            lines = lines.AddRange(this switch
            {
                { Start: PndmStart.RungeKutta } when i < RungeKuttaSteps && HasMiddle(step) => RungeKutta(setting, step),
                { Start: PndmStart.Heun } when i == 0 => Heun.Lines(setting, step),
                _ => Array(setting.Line(
                    step, setting.NoiseAt(step.From), Correction.None, new(step.ImageRatio, Multistep(step, kept)), NoiseRange.None)),
            });
        }

        return setting.Plan(lines);
    }

    private static bool HasMiddle(SamplingStep step) => step.NextTimestep >= 0 && Middle(step) < step.Timestep;

    private static int Middle(SamplingStep step) => step.Timestep - (step.Timestep - step.NextTimestep) / 2;

    /// <summary>Adams and Bashforth's sum of the last kept values. The newest is the last one's.</summary>
    private static Arr<double> Multistep(SamplingStep step, Arr<int> kept)
    {
        var coefficients = Ipndm.Coefficients[Math.Min(Ipndm.Coefficients.Count, kept.Count) - 1];
        var newest = kept[^1];
        var history = new double[newest - kept[kept.Count - coefficients.Count] + 1];
        for (var k = 0; k < coefficients.Count; k++)
        {
            history[newest - kept[kept.Count - 1 - k]] = step.NoiseStep * coefficients[k];
        }

        return new(history);
    }

    /// <summary>
    /// The classical method of fourth order: from the first level to the middle with the first ε, and with the second; to the end with the third, and with
    /// (ε₁ + 2ε₂ + 2ε₃ + ε₄)/6.
    /// </summary>
    private static Arr<SamplingLine> RungeKutta(SamplingSetting setting, SamplingStep step)
    {
        var middle = Middle(step);
        var half = step with { NextTimestep = middle, To = setting.Schedule[middle] };
        SamplingLine Line(SamplingStep way, int timestep, Correction correct, params double[] coefficients)
        {
            var remember = setting.NoiseAt(setting.Schedule[timestep]);
            var line = setting.Line(
                way, remember, correct, new(way.ImageRatio, MultistepSampler.Scaled(way.NoiseStep, new(coefficients))), NoiseRange.None);
            return setting.Evaluating(line, timestep, remember);
        }

        return Array(
            Line(half, step.Timestep, Correction.None, 1),
            Line(half, middle, Correction.Stay, 1),
            Line(step, middle, Correction.Stay, 1),
            Line(step, step.NextTimestep, Correction.Stay, 1 / 6.0, 2 / 6.0, 2 / 6.0, 1 / 6.0));
    }
}

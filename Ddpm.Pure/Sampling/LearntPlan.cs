using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// One line of a <see cref="LearntPlan"/>: x ← X·x + Σₖ History[k]·x0ᵢ₋ₖ, with the clean images x0 that this line and earlier lines estimate.
/// </summary>
/// <param name="Timestep">The timestep given to the network, in [0, T).</param>
/// <param name="X">The factor of x.</param>
/// <param name="History">The factors of the estimates, the newest first: at least one, and at most one for each line so far.</param>
/// <param name="Guidance">
/// w of <see cref="Diffusion.Guidance"/> if the line asks the guide too, which costs a second evaluation; none if it asks the model alone.
/// </param>
public sealed record LearntLine(int Timestep, double X, Arr<double> History, Option<double> Guidance = default)
{
    /// <summary>How often it evaluates a network for each image: 1 or 2.</summary>
    public int Evaluations => Guidance.IsSome ? 2 : 1;
}

/// <summary>
/// The numbers of a sampling plan that were fitted to a trained network: its timesteps and its factors (LD3, Tong et al. 2024, 2405.15506; S4S, Frankel et al.
/// 2025, 2502.17423). Nothing else of the plan is free: each line estimates x_0, stores it, and moves x without noise. Linear multistep methods on x_0, such as
/// DPM-Solver++, have this form too.
/// </summary>
public sealed record LearntPlan
{
    private LearntPlan(Arr<LearntLine> lines) => Lines = lines;

    /// <summary>The lines, from noise to image; at least one.</summary>
    public Arr<LearntLine> Lines { get; }

    /// <summary>How often networks are evaluated for each image.</summary>
    public int Evaluations => Lines.Sum(line => line.Evaluations);

    /// <summary>The timesteps on a schedule, or that the schedule lacks them.</summary>
    public Validation<Error, Timesteps> TimestepsOn(NoiseSchedule schedule) => Timesteps.Of(Lines.Map(line => line.Timestep), schedule.Steps);

    /// <summary>Checks the numbers of a plan.</summary>
    /// <param name="lines">Timesteps strictly decreasing in [0, T); factors that are finite in float32; no more factors than estimates.</param>
    /// <param name="steps">T.</param>
    /// <returns>The plan, or every fault.</returns>
    public static Validation<Error, LearntPlan> Of(Arr<LearntLine> lines, int steps)
    {
        var counts = lines.Map((i, line) => Check.That(
            Invariant($"lines[{i}].history"), line.History.Count, line.History.Count >= 1 && line.History.Count <= i + 1,
            Invariant($"must have from 1 to {i + 1} numbers"))).Sequence();
        var finite = lines.Map((i, line) => Numbers(line).Map(number => Check.That(
                Invariant($"lines[{i}].{number.Name}"), number.Value, float.IsFinite((float)number.Value), "must be finite in float32")).Sequence())
            .Sequence();
        return (Timesteps.Of(lines.Map(line => line.Timestep), steps), counts, finite).Apply((_, _, _) => new LearntPlan(lines));
    }

    /// <summary>The numbers of a plan of this form: one that has no noise, no corrector and no clipping of its own, and remembers x_0.</summary>
    /// <param name="plan">The plan, for example DPM-Solver++'s.</param>
    /// <returns>Its numbers; none if the plan has another form.</returns>
    public static Option<LearntPlan> From(SamplingPlan plan) => plan.Lines.ForAll(HasForm)
        ? new LearntPlan(plan.Lines.Map(line => new LearntLine(line.Timestep, line.Predict.Base, line.Predict.History, Weight(line))))
        : Option<LearntPlan>.None;

    private static bool HasForm(SamplingLine line) =>
        line.Remember == Memory.CleanImage && line.Correct == Correction.None && !line.Noise.Draws && line.Output.Rescale == 0
        && line.Output.Terms[^1].Source == NetworkSource.Model
        && (line.Output.Terms.Count == 1 || line.Output.Terms[0].Source == NetworkSource.Guide);

    private static Option<double> Weight(SamplingLine line) => line.Output.Terms.Count == 1 ? Option<double>.None : line.Output.Terms[^1].Factor;

    private static Arr<(string Name, double Value)> Numbers(LearntLine line) =>
        Array(("x", line.X)).AddRange(line.History.Map((k, factor) => (Invariant($"history[{k}]"), factor)))
            .AddRange(line.Guidance.Map(weight => ("guidance", weight)));
}

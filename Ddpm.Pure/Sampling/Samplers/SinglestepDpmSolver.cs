using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// DPM-Solver++ in single-step form (Lu et al. 2022, 2211.01095, algorithm 1; third order as in the authors' code). The visited timesteps form groups of
/// <paramref name="Order"/> steps. A group is one step of the method: its inner levels are the visited ones, and r is what they make it, as in the authors'
/// code. So a plan has one evaluation for each timestep, and r is the published ½, or ⅓ and ⅔, on timesteps even in λ. A step to no noise, from no image or
/// of no length is a group of its own, and what is left at the end is a smaller group.
/// </summary>
/// <param name="Order">2 or 3. Order 3 holds if the number of steps is a multiple of 3, and r tends to ⅔.</param>
/// <param name="LowerOrderFinal">Whether the last step leaves its group, if that would be full, and is of order 1 (diffusers' lower_order_final).</param>
public sealed record SinglestepDpmSolver(int Order, bool LowerOrderFinal = false) : Sampler
{
    /// <inheritdoc/>
    public override string Name => Invariant($"dpmpp-{Order}s");

    /// <inheritdoc/>
    public override string Source => "Lu et al. 2022 (2211.01095), algorithm 1" + (Order == 3 ? "; third order as in the authors' code" : "");

    /// <inheritdoc/>
    public override int? ConvergenceOrder => Order;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("lower-order-final");

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) => new SinglestepDpmSolver(Order, options.LowerOrderFinal);

    internal override Validation<Error, Unit> Checked() => OrderUpTo(Order, 3);

    internal override SamplingPlan PlanOn(SamplingSetting setting) => PlanOn(
        setting, Order, LowerOrderFinal, steps => steps == 3 ? ExponentialIntegration.Weights : DpmSolver.Published);

    /// <summary>
    /// A plan of groups. Each line of a group starts at the group's first level, and leads to the next visited one. It uses the value at the first level and
    /// the newest one.
    /// </summary>
    /// <param name="setting">Schedule, prediction and timesteps.</param>
    /// <param name="order">The most steps in a group.</param>
    /// <param name="lowerOrderFinal">Whether the last step leaves a full group.</param>
    /// <param name="weights">The weights from h and the places of one or two values, for a group with this many steps.</param>
    internal static SamplingPlan PlanOn(SamplingSetting setting, int order, bool lowerOrderFinal, Func<int, Func<double, Arr<double>, Arr<double>>> weights)
    {
        var steps = setting.Steps;
        var lines = new List<SamplingLine>();
        while (lines.Count < steps.Count)
        {
            var rest = steps.Skip(lines.Count).ToArr();
            var most = lowerOrderFinal && rest.Count == order ? order - 1 : order;
            var finite = rest.Take(most).TakeWhile(step => step.H is > 0 and < double.PositiveInfinity).Count();
            var group = rest.Take(Math.Max(1, finite)).ToArr();
            var method = StepIntegration.OfCleanImage(Stochasticity.None, weights(group.Count));
            lines.AddRange(group.Map((i, step) => Line(setting, method, group[0], step, i)));
        }

        return setting.Plan(lines.ToArr());
    }

    private static SamplingLine Line(SamplingSetting setting, StepIntegration method, SamplingStep first, SamplingStep step, int i)
    {
        var whole = step with { From = first.From };
        var start = setting.Line(step, Memory.CleanImage, Correction.None, new(method.Kept(whole), method.Weights(whole, Array(0.0))), NoiseRange.None);
        if (i == 0)
        {
            return start;
        }

        var weights = method.Weights(whole, Array(0, method.Place(whole, step.From)));
        var history = new double[i + 1];
        (history[0], history[i]) = (weights[1], weights[0]);
        return start with { Correct = Correction.Stay, Predict = start.Predict with { History = new(history) } };
    }
}

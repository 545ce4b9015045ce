using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>How a multistep method moves x over one step: x_p = Kept·x + Σ weight_k·value_k + s·z.</summary>
/// <param name="Remember">The value that a line stores, from the level at which it evaluates the network.</param>
/// <param name="Place">
/// The place of a level, in units of the step: 0 at the beginning, 1 at the end. Not finite if the method has no polynomial through a value at that level.
/// </param>
/// <param name="Kept">The factor of x.</param>
/// <param name="Weights">The factors of values at given places: 0 first, then earlier places, and in a correction 1 last.</param>
/// <param name="Noise">The fresh noise.</param>
internal sealed record StepIntegration(
    Func<NoiseLevel, Memory> Remember,
    Func<SamplingStep, NoiseLevel, double> Place,
    Func<SamplingStep, double> Kept,
    Func<SamplingStep, Arr<double>, Arr<double>> Weights,
    Func<SamplingStep, NoiseRange> Noise)
{
    /// <summary>
    /// Integrates x_0 over λ, as DPM-Solver++, UniPC and SA-Solver do: the solution in <see cref="Stochasticity"/>, with a_p·Σ weight_k·x_0 for the integral. A
    /// step of length 0 or ∞ uses only its own value. A value from a level without any image (λ = −∞) cannot be used in a polynomial in λ.
    /// </summary>
    /// <param name="stochasticity">How much noise to draw.</param>
    /// <param name="weights">The method: the weights from H, the length of the step in the integral over x_0, and the places.</param>
    public static StepIntegration OfCleanImage(Stochasticity stochasticity, Func<double, Arr<double>, Arr<double>> weights) => OfCleanImage(
        (step, level) => (level.Lambda - step.From.Lambda) / step.H,
        stochasticity.Over,
        (step, places) => weights(step.H + stochasticity.Over(step), places));

    /// <summary>Integrates x_0 over σ/a, as ER-SDE-Solver does, for any amount of noise.</summary>
    /// <param name="drawn">u ≥ 0, as in <see cref="Stochasticity"/>.</param>
    /// <param name="moment">The integral of τᵏ over the step, with τ the place in σ/a.</param>
    public static StepIntegration OfCleanImageInRatio(Func<SamplingStep, double> drawn, Func<SamplingStep, int, double> moment) =>
        OfCleanImage(PlaceInRatio, drawn, (step, places) => ExponentialIntegration.WeightsOf(k => moment(step, k), places));

    private static StepIntegration OfCleanImage(
        Func<SamplingStep, NoiseLevel, double> place, Func<SamplingStep, double> drawn, Func<SamplingStep, Arr<double>, Arr<double>> weights) => new(
        _ => Memory.CleanImage,
        (step, level) => step.H is > 0 and < double.PositiveInfinity ? place(step, level) : double.NaN,
        step => step.SigmaRatio * Elementary.Exp(-drawn(step)),
        (step, places) => MultistepSampler.Scaled(step.To.A, weights(step, places)),
        step => NoiseRange.Of(step.To.Sigma * Math.Sqrt(0 - Elementary.ExpM1(-2 * drawn(step))))); // 0 less something is never −0

    /// <summary>Integrates ε over σ/a, in which the probability flow is d(x/a) = ε·d(σ/a): the integral of the polynomial through the values.</summary>
    public static StepIntegration OfNoise(SamplingSetting setting) => new(
        setting.NoiseAt,
        (step, level) => step.H > 0 ? PlaceInRatio(step, level) : double.NaN,
        step => step.ImageRatio,
        (step, places) => MultistepSampler.Scaled(step.NoiseStep, ExponentialIntegration.WeightsOf(k => 1.0 / (k + 1), places)),
        _ => NoiseRange.None);

    /// <summary>(σ/a − σ_t/a_t)/(σ_p/a_p − σ_t/a_t), without the loss of digits in the differences.</summary>
    private static double PlaceInRatio(SamplingStep step, NoiseLevel level) =>
        Elementary.ExpM1(step.From.Lambda - level.Lambda) / Elementary.ExpM1(-step.H);
}

/// <summary>
/// What all multistep methods share: the order of a line, the places of earlier values, the correction by the value at the end of a step, and the
/// start of a plan.
/// </summary>
/// <param name="Order">
/// The most values that a line may use, ≥ 1. It is the order of convergence from an exact history; with a corrector, that order is one higher.
/// </param>
/// <param name="Corrector">Whether lines after the first correct x by the value at their own point.</param>
/// <param name="LowerOrderFinal">Whether the order falls to 1 towards the last line: it is at most the number of lines left.</param>
/// <param name="FullOrderStart">
/// Whether the method reaches its order from one exact point, and not only from an exact history. Methods up to order 2 always do. The first lines, which
/// have fewer values, are corrected for this. For order 3 the value at the end of the first step corrects that step, at no cost. For order 4 the network is
/// evaluated a second time, at the corrected point, and the first two steps are then taken again with all three values: one more evaluation.
/// </param>
internal sealed record MultistepSampler(int Order, bool Corrector = false, bool LowerOrderFinal = false, bool FullOrderStart = false)
{
    /// <summary>
    /// A plan in which line i adds Σ weight_k·value of line i − k. With correction, line i first adds what line i − 1 would have added to x had it
    /// also known the value at the end of its step: the weights with that value included, minus the weights that line i − 1 used.
    /// </summary>
    public SamplingPlan Compile(SamplingSetting setting, StepIntegration method)
    {
        var steps = setting.Steps;
        bool HasPolynomial(int i) => i < steps.Count && double.IsFinite(method.Place(steps[i], steps[i].To));
        var start = FullOrderStart ? Range(0, steps.Count).Find(HasPolynomial).IfNone(steps.Count) : steps.Count;
        var reached = Corrector ? Order + 1 : Order;
        var places = steps.Map((i, _) => Places(method, steps, i)).ToArray();
        Correction Correct(int i)
        {
            if (!(Corrector || (reached >= 3 && i == start + 1)) || i == 0 || !HasPolynomial(i - 1))
            {
                return Correction.None;
            }

            // The newest value of line i is the last one among the values that its predecessor can now use.
            Arr<double> before = places[i - 1], corrected = method.Weights(steps[i - 1], before.Add(1)), predicted = method.Weights(steps[i - 1], before);
            return new(0, 1, Array(corrected[^1]).AddRange(predicted.Map((k, weight) => corrected[k] - weight)));
        }

        var lines = steps.Map((i, step) => setting.Line(
            step, method.Remember(step.From), Correct(i), new(method.Kept(step), method.Weights(step, places[i])), method.Noise(step))).ToArr();
        return setting.Plan(reached >= 4 && start + 2 < steps.Count && HasPolynomial(start + 1) ? TakingTwoStepsAgain(lines, steps, start, method) : lines);
    }

    /// <summary>Multiplies the values by a factor.</summary>
    public static Arr<double> Scaled(double factor, Arr<double> values) => values.Map(value => factor * value);

    /// <summary>
    /// The places of the values that line i can use, its own first, in units of its step. The order and the number of lines before it limit their number.
    /// </summary>
    private Arr<double> Places(StepIntegration method, Arr<SamplingStep> steps, int i)
    {
        var places = new double[Math.Min(LowerOrderFinal ? Math.Min(Order, steps.Count - i) : Order, i + 1)];
        for (var k = 1; k < places.Length; k++)
        {
            places[k] = method.Place(steps[i], steps[i - k].From);
        }

        return new(System.Array.FindIndex(places, place => !double.IsFinite(place)) is var barren and > 0 ? places[..barren] : places);
    }

    /// <summary>
    /// The lines with a second evaluation at the corrected end of the first step. Its value replaces the first one. Once the value after the second
    /// step is known, the integral over both steps is taken again with the polynomial through all three values.
    /// </summary>
    private static Arr<SamplingLine> TakingTwoStepsAgain(Arr<SamplingLine> lines, Arr<SamplingStep> steps, int start, StepIntegration method)
    {
        var (first, second, third) = (lines[start], lines[start + 1], lines[start + 2]);
        var (one, two) = (steps[start], steps[start + 1]);
        Arr<double> Over(SamplingStep step) =>
            method.Weights(step, Array(method.Place(step, one.From), method.Place(step, two.From), method.Place(step, two.To)));
        var whole = Scaled(second.Predict.Base, Over(one)).Zip(Over(two), (a, b) => a + b).ToArr();

        // The factors that x has so far: of the two values after the first step, and of the value before it.
        var corrected = second.Predict.Base * second.Correct.History[0];
        var before = second.Predict.Base * (first.Predict.History[0] + second.Correct.History[1]);
        var early = second.Predict.History.Count > 1 ? second.Predict.History[1] : 0;
        var again = new Correction(0, 1, Array(whole[2], whole[1] - second.Predict.History[0], -corrected, whole[0] - before - early));

        // All later lines skip the first of the two values after the first step.
        Arr<double> Past(Arr<double> history, int i) => history.Count > i - start ? history.Insert(i - start, 0) : history;
        SamplingLine Later(SamplingLine line, int i) => line with
        {
            Correct = line.Correct with { History = Past(line.Correct.History, i) },
            Predict = line.Predict with { History = Past(line.Predict.History, i) },
        };
        return lines.Take(start + 1).ToArr()
            .Add(second with { Predict = new(1, Arr<double>.Empty), Noise = NoiseRange.None, Marginal = first.Marginal })
            .Add(Later(second with { Correct = Correction.None }, start + 1))
            .Add(Later(third, start + 2) with { Correct = again })
            .AddRange(lines.Skip(start + 3).Map((i, line) => Later(line, start + 3 + i)));
    }
}

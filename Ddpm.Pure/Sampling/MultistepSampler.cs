using Ddpm.Pure.Numerics;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// What every multistep method in x_0 shares (DPM-Solver++, UniPC, SA-Solver): how x moves with the noise that is drawn, the order that a line can have, where earlier values lie, and
/// how a value at the end of a step corrects it.
/// </summary>
internal static class MultistepSampler
{
    /// <summary>
    /// A plan whose line i advances by the solution that <see cref="Stochasticity"/> gives, with a_p·Σ weight_k·x_0 of line i − k for the integral. Where it corrects, line i first adds
    /// to x what line i − 1 would have added, had it known the value at x as well: its weights with that value as one more, less its own.
    /// </summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="stochasticity">How much noise to draw.</param>
    /// <param name="order">The most values of x_0 that a line may use, ≥ 1.</param>
    /// <param name="lowerOrderFinal">Whether the order falls to 1 towards the last line, as far as the lines left.</param>
    /// <param name="weights">
    /// A method: from a step's length H as x_0 sees it and the places of the values at hand in units of the step, 0 first, then negative ones, and in a correction 1 last, the weights: as many.
    /// </param>
    /// <param name="corrector">Whether lines after the first correct x.</param>
    public static SamplingPlan Compile(
        SamplingSetting setting, Stochasticity stochasticity, int order, bool lowerOrderFinal, Func<double, Arr<double>, Arr<double>> weights, bool corrector)
    {
        var steps = setting.Steps;
        var lambdas = steps.Map(step => step.From.Lambda).ToArray();
        var places = steps.Map((i, step) => Places(step.H, lambdas, i, Math.Min(order, lowerOrderFinal ? steps.Count - i : order))).ToArray();
        var drawn = steps.Map(stochasticity.Over).ToArray();
        Arr<double> Weights(int i, Arr<double> at) => Scaled(steps[i].To.A, weights(steps[i].H + drawn[i], at));
        Correction Correct(int i)
        {
            if (!corrector || i == 0 || !(steps[i - 1].H is > 0 and < double.PositiveInfinity))
            {
                return Correction.None;
            }

            // The newest value of line i is the last of those that its predecessor now has.
            Arr<double> before = places[i - 1], corrected = Weights(i - 1, before.Add(1)), predicted = Weights(i - 1, before);
            return new(0, 1, Array(corrected[^1]).AddRange(predicted.Map((k, weight) => corrected[k] - weight)));
        }

        return setting.Plan(steps.Map((i, step) => setting.Line(
            step,
            Memory.CleanImage,
            Correct(i),
            new(step.SigmaRatio * Elementary.Exp(-drawn[i]), Weights(i, places[i])),
            NoiseRange.Of(step.To.Sigma * Math.Sqrt(0 - Elementary.ExpM1(-2 * drawn[i]))))).ToArr()); // 0 less something is never −0
    }

    /// <summary>The values times a factor.</summary>
    public static Arr<double> Scaled(double factor, Arr<double> values) => values.Map(value => factor * value);

    /// <summary>
    /// The places of the values of x_0 that line i can use, its own first, in units of its step. A step of no length or of infinite length has
    /// its own value alone, and a value from where there was no image (λ = −∞) is of no use to a polynomial in λ.
    /// </summary>
    private static Arr<double> Places(double h, double[] lambdas, int i, int order)
    {
        if (h == 0 || double.IsPositiveInfinity(h))
        {
            return Array(0.0);
        }

        var places = new double[Math.Min(order, i + 1)];
        for (var k = 1; k < places.Length; k++)
        {
            places[k] = (lambdas[i - k] - lambdas[i]) / h;
        }

        return new(System.Array.FindIndex(places, place => !double.IsFinite(place)) is var barren and > 0 ? places[..barren] : places);
    }
}

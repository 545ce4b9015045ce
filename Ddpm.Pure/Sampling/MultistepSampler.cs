using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// What every multistep method in x_0 shares (DPM-Solver++, UniPC): the order that a line can have, where earlier values lie, and the line itself.
/// </summary>
internal static class MultistepSampler
{
    /// <summary>
    /// A deterministic plan whose line i advances by x ← (σ_p/σ_t)·base + a_p·Σ weight_k·x_0 of line i − k, with the weights of a method.
    /// </summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="order">The most values of x_0 that a line may use, ≥ 1.</param>
    /// <param name="lowerOrderFinal">Whether the order falls to 1 towards the last line, as far as the lines left.</param>
    /// <param name="weights">
    /// From a step's length h and the places τ of the values at hand, 0 first, then negative ones, the weights: as many.
    /// </param>
    /// <param name="correct">How line i moves the base, from all steps and the order that line i − 1 had.</param>
    public static SamplingPlan Compile(
        SamplingSetting setting, int order, bool lowerOrderFinal, Func<double, Arr<double>, Arr<double>> weights,
        Func<Arr<SamplingStep>, int, Arr<double>, Correction> correct)
    {
        var steps = setting.Steps;
        var lambdas = steps.Map(step => step.From.Lambda).ToArray();
        var places = steps.Map((i, step) => Places(step.H, lambdas, i, Math.Min(order, lowerOrderFinal ? steps.Count - i : order))).ToArray();
        return setting.Plan(steps.Map((i, step) => setting.Line(
            step,
            Memory.CleanImage,
            i == 0 ? Correction.None : correct(steps, i, places[i - 1]),
            new(step.SigmaRatio, Scaled(step.To.A, weights(step.H, places[i]))),
            NoiseRange.None)).ToArr());
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

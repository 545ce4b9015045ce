using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>UniPC's function B(h). It matters where a method of two values is not solved for but given the coefficient ½; else it cancels.</summary>
public enum UniPcVariant
{
    /// <summary>B = h.</summary>
    Bh1,

    /// <summary>B = e^h − 1, in data prediction 1 − e^(−h).</summary>
    Bh2,
}

/// <summary>
/// UniPC (Zhao et al. 2023, 2302.04867) in data prediction, multistep: a predictor of order p, and a corrector that uses the evaluation at
/// the predicted point a second time, at no cost, and raises the order by one.
/// </summary>
public static class UniPcSampler
{
    /// <summary>Compiles UniPC-p. The first lines have as much order as they have values; the last, to a clean image, has order 1.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="order">p ∈ {1, 2, 3}.</param>
    /// <param name="variant">B(h).</param>
    /// <param name="corrector">Whether lines after the first correct their base; without, the plan is the predictor's (UniP).</param>
    /// <param name="lowerOrderFinal">Whether the order falls towards the last line, as in the authors' code.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    public static SamplingPlan Compile(
        SamplingSetting setting, int order, UniPcVariant variant = UniPcVariant.Bh2, bool corrector = true, bool lowerOrderFinal = false) =>
        MultistepSampler.Compile(
            setting, order, lowerOrderFinal, (h, places) => Weights(h, places, variant),
            (steps, i, places) => corrector && steps[i - 1].H is > 0 and < double.PositiveInfinity ? Correct(steps[i - 1], places, variant) : Correction.None);

    /// <summary>
    /// The base at the end of the previous step, from where that step began: the same formula with the value at its end, τ = 1, as one more value. The history
    /// begins with it, so it comes first.
    /// </summary>
    private static Correction Correct(SamplingStep previous, Arr<double> places, UniPcVariant variant)
    {
        var weights = Weights(previous.H, places.Add(1), variant);
        return new(previous.SigmaRatio, 0, MultistepSampler.Scaled(previous.To.A, Array(weights[^1]).AddRange(weights.Take(places.Count))));
    }

    /// <summary>With two values, ½·B(h) stands for the solution of the linear system, as the authors do; else the polynomial through all values.</summary>
    private static Arr<double> Weights(double h, Arr<double> places, UniPcVariant variant)
    {
        if (places.Count != 2)
        {
            return ExponentialIntegration.Weights(h, places);
        }

        var first = ExponentialIntegration.Moment(0, h);
        var ofSlope = (variant == UniPcVariant.Bh1 ? h : first) / 2 / places[1];
        return Array(first - ofSlope, ofSlope);
    }
}

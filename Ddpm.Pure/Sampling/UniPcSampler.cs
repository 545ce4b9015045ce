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
    /// <param name="corrector">Whether lines after the first correct x; without, the plan is the predictor's (UniP).</param>
    /// <param name="lowerOrderFinal">Whether the order falls towards the last line, as in the authors' code.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    internal static SamplingPlan Compile(
        SamplingSetting setting, int order, UniPcVariant variant = UniPcVariant.Bh2, bool corrector = true, bool lowerOrderFinal = false) =>
        MultistepSampler.Compile(setting, Stochasticity.None, order, lowerOrderFinal, (h, places) => Weights(h, places, variant), corrector);

    /// <summary>
    /// Compiles SA-Solver (Xue et al. 2023, 2309.05019), which is UniPC where noise is drawn: a predictor of order p and a corrector of one order more, of which the correction keeps
    /// the noise that the prediction drew. Without noise it is UniPC-p. A line of two values weighs their slope as UniPC does, by ½·(1 − e^(−H)); the authors' own code has another
    /// coefficient there, which differs by a term of third order.
    /// </summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="order">p ∈ {1, 2, 3}.</param>
    /// <param name="stochasticity">How much noise to draw.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    internal static SamplingPlan CompileStochastic(SamplingSetting setting, int order, Stochasticity stochasticity) =>
        MultistepSampler.Compile(setting, stochasticity, order, lowerOrderFinal: false, (h, places) => Weights(h, places, UniPcVariant.Bh2), corrector: true);

    /// <summary>With two values, ½·B(h) stands for the solution of the linear system, as UniPC's authors do; else the polynomial through all values.</summary>
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

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
    /// <param name="fullOrderStart">Whether the order holds from one exact point: see <see cref="Sampler.UniPc"/>.</param>
    /// <returns>A plan of as many lines as timesteps, or one more for a start of fourth order.</returns>
    internal static SamplingPlan Compile(
        SamplingSetting setting, int order, UniPcVariant variant = UniPcVariant.Bh2, bool corrector = true, bool lowerOrderFinal = false, bool fullOrderStart = false) =>
        new MultistepSampler(order, corrector, lowerOrderFinal, fullOrderStart).Compile(setting, Integration(Stochasticity.None, variant));

    /// <summary>
    /// Compiles SA-Solver (Xue et al. 2023, 2309.05019), which is UniPC where noise is drawn: a predictor of order p and a corrector of one order more, of
    /// which the correction keeps the noise that the prediction drew. Without noise it is UniPC-p. It matters where a line uses two values: their slope is
    /// weighed by ½·B(H), H = (1 + τ²)·h. The published method (the authors' sample_few_steps and diffusers' SASolverScheduler) has B = H,
    /// <see cref="UniPcVariant.Bh1"/>, and an order that falls towards the last line; ours has B = 1 − e^(−H). The two differ by a term of third order.
    /// </summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="order">p ∈ {1, 2, 3}.</param>
    /// <param name="stochasticity">How much noise to draw.</param>
    /// <param name="variant">B(H).</param>
    /// <param name="lowerOrderFinal">Whether the order falls towards the last line.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    internal static SamplingPlan CompileStochastic(SamplingSetting setting, int order, Stochasticity stochasticity, UniPcVariant variant, bool lowerOrderFinal) =>
        new MultistepSampler(order, Corrector: true, lowerOrderFinal).Compile(setting, Integration(stochasticity, variant));

    private static StepIntegration Integration(Stochasticity stochasticity, UniPcVariant variant) =>
        StepIntegration.OfCleanImage(stochasticity, (h, places) => Weights(h, places, variant));

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

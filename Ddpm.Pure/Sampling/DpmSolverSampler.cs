using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The weights of the values of x_0 in DPM-Solver++'s multistep methods.</summary>
public enum DpmSolverWeights
{
    /// <summary>
    /// First and second order as published (2211.01095, algorithm 2); third order as the interpolating polynomial gives it: of order 3 once three exact values
    /// are known.
    /// </summary>
    Interpolating,

    /// <summary>
    /// Third order as the authors' code and diffusers have it: the quadratic term has half the weight that the interpolating polynomial
    /// gives it, and the method is of second order.
    /// </summary>
    Published,
}

/// <summary>DPM-Solver++ in multistep form (Lu et al. 2022, 2211.01095), and its stochastic form of second order.</summary>
public static class DpmSolverSampler
{
    /// <summary>Compiles DPM-Solver++(1), (2M) or (3M). The first lines have as much order as they have values; the last, to a clean image, has order 1.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="order">1, 2 or 3.</param>
    /// <param name="weights">Which third order.</param>
    /// <param name="lowerOrderFinal">Whether the order falls towards the last line whatever it leads to (diffusers' lower_order_final, for fewer than 15 steps).</param>
    /// <param name="fullOrderStart">Whether the third order holds from one exact point: see <see cref="Sampler.DpmSolver"/>.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    internal static SamplingPlan Compile(
        SamplingSetting setting, int order, DpmSolverWeights weights = DpmSolverWeights.Interpolating, bool lowerOrderFinal = false, bool fullOrderStart = false) =>
        new MultistepSampler(order, LowerOrderFinal: lowerOrderFinal, FullOrderStart: fullOrderStart).Compile(setting, StepIntegration.OfCleanImage(
            Stochasticity.None,
            (h, places) => places.Count < 3 || weights == DpmSolverWeights.Published ? Published(h, places) : ExponentialIntegration.Weights(h, places)));

    /// <summary>Compiles SDE-DPM-Solver++(2M): x_p = (σ_p/σ_t)·e^(−h)·x + a_p·(1 − e^(−2h))·(x_0 + ½D) + σ_p·√(1 − e^(−2h))·z, D the slope of x_0 over the step.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <param name="lowerOrderFinal">As for the form without noise.</param>
    /// <returns>A plan of as many lines as timesteps.</returns>
    internal static SamplingPlan CompileStochastic(SamplingSetting setting, bool lowerOrderFinal = false) =>
        new MultistepSampler(2, LowerOrderFinal: lowerOrderFinal).Compile(setting, StepIntegration.OfCleanImage(Stochasticity.Full, Published));

    /// <summary>
    /// ψ_0·(x_0 + ½·D₁) of second order, and ψ_0·x_0 + ψ_1·D₁ + ½ψ_2·D₂ of third, D the divided differences of x_0 over the places; at order 3,
    /// D₁ is the quadratic's slope where the step begins.
    /// </summary>
    internal static Arr<double> Published(double h, Arr<double> places)
    {
        var first = ExponentialIntegration.Moment(0, h);
        if (places.Count == 1)
        {
            return Array(first);
        }

        if (places.Count == 2)
        {
            var half = first / 2 / places[1];
            return Array(first - half, half);
        }

        var exact = ExponentialIntegration.Weights(h, places);
        var missing = ExponentialIntegration.Moment(2, h) / 2;
        return exact.Map((j, weight) => weight - missing * SecondDifference(places, j)).ToArr();
    }

    /// <summary>The weight of value j in the second divided difference, the coefficient of τ² in the quadratic through three values.</summary>
    private static double SecondDifference(Arr<double> places, int j) =>
        1 / Range(0, places.Count).Filter(m => m != j).Fold(1.0, (product, m) => product * (places[j] - places[m]));
}

using LanguageExt;
using LanguageExt.Common;
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

/// <summary>
/// DPM-Solver++ in multistep form (Lu et al. 2022, 2211.01095). The first lines have as much order as they have values; the last, to a clean image, has
/// order 1. Of third order, the interpolating weights have order 3 from an exact history. The first line is DDIM, so that from one exact point at an
/// intermediate level the order is 2, and from noise it was measured as 2.98.
/// </summary>
/// <param name="Order">1, 2 or 3.</param>
/// <param name="Weights">Which third order.</param>
/// <param name="LowerOrderFinal">Whether the order falls towards the last line (diffusers' lower_order_final, for fewer than 15 steps).</param>
/// <param name="FullOrderStart">
/// Whether the second line corrects the first, which costs no evaluation and gives order 3 from one exact point. Orders 1 and 2 have theirs without.
/// </param>
public sealed record DpmSolver(
    int Order, DpmSolverWeights Weights = DpmSolverWeights.Interpolating, bool LowerOrderFinal = false, bool FullOrderStart = false) : Sampler
{
    /// <inheritdoc/>
    public override string Name => Invariant($"dpmpp-{Order}{(Order > 1 ? "m" : "")}{(Weights == DpmSolverWeights.Published ? "-published" : "")}");

    /// <inheritdoc/>
    public override string Source =>
        "Lu et al. 2022 (2211.01095), algorithm 2" + (Weights == DpmSolverWeights.Published ? "; third order as in the authors' code" : "");

    /// <inheritdoc/>
    public override int? ConvergenceOrder => Weights == DpmSolverWeights.Published ? Math.Min(Order, 2) : Order;

    /// <inheritdoc/>
    public override Arr<string> Options => Weights == DpmSolverWeights.Published ? Array("lower-order-final") : Array("lower-order-final", "full-order-start");

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) =>
        this with { LowerOrderFinal = options.LowerOrderFinal, FullOrderStart = options.FullOrderStart };

    internal override Validation<Error, Unit> Checked() => OrderUpTo(Order, 3);

    internal override SamplingPlan PlanOn(SamplingSetting setting) =>
        new MultistepSampler(Order, LowerOrderFinal: LowerOrderFinal, FullOrderStart: FullOrderStart).Compile(setting, StepIntegration.OfCleanImage(
            Stochasticity.None,
            (h, places) => places.Count < 3 || Weights == DpmSolverWeights.Published ? Published(h, places) : ExponentialIntegration.Weights(h, places)));

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

using Ddpm.Pure.Numerics;
using Ddpm.Pure.Schedules;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// ER-SDE-Solver (Cui et al. 2023, 2309.06169), a multistep method for reverse equations that draw more noise at higher noise levels. With ρ = σ/a and
/// φ(ρ) = ρ·g(ρ), the solution over a step is x_p/a_p = r·x/a + ∫ x_0 dv + √(ρ_p² − r²·ρ_t²)·z, where v = φ(ρ_p)/φ(ρ) rises from r to 1. x_0 is the polynomial
/// in ρ through its last values. g(ρ) = e^(ρ^0.3) + 10 is the function that the authors recommend (their SDE_5). In the terms of <see cref="Stochasticity"/>,
/// τ² is the slope of ln g over ln ρ, and u = ln(g(ρ_t)/g(ρ_p)). A step to a clean image ends at the estimate of x_0.
/// <para>
/// Order p holds for the distribution of the samples (weak convergence). The published third order is left out, because it has order 2: see the guide of
/// Ddpm.Pure, "Worth knowing".
/// </para>
/// </summary>
/// <param name="Order">p ∈ {1, 2}.</param>
public sealed record ErSde(int Order) : Sampler
{
    private const double Exponent = 0.3, Constant = 10;

    /// <inheritdoc/>
    public override string Name => Invariant($"er-sde-{Order}");

    /// <inheritdoc/>
    public override string Source => "Cui et al. 2023 (2309.06169), with the authors' SDE_5";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => null;

    internal override Validation<Error, Unit> Checked() => OrderUpTo(Order, 2);

    internal override SamplingPlan PlanOn(SamplingSetting setting) =>
        new MultistepSampler(Order).Compile(setting, StepIntegration.OfCleanImageInRatio(Drawn, Moment));

    /// <summary>u = ln(1 + q(h)), with w_t − w_p = −w_t·(e^(−0.3h) − 1). This is finite at a clean image.</summary>
    private static double Drawn(SamplingStep step) => step.H > 0
        ? Elementary.Log1P(Growth.Over(step).Share * Elementary.ExpM1(-Growth.PowerAt(step.From) * Elementary.ExpM1(-Exponent * step.H)))
        : 0;

    /// <summary>
    /// ∫ τᵏ dv for k ≤ 1, with τ the place in ρ. With ρ = ρ_p·e^y, E = e^h − 1 and q(y) = g(ρ)/g(ρ_p) − 1, the first moment is
    /// ∫₀ʰ (e^y − 1/(1 + q)) dy/E = 1 − ∫₀ʰ dy/(1 + q)/E. The first form keeps all digits of short steps, the second one those of long steps.
    /// </summary>
    internal static double Moment(SamplingStep step, int k)
    {
        var (h, drawn) = (step.H, Drawn(step));
        if (k == 0)
        {
            return -Elementary.ExpM1(-(h + drawn));
        }

        var growth = Growth.Over(step);
        var whole = Elementary.ExpM1(h);
        return h + drawn <= 1
            ? GaussLegendre.Integral(0, h, y => Elementary.ExpM1(y) + (growth.Excess(y) is var q ? q / (1 + q) : 0)) / whole
            : 1 - growth.Kept(h) / whole;
    }

    /// <summary>How g grows from the end of a step towards its beginning.</summary>
    /// <param name="Power">w = ρ^0.3 at the end of the step.</param>
    /// <param name="Share">e^w/(e^w + 10), in [1/11, 1].</param>
    private readonly record struct Growth(double Power, double Share)
    {
        /// <summary>Where w is large, 1/(1 + q) falls by a factor of e over 1/(0.3·w). Below 10⁻²⁰ it adds nothing.</summary>
        private const double FewFolds = 4, Negligible = 1e20;

        public static Growth Over(SamplingStep step) => PowerAt(step.To) is var power ? new(power, 1 / (1 + Constant * Elementary.Exp(-power))) : default;

        /// <summary>w, or the greatest number if it is greater: no less noise is drawn.</summary>
        public static double PowerAt(NoiseLevel level) => Math.Min(double.MaxValue, Elementary.Exp(-Exponent * level.Lambda));

        /// <summary>q(y) = g(ρ)/g(ρ_p) − 1 = (e^w − e^(w_p))/(e^(w_p) + 10).</summary>
        public double Excess(double y) => Share * Elementary.ExpM1(Power * Elementary.ExpM1(Exponent * y));

        /// <summary>∫₀ʰ dy/(1 + q), over panels short enough for the quadrature.</summary>
        public double Kept(double h)
        {
            var growth = this;
            var sum = 0.0;
            for (double y = 0, next; y < h && Excess(y) < Negligible; y = next)
            {
                next = Math.Min(h, y + FewFolds / (2 + Exponent * Power * Elementary.Exp(Exponent * y)));
                sum += GaussLegendre.Integral(y, next, at => 1 / (1 + growth.Excess(at)));
            }

            return sum;
        }
    }
}

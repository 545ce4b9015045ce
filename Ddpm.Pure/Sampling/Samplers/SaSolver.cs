using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// SA-Solver (Xue et al. 2023, 2309.05019): <see cref="UniPc"/> where noise is drawn. It has a predictor of order p and a corrector of one order more, and
/// the correction keeps the noise that the prediction drew. Without noise it is UniPC-p. A line of two values weighs their slope by ½·B(H),
/// H = (1 + τ²)·h. The published method (the authors' sample_few_steps and diffusers' SASolverScheduler) has B = H, <see cref="UniPcVariant.Bh1"/>, and an
/// order that falls towards the last line. Ours has B = 1 − e^(−H). The two differ by a term of third order.
/// </summary>
/// <param name="Order">p ∈ {1, 2, 3}.</param>
/// <param name="Stochasticity">How much noise to draw.</param>
/// <param name="Variant">B(H).</param>
/// <param name="LowerOrderFinal">Whether the order falls towards the last line.</param>
public sealed record SaSolver(int Order, Stochasticity Stochasticity, UniPcVariant Variant = UniPcVariant.Bh2, bool LowerOrderFinal = false) : Sampler
{
    /// <summary>The published method.</summary>
    /// <param name="order">p ∈ {1, 2, 3}.</param>
    /// <param name="stochasticity">How much noise to draw.</param>
    public static SaSolver Published(int order, Stochasticity stochasticity) => new(order, stochasticity, UniPcVariant.Bh1, LowerOrderFinal: true);

    /// <inheritdoc/>
    public override string Name => Invariant($"sa-solver-{Order}{(Variant == UniPcVariant.Bh1 ? "-published" : "")}");

    /// <inheritdoc/>
    public override string Source => "Xue et al. 2023 (2309.05019)";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => null;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("tau", "tau-range", "lower-order-final");

    /// <inheritdoc/>
    public override Option<Stochasticity> ChosenNoise => Stochasticity;

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps)
    {
        var usual = Stochasticity.Usual(steps);
        return this with
        {
            Stochasticity = new(options.Tau ?? usual.Tau, options.TauRange?.Least ?? usual.Least, options.TauRange?.Most ?? usual.Most),
            LowerOrderFinal = LowerOrderFinal || options.LowerOrderFinal,
        };
    }

    internal override Validation<Error, Unit> Checked() => (OrderUpTo(Order, 3), Stochasticity.Checked()).Apply((_, _) => unit);

    internal override SamplingPlan PlanOn(SamplingSetting setting) =>
        new MultistepSampler(Order, Corrector: true, LowerOrderFinal).Compile(setting, UniPc.Integration(Stochasticity, Variant));
}

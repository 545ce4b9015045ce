using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>UniPC's function B(h). It matters only for two-value steps, where UniPC fixes the coefficient at ½. Elsewhere it cancels.</summary>
public enum UniPcVariant
{
    /// <summary>B = h.</summary>
    Bh1,

    /// <summary>B = e^h − 1, in data prediction 1 − e^(−h).</summary>
    Bh2,
}

/// <summary>
/// UniPC-p (Zhao et al. 2023, 2302.04867) in data prediction, multistep: a predictor of order p, and a corrector that uses the evaluation at the predicted
/// point a second time, at no cost, and raises the order by one. The first lines have as much order as they have values; the last, to a clean image, has
/// order 1. The order p + 1, without corrector p, holds from an exact history. From one exact point the order is 3 at most.
/// </summary>
/// <param name="Order">p ∈ {1, 2, 3}.</param>
/// <param name="Variant">B(h).</param>
/// <param name="Corrector">Whether lines after the first correct x; without, the plan is the predictor's (UniP).</param>
/// <param name="LowerOrderFinal">Whether the order falls towards the last line, as in the authors' code.</param>
/// <param name="FullOrderStart">
/// Whether UniPC-3 has order 4 from one exact point, for one evaluation more. Without corrector, whether p = 3 has order 3 from there, for no evaluation
/// more. Lower orders have theirs without.
/// </param>
public sealed record UniPc(
    int Order, UniPcVariant Variant = UniPcVariant.Bh2, bool Corrector = true, bool LowerOrderFinal = false, bool FullOrderStart = false) : Sampler
{
    /// <summary>The functions B(h) by name.</summary>
    public static ChoiceTable<UniPcVariant> Variants { get; } = ChoiceTable.Of(("bh1", UniPcVariant.Bh1), ("bh2", UniPcVariant.Bh2));

    /// <inheritdoc/>
    public override string Name => Invariant($"unipc-{Order}");

    /// <inheritdoc/>
    public override string Source => "Zhao et al. 2023 (2302.04867)";

    /// <inheritdoc/>
    public override int? ConvergenceOrder => Corrector ? Order + 1 : Order;

    /// <inheritdoc/>
    public override Arr<string> Options => Array("lower-order-final", "unipc-variant", "corrector", "full-order-start");

    internal override Validation<Error, Sampler> With(SamplingOptions options, int steps) => Variants.Find("unipc-variant", options.UnipcVariant ?? "bh2")
        .Map(Sampler (variant) => new UniPc(Order, variant, options.Corrector ?? true, options.LowerOrderFinal, options.FullOrderStart));

    internal override Validation<Error, Unit> Checked() => OrderUpTo(Order, 3);

    internal override SamplingPlan PlanOn(SamplingSetting setting) =>
        new MultistepSampler(Order, Corrector, LowerOrderFinal, FullOrderStart).Compile(setting, Integration(Stochasticity.None, Variant));

    /// <summary>How one step moves x, also for <see cref="SaSolver"/>.</summary>
    internal static StepIntegration Integration(Stochasticity stochasticity, UniPcVariant variant) =>
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

using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>A sampler with its options: a compiler from a setting to a plan.</summary>
public abstract record Sampler
{
    private Sampler()
    {
    }

    /// <summary><see cref="AncestralSampler"/>, as in DDPM.</summary>
    public sealed record Ancestral(ReverseVariance Variance) : Sampler;

    /// <summary><see cref="DdimSampler"/>.</summary>
    /// <param name="Eta">η ∈ [0, 1].</param>
    /// <param name="Noise">Which ε a clipped step goes on with.</param>
    /// <param name="Strides">
    /// n of diffusers' DDIMScheduler: each step leads ⌊T/n⌋ timesteps down, wherever the next timestep is. Null for steps to the next timestep.
    /// </param>
    public sealed record Ddim(double Eta, ClippedNoise Noise = ClippedNoise.Implied, int? Strides = null) : Sampler;

    /// <summary>
    /// <see cref="DpmSolverSampler"/>, DPM-Solver++ of order 1, 2 or 3. Of third order, the interpolating weights have order 3 from an exact history. The first
    /// line is DDIM, so that from one exact point at an intermediate level the order is 2, and from noise it was measured as 2.98.
    /// </summary>
    /// <param name="Order">1, 2 or 3.</param>
    /// <param name="Weights">Which third order.</param>
    /// <param name="LowerOrderFinal">Whether the order falls towards the last line.</param>
    /// <param name="FullOrderStart">
    /// Whether the second line corrects the first, which costs no evaluation and gives order 3 from one exact point. Orders 1 and 2 have theirs without.
    /// </param>
    public sealed record DpmSolver(int Order, DpmSolverWeights Weights = DpmSolverWeights.Interpolating, bool LowerOrderFinal = false, bool FullOrderStart = false) : Sampler;

    /// <summary><see cref="DpmSolverSampler"/>, the stochastic form of second order.</summary>
    /// <param name="LowerOrderFinal">Whether the order falls towards the last line.</param>
    public sealed record StochasticDpmSolver(bool LowerOrderFinal = false) : Sampler;

    /// <summary>
    /// <see cref="UniPcSampler"/>: UniPC-p of order p + 1, without corrector p, from an exact history. From one exact point the order is 3 at most.
    /// </summary>
    /// <param name="Order">p ∈ {1, 2, 3}.</param>
    /// <param name="Variant">B(h).</param>
    /// <param name="Corrector">Whether lines after the first correct x.</param>
    /// <param name="LowerOrderFinal">Whether the order falls towards the last line.</param>
    /// <param name="FullOrderStart">
    /// Whether UniPC-3 has order 4 from one exact point: one evaluation more. Without corrector, whether p = 3 has order 3 from there: no evaluation more.
    /// Lower orders have theirs without.
    /// </param>
    public sealed record UniPc(int Order, UniPcVariant Variant = UniPcVariant.Bh2, bool Corrector = true, bool LowerOrderFinal = false, bool FullOrderStart = false) : Sampler;

    /// <summary><see cref="UniPcSampler"/> with noise: SA-Solver. The published one has variant Bh1 and an order that falls towards the last line.</summary>
    /// <param name="Order">1, 2 or 3.</param>
    /// <param name="Stochasticity">How much noise to draw.</param>
    /// <param name="Variant">How a line of two values weighs their slope.</param>
    /// <param name="LowerOrderFinal">Whether the order falls towards the last line.</param>
    public sealed record SaSolver(int Order, Stochasticity Stochasticity, UniPcVariant Variant = UniPcVariant.Bh2, bool LowerOrderFinal = false) : Sampler;

    /// <summary><see cref="IpndmSampler"/> of order 1, 2, 3 or 4, as published: the order holds on equal steps in σ/a.</summary>
    public sealed record Ipndm(int Order) : Sampler;

    /// <summary>
    /// <see cref="IpndmSampler"/>, the variable-step form: the order holds on all steps, from an exact history. From one exact point it is 2 at most.
    /// </summary>
    /// <param name="Order">1, 2, 3 or 4.</param>
    /// <param name="FullOrderStart">Whether it has its order from one exact point: order 4 costs one evaluation more, the others none.</param>
    public sealed record VariableIpndm(int Order, bool FullOrderStart = false) : Sampler;

    /// <summary><see cref="HeunSampler"/>.</summary>
    public sealed record Heun : Sampler;

    /// <summary>Compiles the sampler.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <returns>The plan, or every fault of the options and of the levels that the sampler cannot start from.</returns>
    public Validation<Error, SamplingPlan> Compile(SamplingSetting setting) =>
        (Checked(), Levels(setting), StridesFit(setting)).Apply((_, _, _) => this switch
        {
            Ancestral ancestral => AncestralSampler.Compile(setting, ancestral.Variance),
            Ddim ddim => DdimSampler.Compile(setting, ddim.Eta, ddim.Noise, ddim.Strides),
            DpmSolver solver => DpmSolverSampler.Compile(setting, solver.Order, solver.Weights, solver.LowerOrderFinal, solver.FullOrderStart),
            StochasticDpmSolver solver => DpmSolverSampler.CompileStochastic(setting, solver.LowerOrderFinal),
            UniPc solver => UniPcSampler.Compile(setting, solver.Order, solver.Variant, solver.Corrector, solver.LowerOrderFinal, solver.FullOrderStart),
            SaSolver solver => UniPcSampler.CompileStochastic(setting, solver.Order, solver.Stochasticity, solver.Variant, solver.LowerOrderFinal),
            Ipndm solver => IpndmSampler.Compile(setting, solver.Order),
            VariableIpndm solver => IpndmSampler.CompileVariable(setting, solver.Order, solver.FullOrderStart),
            Heun => HeunSampler.Compile(setting),
            _ => throw new System.Diagnostics.UnreachableException(),
        });

    /// <summary>Whether the sampler's own options are in range.</summary>
    internal Validation<Error, Unit> Checked() => this switch
    {
        Ddim ddim => Check.That("eta", ddim.Eta, ddim.Eta is >= 0 and <= 1, "must lie in [0, 1]").Map(_ => unit),
        DpmSolver solver => OrderUpTo(solver.Order, 3),
        UniPc solver => OrderUpTo(solver.Order, 3),
        SaSolver solver => (OrderUpTo(solver.Order, 3), solver.Stochasticity.Checked()).Apply((_, _) => unit),
        Ipndm solver => OrderUpTo(solver.Order, 4),
        VariableIpndm solver => OrderUpTo(solver.Order, 4),
        _ => unit,
    };

    private static Validation<Error, Unit> OrderUpTo(int order, int most) =>
        Check.That("order", order, order >= 1 && order <= most, Invariant($"must lie in [1, {most}]")).Map(_ => unit);

    private Validation<Error, Unit> StridesFit(SamplingSetting setting) => this is Ddim { Strides: { } n }
        ? Check.That("strides", n, n >= 1 && n <= setting.Schedule.Steps, Invariant($"must lie in [1, {setting.Schedule.Steps}]")).Map(_ => unit)
        : unit;

    /// <summary>At ᾱ = 0 (zero terminal SNR) an ε tells no image, and σ/a, along which some methods step, is infinite.</summary>
    private Validation<Error, Unit> Levels(SamplingSetting setting)
    {
        var barren = setting.Timesteps.Values.Find(t => setting.Schedule[t].AlphaBar == 0);
        return barren.Match(
            timestep => setting.Prediction is Prediction.Epsilon
                ? Check.Fail<Unit>("prediction", "epsilon", Invariant($"must be sample or velocity to sample from timestep {timestep}, where no image is left (ᾱ = 0)"))
                : this is Ipndm or VariableIpndm or Heun
                    ? Check.Fail<Unit>("timesteps", Invariant($"{timestep}"), "must have some image left (ᾱ > 0) for a sampler that steps along σ/a: use the leading spacing, or another sampler")
                    : unit,
            () => unit);
    }
}

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

    /// <summary><see cref="DdimSampler"/>; η ∈ [0, 1].</summary>
    public sealed record Ddim(double Eta, ClippedNoise Noise = ClippedNoise.Implied) : Sampler;

    /// <summary><see cref="DpmSolverSampler"/>, DPM-Solver++ of order 1, 2 or 3.</summary>
    public sealed record DpmSolver(int Order, DpmSolverWeights Weights = DpmSolverWeights.Interpolating, bool LowerOrderFinal = false) : Sampler;

    /// <summary><see cref="DpmSolverSampler"/>, the stochastic form of second order.</summary>
    public sealed record StochasticDpmSolver : Sampler;

    /// <summary><see cref="UniPcSampler"/> of order 1, 2 or 3.</summary>
    public sealed record UniPc(int Order, UniPcVariant Variant = UniPcVariant.Bh2, bool Corrector = true, bool LowerOrderFinal = false) : Sampler;

    /// <summary><see cref="UniPcSampler"/> with noise: SA-Solver of order 1, 2 or 3.</summary>
    public sealed record SaSolver(int Order, Stochasticity Stochasticity) : Sampler;

    /// <summary><see cref="IpndmSampler"/> of order 1, 2, 3 or 4.</summary>
    public sealed record Ipndm(int Order) : Sampler;

    /// <summary><see cref="HeunSampler"/>.</summary>
    public sealed record Heun : Sampler;

    /// <summary>Compiles the sampler.</summary>
    /// <param name="setting">Schedule, prediction, timesteps and clipping.</param>
    /// <returns>The plan, or every fault of the options and of the levels that the sampler cannot start from.</returns>
    public Validation<Error, SamplingPlan> Compile(SamplingSetting setting) =>
        (Checked(), Levels(setting)).Apply((_, _) => this switch
        {
            Ancestral ancestral => AncestralSampler.Compile(setting, ancestral.Variance),
            Ddim ddim => DdimSampler.Compile(setting, ddim.Eta, ddim.Noise),
            DpmSolver solver => DpmSolverSampler.Compile(setting, solver.Order, solver.Weights, solver.LowerOrderFinal),
            StochasticDpmSolver => DpmSolverSampler.CompileStochastic(setting),
            UniPc solver => UniPcSampler.Compile(setting, solver.Order, solver.Variant, solver.Corrector, solver.LowerOrderFinal),
            SaSolver solver => UniPcSampler.CompileStochastic(setting, solver.Order, solver.Stochasticity),
            Ipndm solver => IpndmSampler.Compile(setting, solver.Order),
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
        _ => unit,
    };

    private static Validation<Error, Unit> OrderUpTo(int order, int most) =>
        Check.That("order", order, order >= 1 && order <= most, Invariant($"must lie in [1, {most}]")).Map(_ => unit);

    /// <summary>At ᾱ = 0 (zero terminal SNR) an ε tells no image, and σ/a, along which some methods step, is infinite.</summary>
    private Validation<Error, Unit> Levels(SamplingSetting setting)
    {
        var barren = setting.Timesteps.Values.Find(t => setting.Schedule[t].AlphaBar == 0);
        return barren.Match(
            timestep => setting.Prediction is Prediction.Epsilon
                ? Check.Fail<Unit>("prediction", "epsilon", Invariant($"must be sample or velocity to sample from timestep {timestep}, where no image is left (ᾱ = 0)"))
                : this is Ipndm or Heun
                    ? Check.Fail<Unit>("timesteps", Invariant($"{timestep}"), "must have some image left (ᾱ > 0) for a sampler that steps along σ/a: use the leading spacing, or another sampler")
                    : unit,
            () => unit);
    }
}

using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;

namespace Ddpm.Properties.Sampling;

/// <summary>A schedule and the timesteps of it that a sampler visits.</summary>
public sealed record VisitedSchedule(VariancePreservingSchedule Schedule, Timesteps Timesteps)
{
    /// <summary>The level that the first line starts from; only there may no image be left.</summary>
    public NoiseLevel Noisiest => Schedule[Timesteps.Values[0]];
}

public sealed record AnySampler(Sampler Value);

/// <summary>A sampler that draws no noise.</summary>
public sealed record DeterministicSampler(Sampler Value);

/// <summary>A sampler, a schedule, the timesteps that it visits and what the network predicts, which go together.</summary>
public record SamplerOnSchedule(Sampler Sampler, SamplingSetting Setting)
{
    public SamplingPlan Plan => Sampler.Compile(Setting).Valid();

    /// <summary>A network of x and the timestep, as a function of what it sees: x times the input factor.</summary>
    public Func<double, int, double> Seeing(Func<double, int, double> ofX) =>
        (seen, timestep) => ofX(seen / Setting.Prediction.InputScale(Setting.Schedule[timestep]), timestep);

    /// <summary>The level that the first line starts from; only there may no image be left.</summary>
    public NoiseLevel Noisiest => Setting.Schedule[Setting.Timesteps.Values[0]];

    /// <summary>
    /// How much the lines' weights can multiply a rounding. Each line rounds the values of its history, and the lines that still have these values
    /// multiply the rounding again. This matters if several lines have large weights, as beside a step far shorter than its neighbours.
    /// </summary>
    public double Gain
    {
        get
        {
            var plan = Plan;
            double Made(Memory memory) => Math.Abs(memory.X) + Math.Abs(memory.Output) + Math.Abs(memory.X0);
            double Of(Arr<double> history, int line) => history.Map((k, factor) => Math.Abs(factor) * Made(plan.Lines[line - k].Remember)).Sum();
            double Weight(SamplingLine line, int i) => Of(line.Predict.History, i) + Of(line.Correct.History, i) + Math.Abs(line.Predict.Base);
            double[] weights = [.. plan.Lines.Map((i, line) => Math.Max(1, Weight(line, i)))];
            var together = Math.Max(2, plan.HistoryLength + 1);
            double Product(int first) => weights.Skip(first).Take(together).Aggregate((product, weight) => product * weight);
            return weights.Length * Enumerable.Range(0, weights.Length).Max(Product);
        }
    }
}

/// <summary>The same on a chain, a² + σ² = 1.</summary>
public sealed record SamplerOnChain(Sampler Sampler, SamplingSetting Setting) : SamplerOnSchedule(Sampler, Setting)
{
    public VariancePreservingSchedule Chain => (VariancePreservingSchedule)Setting.Schedule;
}

/// <summary>
/// Every sampler with every option, with two exceptions that have laws of their own: ancestral sampling with a learned range, which needs a network
/// that has learned one, and DDIM with the output's own noise, which differs only where x_0 is clipped.
/// </summary>
public static class SamplerGenerators
{
    public static IEnumerable<Sampler> Rows =>
        Sampler.All.Select(row => row.Value).Where(sampler => sampler is not Ddim { Noise: ClippedNoise.DiffusersOutput });

    public static readonly IReadOnlyList<Sampler> Deterministic =
    [
        .. from order in Enumerable.Range(1, 4) from full in (bool[])[false, true] select new VariableIpndm(order, full),
        new DpmSolver(3, FullOrderStart: true), new DpmSolver(3, DpmSolverWeights.Published, true, true), new UniPc(3, Corrector: false, FullOrderStart: true),
        .. from variant in (UniPcVariant[])[UniPcVariant.Bh1, UniPcVariant.Bh2]
           from lower in (bool[])[false, true]
           select new UniPc(3, variant, true, lower, FullOrderStart: true),
        .. from order in Enumerable.Range(1, 3)
           from lower in (bool[])[false, true]
           from sampler in (Sampler[])
           [
               new DpmSolver(order, DpmSolverWeights.Interpolating, lower), new DpmSolver(order, DpmSolverWeights.Published, lower),
               new UniPc(order, UniPcVariant.Bh1, true, lower), new UniPc(order, UniPcVariant.Bh2, true, lower),
               new UniPc(order, UniPcVariant.Bh1, false, lower), new UniPc(order, UniPcVariant.Bh2, false, lower),
           ]
           select sampler,
        new SinglestepDpmSolver(2, LowerOrderFinal: true), new SinglestepDpmSolver(3, LowerOrderFinal: true),
        .. Rows.Where(row => row.ConvergenceOrder is not null),
    ];

    public static readonly IReadOnlyList<Sampler> Stochastic =
    [
        new Ancestral(ReverseVariance.Beta), new Ancestral(ReverseVariance.Posterior), new Ddim(0.3), new Ddim(1),
        new EulerAncestral(0.3), new Restart(3, 0.2, 1), new Restart(1, 0, double.PositiveInfinity), new Restart(0),
        new StochasticDpmSolver(), new StochasticDpmSolver(LowerOrderFinal: true),
        .. from order in Enumerable.Range(1, 3)
           from stochasticity in (Stochasticity[])[Stochasticity.Full, new(0.4), Stochasticity.OfFewSteps, new(2, 0.1, 1)]
           from published in (bool[])[false, true]
           select published ? new SaSolver(order, stochasticity, UniPcVariant.Bh1, LowerOrderFinal: true) : new SaSolver(order, stochasticity),
        .. Rows.Where(row => row.ConvergenceOrder is null),
    ];

    public static readonly IReadOnlyList<Sampler> All = [.. Deterministic, .. Stochastic];

    public static Arbitrary<VisitedSchedule> Visits() =>
        (from schedule in Generators.Schedules
         from keep in Gen.Frequency((1, Gen.Constant(1)), (3, Gen.Choose(1, 10)))
         from offset in Gen.Choose(0, keep - 1)
         let kept = Enumerable.Range(0, schedule.Steps).Where(t => t % keep == Math.Min(offset, schedule.Steps - 1)).Reverse()
         select new VisitedSchedule(schedule, Timesteps.Of(new LanguageExt.Arr<int>(kept), schedule.Steps).Valid())).ToArbitrary();

    public static Arbitrary<AnySampler> Samplers() => Gen.Elements<Sampler>(All).Select(sampler => new AnySampler(sampler)).ToArbitrary();

    public static Arbitrary<DeterministicSampler> DeterministicOnes() =>
        Gen.Elements<Sampler>(Deterministic).Select(sampler => new DeterministicSampler(sampler)).ToArbitrary();

    public static Arbitrary<SamplerOnChain> OnChains() => Chains.ToArbitrary();

    /// <summary>On schedules of every formulation.</summary>
    public static Arbitrary<SamplerOnSchedule> OnSchedules() =>
        (from chain in Chains
         from formulation in Formulations.Any
         select chain.Sampler is Ancestral
            ? chain
            : new SamplerOnSchedule(chain.Sampler, chain.Setting with { Schedule = chain.Chain.In(formulation) })).ToArbitrary();

    private static Gen<SamplerOnChain> Chains =>
        from visited in Visits().Generator
        from sampler in Gen.Elements<Sampler>(All)
        from prediction in Generators.Predictions().Generator
        from end in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
        let barren = visited.Noisiest.SquaredA == 0
        select new SamplerOnChain(
            sampler,
            new(visited.Schedule, barren && prediction is Prediction.Epsilon ? new Prediction.Velocity() : prediction,
                end ? visited.Timesteps.EndingAtFirstLevel() : visited.Timesteps, ClipSample: false));
}

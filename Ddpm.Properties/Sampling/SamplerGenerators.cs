using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using FsCheck;
using FsCheck.Fluent;

namespace Ddpm.Properties.Sampling;

/// <summary>A sampler that draws no noise.</summary>
public sealed record DeterministicSampler(Sampler Value);

/// <summary>A sampler, a schedule, the timesteps that it visits and what the network predicts, which go together.</summary>
public sealed record SamplerOnSchedule(Sampler Sampler, SamplingSetting Setting)
{
    public SamplingPlan Plan => Sampler.Compile(Setting).Valid();
}

/// <summary>Every sampler with every option.</summary>
public static class SamplerGenerators
{
    public static readonly IReadOnlyList<Sampler> Deterministic =
    [
        new Sampler.Ddim(0), new Sampler.Heun(),
        .. Enumerable.Range(1, 4).Select(order => new Sampler.Ipndm(order)),
        .. from order in Enumerable.Range(1, 3)
           from lower in (bool[])[false, true]
           from sampler in (Sampler[])
           [
               new Sampler.DpmSolver(order, DpmSolverWeights.Interpolating, lower), new Sampler.DpmSolver(order, DpmSolverWeights.Published, lower),
               new Sampler.UniPc(order, UniPcVariant.Bh1, true, lower), new Sampler.UniPc(order, UniPcVariant.Bh2, true, lower),
               new Sampler.UniPc(order, UniPcVariant.Bh1, false, lower), new Sampler.UniPc(order, UniPcVariant.Bh2, false, lower),
           ]
           select sampler,
    ];

    public static readonly IReadOnlyList<Sampler> Stochastic =
    [
        new Sampler.Ancestral(ReverseVariance.Beta), new Sampler.Ancestral(ReverseVariance.Posterior), new Sampler.Ddim(0.3), new Sampler.Ddim(1),
        new Sampler.StochasticDpmSolver(),
    ];

    public static Arbitrary<DeterministicSampler> DeterministicOnes() =>
        Gen.Elements<Sampler>(Deterministic).Select(sampler => new DeterministicSampler(sampler)).ToArbitrary();

    public static Arbitrary<SamplerOnSchedule> OnSchedules() =>
        (from visited in Visits.All().Generator
         from sampler in Gen.Elements<Sampler>([.. Deterministic, .. Stochastic])
         from prediction in Generators.Predictions().Generator
         from end in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(true)))
         let barren = visited.Timesteps.Values.Any(t => visited.Schedule[t].AlphaBar == 0)
         let alongNoise = sampler is Sampler.Ipndm or Sampler.Heun
         select new SamplerOnSchedule(
             barren && alongNoise ? new Sampler.Ddim(0) : sampler,
             new(visited.Schedule, barren && prediction is Prediction.Epsilon ? new Prediction.Velocity() : prediction,
                 end ? visited.Timesteps.EndingAtFirstLevel() : visited.Timesteps, ClipSample: false))).ToArbitrary();
}

using Ddpm.Pure.Sampling;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>A sampler with options, under a name.</summary>
/// <param name="Name">The name; that of <see cref="SamplingOptions.Samplers"/> where nothing is optional.</param>
/// <param name="Compile">Compiles it.</param>
public sealed record SamplerCase(string Name, Func<SamplingSetting, Validation<Error, SamplingPlan>> Compile)
{
    private const int UsualSteps = 10;

    /// <summary>All samplers by their names, as usual with ten steps (SA-Solver draws more noise in longer plans), then others of their options, then the inversion of DDIM.</summary>
    public static Arr<SamplerCase> All { get; } = SamplingOptions.Samplers.Keys.Order(StringComparer.Ordinal)
        .Select(name => new SamplerCase(name, setting => new SamplingOptions { Sampler = name, SamplingSteps = UsualSteps }.Chosen(setting.Schedule.Steps).Bind(sampler => sampler.Compile(setting))))
        .Concat(
        [
            Of("ddpm-posterior", new Sampler.Ancestral(ReverseVariance.Posterior)),
            Of("ddpm-learned-range", new Sampler.Ancestral(ReverseVariance.LearnedRange)),
            Of("ddim-eta-0.5", new Sampler.Ddim(0.5)),
            Of("ddim-eta-1", new Sampler.Ddim(1)),
            Of("dpmpp-3m-lower-order-final", new Sampler.DpmSolver(3, LowerOrderFinal: true)),
            Of("unipc-2-bh1", new Sampler.UniPc(2, UniPcVariant.Bh1)),
            Of("unipc-3-predictor", new Sampler.UniPc(3, Corrector: false)),
            Of("unipc-3-lower-order-final", new Sampler.UniPc(3, LowerOrderFinal: true)),
            Of("sa-solver-2-tau-1", new Sampler.SaSolver(2, Stochasticity.Full)),
            new SamplerCase("ddim-inversion", DdimInversion.Compile),
        ])
        .ToArr();

    /// <summary>The plan in every scenario that does not refuse the sampler.</summary>
    public Arr<(Scenario Scenario, SamplingPlan Plan)> Plans() => Scenario.All.Bind(scenario => scenario.Plan(Compile).Match(
        plan => Array((scenario, plan)),
        _ => Arr<(Scenario, SamplingPlan)>.Empty));

    private static SamplerCase Of(string name, Sampler sampler) => new(name, sampler.Compile);
}

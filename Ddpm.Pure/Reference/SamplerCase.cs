using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>A sampler with options, under a name.</summary>
/// <param name="Name">The name: the sampler's name in <see cref="Sampler.All"/> if all its options have their defaults.</param>
/// <param name="Compile">Compiles it, for a setting and the number of timesteps that were spread in it.</param>
internal sealed record SamplerCase(string Name, Func<SamplingSetting, int, Validation<Error, SamplingPlan>> Compile)
{
    private const int UsualSteps = 10;

    /// <summary>
    /// All samplers by name with their defaults for ten steps; then more of their options; then DDIM's inversion. (SA-Solver draws more noise in
    /// longer plans. The strides of ddim-diffusers are the scenario's own.)
    /// </summary>
    public static Arr<SamplerCase> All { get; } = Sampler.All.Keys.Order(StringComparer.Ordinal)
        .Select(name => new SamplerCase(name, (setting, count) =>
            new SamplingOptions { Sampler = name, SamplingSteps = name == "ddim-diffusers" ? count : UsualSteps }
                .Chosen(setting.Schedule.Steps).Bind(sampler => sampler.Compile(setting))))
        .Concat(
        [
            Of("ddpm-posterior", new Ancestral(ReverseVariance.Posterior)),
            Of("ddpm-learned-range", new Ancestral(ReverseVariance.LearnedRange)),
            Of("ddim-eta-0.5", new Ddim(0.5)),
            Of("ddim-eta-1", new Ddim(1)),
            Of("dpmpp-3m-lower-order-final", new DpmSolver(3, LowerOrderFinal: true)),
            Of("dpmpp-3m-full-order-start", new DpmSolver(3, FullOrderStart: true)),
            Of("unipc-2-bh1", new UniPc(2, UniPcVariant.Bh1)),
            Of("unipc-3-predictor", new UniPc(3, Corrector: false)),
            Of("unipc-3-lower-order-final", new UniPc(3, LowerOrderFinal: true)),
            Of("unipc-3-full-order-start", new UniPc(3, FullOrderStart: true)),
            Of("ipndm-v-4-full-order-start", new VariableIpndm(4, FullOrderStart: true)),
            Of("sa-solver-2-tau-1", new SaSolver(2, Stochasticity.Full)),
            new SamplerCase("ddim-inversion", (setting, _) => DdimInversion.Compile(setting)),
        ])
        .ToArr();

    /// <summary>The plan in every scenario that allows the sampler.</summary>
    public Arr<(Scenario Scenario, SamplingPlan Plan)> Plans() => Scenario.All.Bind(scenario =>
        scenario.Plan(setting => Compile(setting, scenario.SamplingSteps)).Match(
            plan => Array((scenario, plan)),
            _ => Arr<(Scenario, SamplingPlan)>.Empty));

    private static SamplerCase Of(string name, Sampler sampler) => new(name, (setting, _) => sampler.Compile(setting));
}

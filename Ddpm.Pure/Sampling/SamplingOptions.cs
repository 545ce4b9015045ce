using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>What a user may say about a sampler, as they say it. <see cref="Compile"/> checks it.</summary>
public sealed record SamplingOptions
{
    /// <summary>How many timesteps a sampler other than ddpm visits unless told otherwise.</summary>
    public const int UsualSteps = 50;

    private const string SaSolvers = "the sampler sa-solver-1, -2 or -3";

    /// <summary>The sampler, of <see cref="Samplers"/>.</summary>
    public string Sampler { get; init; } = "ddpm";

    /// <summary>How many timesteps to visit, in [1, T]; null for all with ddpm and <see cref="UsualSteps"/> with others, or T where that is less.</summary>
    public int? SamplingSteps { get; init; }

    /// <summary>How they are spread, of <see cref="Choices.Spacings"/>.</summary>
    public string Spacing { get; init; } = "trailing";

    /// <summary>ρ > 0 of Karras' spacing; null for 7. It belongs to no other spacing.</summary>
    public double? Rho { get; init; }

    /// <summary>
    /// The noise levels σ/a between which timesteps are spread, 0 ≤ Least, Most greater, ∞ allowed; null for the schedule's own ends. It belongs to the spacings karras and
    /// uniform-lambda: see <see cref="Sampling.Spacing.Karras"/>.
    /// </summary>
    public (double Least, double Most)? SigmaRange { get; init; }

    /// <summary>N ∈ [0, T): no timestep below it is visited, and the spacing is applied to N … T − 1. Null for 0.</summary>
    public int? LastTimestep { get; init; }

    /// <summary>η ∈ [0, 1] of DDIM; null for 0. It belongs to no other sampler.</summary>
    public double? Eta { get; init; }

    /// <summary>τ ∈ [0, 10] of SA-Solver; null for what is usual with so many steps (<see cref="Stochasticity.Usual"/>). It belongs to no other sampler.</summary>
    public double? Tau { get; init; }

    /// <summary>The noise levels σ/a between which SA-Solver draws noise, 0 ≤ Least, Most greater, ∞ allowed; null for what is usual with so many steps. They belong to no other sampler.</summary>
    public (double Least, double Most)? TauRange { get; init; }

    /// <summary>The reverse variance of ddpm, of <see cref="Variances"/>; null for beta. It belongs to no other sampler.</summary>
    public string? Variance { get; init; }

    /// <summary>Whether to end at the level after the first step (diffusers' set_alpha_to_one=False and final_sigmas_type="sigma_min") and not at the clean image.</summary>
    public bool EndAtFirstLevel { get; init; }

    /// <summary>The reverse variances that need nothing of the network.</summary>
    public static Map<string, ReverseVariance> Variances { get; } = Map(("beta", ReverseVariance.Beta), ("posterior", ReverseVariance.Posterior));

    /// <summary>The samplers, from options and the number of timesteps that these ask for.</summary>
    public static Map<string, Func<SamplingOptions, int, Validation<Error, Sampler>>> Samplers { get; } = Map<string, Func<SamplingOptions, int, Validation<Error, Sampler>>>(
        ("ddpm", (options, _) => Variances.Find("variance", options.Variance ?? "beta").Map(Sampler (variance) => new Sampler.Ancestral(variance))),
        ("ddim", (options, _) => new Sampler.Ddim(options.Eta ?? 0)),
        ("ddim-diffusers", (options, _) => new Sampler.Ddim(options.Eta ?? 0, ClippedNoise.DiffusersOutput)),
        ("dpmpp-1", (_, _) => new Sampler.DpmSolver(1)),
        ("dpmpp-2m", (_, _) => new Sampler.DpmSolver(2)),
        ("dpmpp-3m", (_, _) => new Sampler.DpmSolver(3)),
        ("dpmpp-3m-published", (_, _) => new Sampler.DpmSolver(3, DpmSolverWeights.Published)),
        ("dpmpp-2m-sde", (_, _) => new Sampler.StochasticDpmSolver()),
        ("unipc-1", (_, _) => new Sampler.UniPc(1)),
        ("unipc-2", (_, _) => new Sampler.UniPc(2)),
        ("unipc-3", (_, _) => new Sampler.UniPc(3)),
        ("sa-solver-1", (options, steps) => new Sampler.SaSolver(1, options.StochasticityOf(steps))),
        ("sa-solver-2", (options, steps) => new Sampler.SaSolver(2, options.StochasticityOf(steps))),
        ("sa-solver-3", (options, steps) => new Sampler.SaSolver(3, options.StochasticityOf(steps))),
        ("ipndm-1", (_, _) => new Sampler.Ipndm(1)),
        ("ipndm-2", (_, _) => new Sampler.Ipndm(2)),
        ("ipndm-3", (_, _) => new Sampler.Ipndm(3)),
        ("ipndm-4", (_, _) => new Sampler.Ipndm(4)),
        ("heun", (_, _) => new Sampler.Heun()));

    /// <summary>The timesteps that these options visit on a schedule.</summary>
    /// <returns>The timesteps, or every fault of their number and spacing.</returns>
    public Validation<Error, Timesteps> TimestepsOn(NoiseSchedule schedule)
    {
        var spacing = SpacingWithItsNumbers();
        // Where the spacing is unknown another stands in its place, so that a wrong number is told beside it.
        return (spacing, OwnedBySpacing(), Timesteps.Spaced(spacing.IfFail(_ => new Spacing.Trailing()), schedule, StepsOf(schedule.Steps), LastTimestep ?? 0))
            .Apply((_, _, timesteps) => EndAtFirstLevel ? timesteps.EndingAtFirstLevel() : timesteps);
    }

    /// <summary>The most timesteps that these options can visit on a schedule: all, or those between the given ends.</summary>
    public int MostStepsOn(NoiseSchedule schedule) =>
        Timesteps.Available(SpacingWithItsNumbers().IfFail(_ => new Spacing.Trailing()), schedule.Levels.Skip(Math.Max(0, LastTimestep ?? 0)).ToArr());

    /// <summary>The sampler that these options name.</summary>
    /// <param name="scheduleSteps">T of the schedule: what is usual may depend on how many timesteps these options visit.</param>
    /// <returns>The sampler, or every fault of its name and options, and of options that it has not.</returns>
    public Validation<Error, Sampler> Chosen(int scheduleSteps) =>
        (Named(scheduleSteps).Bind(sampler => sampler.Checked().Map(_ => sampler)), Owned()).Apply((sampler, _) => sampler);

    /// <summary>The plan.</summary>
    /// <param name="schedule">The noise schedule that the network was trained with.</param>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="clipSample">Whether to clip the estimated x_0 to [−1, 1].</param>
    /// <param name="timesteps">The timesteps, where they are others than these options say: a part of them, or searched ones.</param>
    /// <returns>The plan, or every fault at once; what is wrong with the levels of timesteps is said of right ones.</returns>
    public Validation<Error, SamplingPlan> Compile(NoiseSchedule schedule, Prediction prediction, bool clipSample, Option<Timesteps> timesteps = default) =>
        timesteps.Match(given => given, () => TimestepsOn(schedule)).Match(
            visited => (Named(schedule.Steps).Bind(sampler => sampler.Compile(new(schedule, prediction, visited, clipSample))), Owned()).Apply((plan, _) => plan),
            faults => (Chosen(schedule.Steps), Validation<Error, SamplingPlan>.Fail(faults)).Apply((_, plan) => plan));

    /// <summary>The same with as many timesteps as so many evaluations of the network allow: fewer where a sampler evaluates more than once a step.</summary>
    /// <param name="evaluations">The most evaluations, ≥ 1.</param>
    /// <param name="schedule">The noise schedule.</param>
    /// <param name="prediction">What the network predicts.</param>
    /// <returns>The options, or every fault of what they are compiled with.</returns>
    public Validation<Error, SamplingOptions> Within(int evaluations, NoiseSchedule schedule, Prediction prediction)
    {
        Validation<Error, int> Evaluations(int steps) => (this with { SamplingSteps = steps }).Compile(schedule, prediction, clipSample: true).Map(plan => plan.Lines.Count);
        Validation<Error, SamplingOptions> Between(int fits, int most) => fits == most
            ? this with { SamplingSteps = fits }
            : Evaluations(fits + (most - fits + 1) / 2).Bind(made => made <= evaluations ? Between(fits + (most - fits + 1) / 2, most) : Between(fits, fits + (most - fits + 1) / 2 - 1));
        return (Check.AtLeast("evaluations", evaluations, 1), Evaluations(1)).Apply((_, _) => unit).Bind(_ => Between(1, Math.Min(evaluations, MostStepsOn(schedule))));
    }

    /// <summary>How many timesteps these options ask for, of T.</summary>
    private int StepsOf(int scheduleSteps)
    {
        var visible = scheduleSteps - (LastTimestep is { } last && last >= 0 && last < scheduleSteps ? last : 0);
        return SamplingSteps ?? (Sampler == "ddpm" ? visible : Math.Min(UsualSteps, visible));
    }

    private Stochasticity StochasticityOf(int steps)
    {
        var usual = Stochasticity.Usual(steps);
        return new(Tau ?? usual.Tau, TauRange?.Least ?? usual.Least, TauRange?.Most ?? usual.Most);
    }

    private Validation<Error, Sampler> Named(int scheduleSteps) => Samplers.Find("sampler", Sampler).Bind(make => make(this, StepsOf(scheduleSteps)));

    /// <summary>Whether the options that belong to one sampler are said of that one.</summary>
    private Validation<Error, Unit> Owned()
    {
        bool ddim = Sampler is "ddim" or "ddim-diffusers", sa = Sampler is "sa-solver-1" or "sa-solver-2" or "sa-solver-3";
        return (Belongs("eta", Eta, ddim, "the sampler ddim"), Belongs("variance", Variance, Sampler == "ddpm", "the sampler ddpm"),
                Belongs("tau", Tau, sa, SaSolvers), Belongs("tau-range", Text(TauRange), sa, SaSolvers))
            .Apply((_, _, _, _) => unit);
    }

    /// <summary>The spacing with its own numbers where these options say others.</summary>
    private Validation<Error, Spacing> SpacingWithItsNumbers() => Choices.Spacings.Find("spacing", Spacing).Map(spacing => spacing switch
    {
        Sampling.Spacing.Karras karras => karras with { Rho = Rho ?? karras.Rho, Least = SigmaRange?.Least ?? karras.Least, Most = SigmaRange?.Most ?? karras.Most },
        Sampling.Spacing.UniformLambda uniform => uniform with { Least = SigmaRange?.Least ?? uniform.Least, Most = SigmaRange?.Most ?? uniform.Most },
        _ => spacing,
    });

    /// <summary>Whether the options that belong to one spacing are said of that one.</summary>
    private Validation<Error, Unit> OwnedBySpacing() =>
        (Belongs("rho", Rho, Spacing == "karras", "the spacing karras"),
            Belongs("sigma-range", Text(SigmaRange), Spacing is "karras" or "uniform-lambda", "the spacings karras and uniform-lambda"))
        .Apply((_, _) => unit);

    private static string? Text((double Least, double Most)? range) => range is var (least, most) ? Invariant($"{least} to {most}") : null;

    private static Validation<Error, Unit> Belongs<T>(string name, T value, bool right, string owner) =>
        value is null || right ? unit : Check.Fail<Unit>(name, Invariant($"{value}"), Invariant($"belongs to {owner} alone"));
}

using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Options;

/// <summary>What a user may say about a sampler, as they say it. <see cref="Compile"/> checks it.</summary>
public sealed record SamplingOptions
{
    /// <summary>How many timesteps a sampler other than ddpm visits unless told otherwise.</summary>
    public const int UsualSteps = 50;

    /// <summary>
    /// The σ/a where spacings by noise level begin unless told otherwise. Steps above it are wasted: on the cosine schedule σ/a reaches 20,291, and five
    /// timesteps of ten lay above 160. The linear schedule, which ends at 157.4, stays whole. Karras et al. (2022) begin at 80, which costs quality on some schedules
    /// here (Ddpm.Host/RESULTS.md).
    /// </summary>
    public const double UsualMostRatio = 160;

    private const string SaSolvers = "the samplers sa-solver-*";

    /// <summary>The sampler, of <see cref="Samplers"/>.</summary>
    public string Sampler { get; init; } = "ddpm";

    /// <summary>How many timesteps to visit, in [1, T]; null for all with ddpm and <see cref="UsualSteps"/> with others, or T where that is less.</summary>
    public int? SamplingSteps { get; init; }

    /// <summary>
    /// The timesteps themselves, strictly decreasing in [0, T); null to spread them. They leave nothing to spread, so no option of that goes with them.
    /// </summary>
    public Arr<int>? ExplicitTimesteps { get; init; }

    /// <summary>How they are spread, of <see cref="Choices.Spacings"/>.</summary>
    public string Spacing { get; init; } = "trailing";

    /// <summary>ρ > 0 of Karras' spacing; null for 7. It belongs to no other spacing.</summary>
    public double? Rho { get; init; }

    /// <summary>
    /// The noise levels σ/a between which timesteps are spread, 0 ≤ Least, Most greater, ∞ allowed; null for all up to <see cref="UsualMostRatio"/>, and for
    /// all where fewer timesteps than asked lie below that. It belongs to the spacings karras and uniform-lambda: see <see cref="Sampling.Spacing.Karras"/>.
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

    /// <summary>
    /// Whether the order falls towards the last line (diffusers' lower_order_final, their default below 15 steps). It belongs to dpmpp-*, unipc-* and
    /// sa-solver-*.
    /// </summary>
    public bool LowerOrderFinal { get; init; }

    /// <summary>B(h) of UniPC, of <see cref="UnipcVariants"/>; null for bh2. It belongs to no other sampler.</summary>
    public string? UnipcVariant { get; init; }

    /// <summary>Whether UniPC corrects; null for true. It belongs to no other sampler.</summary>
    public bool? Corrector { get; init; }

    /// <summary>
    /// Whether a method has its order of convergence from one exact point and not only from an exact history. It costs unipc-3 and ipndm-v-4 one evaluation of
    /// the network, others none. It belongs to dpmpp-1, dpmpp-2m, dpmpp-3m, unipc-* and ipndm-v-*. Of these, those of order 2 and less, unipc-1 and unipc-2
    /// start so anyway.
    /// </summary>
    public bool FullOrderStart { get; init; }

    /// <summary>Whether to end at the level after the first step (diffusers' set_alpha_to_one=False and final_sigmas_type="sigma_min") and not at the clean image.</summary>
    public bool EndAtFirstLevel { get; init; }

    /// <summary>The reverse variances that need nothing of the network.</summary>
    public static Map<string, ReverseVariance> Variances { get; } = Map(("beta", ReverseVariance.Beta), ("posterior", ReverseVariance.Posterior));

    /// <summary>The functions B(h) of UniPC.</summary>
    public static Map<string, UniPcVariant> UnipcVariants { get; } = Map(("bh1", UniPcVariant.Bh1), ("bh2", UniPcVariant.Bh2));

    /// <summary>The samplers, from options and the number of timesteps that these ask for.</summary>
    public static Map<string, Func<SamplingOptions, int, Validation<Error, Sampler>>> Samplers { get; } = Map<string, Func<SamplingOptions, int, Validation<Error, Sampler>>>(
        ("ddpm", (options, _) => Variances.Find("variance", options.Variance ?? "beta").Map(Sampler (variance) => new Sampler.Ancestral(variance))),
        ("ddim", (options, _) => new Sampler.Ddim(options.Eta ?? 0)),
        ("ddim-diffusers", (options, steps) => new Sampler.Ddim(options.Eta ?? 0, ClippedNoise.DiffusersOutput, steps)),
        ("dpmpp-1", (options, _) => options.DpmSolver(1)),
        ("dpmpp-2m", (options, _) => options.DpmSolver(2)),
        ("dpmpp-3m", (options, _) => options.DpmSolver(3)),
        ("dpmpp-3m-published", (options, _) => options.DpmSolver(3, DpmSolverWeights.Published)),
        ("dpmpp-2m-sde", (options, _) => new Sampler.StochasticDpmSolver(options.LowerOrderFinal)),
        ("unipc-1", (options, _) => options.UniPc(1)),
        ("unipc-2", (options, _) => options.UniPc(2)),
        ("unipc-3", (options, _) => options.UniPc(3)),
        ("sa-solver-1", (options, steps) => options.SaSolver(1, steps)),
        ("sa-solver-2", (options, steps) => options.SaSolver(2, steps)),
        ("sa-solver-3", (options, steps) => options.SaSolver(3, steps)),
        ("sa-solver-1-published", (options, steps) => options.PublishedSaSolver(1, steps)),
        ("sa-solver-2-published", (options, steps) => options.PublishedSaSolver(2, steps)),
        ("sa-solver-3-published", (options, steps) => options.PublishedSaSolver(3, steps)),
        ("ipndm-1", (_, _) => new Sampler.Ipndm(1)),
        ("ipndm-2", (_, _) => new Sampler.Ipndm(2)),
        ("ipndm-3", (_, _) => new Sampler.Ipndm(3)),
        ("ipndm-4", (_, _) => new Sampler.Ipndm(4)),
        ("ipndm-v-2", (options, _) => new Sampler.VariableIpndm(2, options.FullOrderStart)),
        ("ipndm-v-3", (options, _) => new Sampler.VariableIpndm(3, options.FullOrderStart)),
        ("ipndm-v-4", (options, _) => new Sampler.VariableIpndm(4, options.FullOrderStart)),
        ("heun", (_, _) => new Sampler.Heun()));

    /// <summary>The timesteps that these options visit on a schedule.</summary>
    /// <returns>The timesteps, or every fault of them or of their number and spacing.</returns>
    public Validation<Error, Timesteps> TimestepsOn(NoiseSchedule schedule) =>
        (ExplicitTimesteps is { } given ? Given(given, schedule) : Spread(schedule)).Map(timesteps => EndAtFirstLevel ? timesteps.EndingAtFirstLevel() : timesteps);

    private Validation<Error, Timesteps> Given(Arr<int> given, NoiseSchedule schedule)
    {
        var alone = this == this with { SamplingSteps = null, Spacing = new SamplingOptions().Spacing, Rho = null, SigmaRange = null, LastTimestep = null };
        return (Timesteps.Of(given, schedule.Steps),
                Check.That("timesteps", string.Join(" ", given), alone, "must be given without sampling-steps, spacing, rho, sigma-range and last-timestep, which spread them"))
            .Apply((timesteps, _) => timesteps);
    }

    private Validation<Error, Timesteps> Spread(NoiseSchedule schedule)
    {
        var spacing = SpacingOn(schedule);
        // Where the spacing is unknown another stands in its place, so that a wrong number is told beside it.
        return (spacing, OwnedBySpacing(), Timesteps.Spaced(spacing.IfFail(_ => new Spacing.Trailing()), schedule, StepsOf(schedule.Steps), LastTimestep ?? 0))
            .Apply((_, _, timesteps) => timesteps);
    }

    /// <summary>The most timesteps that these options can visit on a schedule: all, those between the given ends, or the given ones.</summary>
    public int MostStepsOn(NoiseSchedule schedule) => ExplicitTimesteps is { } given
        ? given.Count
        : Timesteps.Available(Choices.Spacings.Find(Spacing).Map(spacing => Between(spacing, SigmaRange?.Least ?? 0, SigmaRange?.Most ?? double.PositiveInfinity))
            .IfNone(new Spacing.Trailing()), Visible(schedule));

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
        return ExplicitTimesteps?.Count ?? SamplingSteps ?? (Sampler == "ddpm" ? visible : Math.Min(UsualSteps, visible));
    }

    private Stochasticity StochasticityOf(int steps)
    {
        var usual = Stochasticity.Usual(steps);
        return new(Tau ?? usual.Tau, TauRange?.Least ?? usual.Least, TauRange?.Most ?? usual.Most);
    }

    private Validation<Error, Sampler> Named(int scheduleSteps) => Samplers.Find("sampler", Sampler).Bind(make => make(this, StepsOf(scheduleSteps)));

    private Sampler.DpmSolver DpmSolver(int order, DpmSolverWeights weights = DpmSolverWeights.Interpolating) => new(order, weights, LowerOrderFinal, FullOrderStart);

    private Validation<Error, Sampler> UniPc(int order) => UnipcVariants.Find("unipc-variant", UnipcVariant ?? "bh2")
        .Map(Sampler (variant) => new Sampler.UniPc(order, variant, Corrector ?? true, LowerOrderFinal, FullOrderStart));

    private Sampler.SaSolver SaSolver(int order, int steps) => new(order, StochasticityOf(steps), LowerOrderFinal: LowerOrderFinal);

    private Sampler.SaSolver PublishedSaSolver(int order, int steps) => new(order, StochasticityOf(steps), UniPcVariant.Bh1, LowerOrderFinal: true);

    /// <summary>Whether the options that belong to some samplers are given with one of these.</summary>
    private Validation<Error, Unit> Owned()
    {
        bool Is(params string[] families) => families.Exists(family => Sampler.StartsWith(family, StringComparison.Ordinal));
        var (uni, sa) = (Is("unipc-"), Is("sa-solver-"));
        return Array(
                Belongs("eta", Eta, Is("ddim"), "the sampler ddim"),
                Belongs("variance", Variance, Sampler == "ddpm", "the sampler ddpm"),
                Belongs("tau", Tau, sa, SaSolvers),
                Belongs("tau-range", Text(TauRange), sa, SaSolvers),
                Belongs("lower-order-final", Text(LowerOrderFinal), Is("dpmpp-") || uni || sa, "the samplers dpmpp-*, unipc-* and sa-solver-*"),
                Belongs("unipc-variant", UnipcVariant, uni, "the samplers unipc-*"),
                Belongs("corrector", Corrector, uni, "the samplers unipc-*"),
                Belongs("full-order-start", Text(FullOrderStart), uni || Is("ipndm-v-") || Sampler is "dpmpp-1" or "dpmpp-2m" or "dpmpp-3m",
                    "the samplers dpmpp-1, dpmpp-2m, dpmpp-3m, unipc-* and ipndm-v-*"))
            .Sequence().Map(_ => unit);
    }

    /// <summary>
    /// The spacing with the numbers that these options give. Without a range it ends at <see cref="UsualMostRatio"/>, as long as enough timesteps lie below.
    /// </summary>
    private Validation<Error, Spacing> SpacingOn(NoiseSchedule schedule) => Choices.Spacings.Find("spacing", Spacing).Map(spacing =>
    {
        var (usual, levels, count) = (Between(spacing, 0, UsualMostRatio), Visible(schedule), StepsOf(schedule.Steps));
        return SigmaRange is var (least, most) ? Between(spacing, least, most)
            : usual.Checked(levels, count).IsSuccess && Timesteps.Available(usual, levels) >= count ? usual
            : Between(spacing, 0, double.PositiveInfinity);
    });

    private Spacing Between(Spacing spacing, double least, double most) => spacing switch
    {
        Sampling.Spacing.Karras karras => new Sampling.Spacing.Karras(Rho ?? karras.Rho, least, most),
        Sampling.Spacing.UniformLambda => new Sampling.Spacing.UniformLambda(least, most),
        _ => spacing,
    };

    /// <summary>The levels that may be visited; all where the last timestep is none of the schedule's, which is told elsewhere.</summary>
    private Arr<NoiseLevel> Visible(NoiseSchedule schedule) => LastTimestep is { } last && last >= 0 && last < schedule.Steps ? schedule.Levels.Skip(last).ToArr() : schedule.Levels;

    /// <summary>Whether the options that belong to one spacing are said of that one.</summary>
    private Validation<Error, Unit> OwnedBySpacing() =>
        (Belongs("rho", Rho, Spacing == "karras", "the spacing karras"),
            Belongs("sigma-range", Text(SigmaRange), Spacing is "karras" or "uniform-lambda", "the spacings karras and uniform-lambda"))
        .Apply((_, _) => unit);

    private static string? Text(bool said) => said ? "true" : null;

    private static string? Text((double Least, double Most)? range) => range is var (least, most) ? Invariant($"{least} to {most}") : null;

    private static Validation<Error, Unit> Belongs<T>(string name, T value, bool right, string owner) =>
        value is null || right ? unit : Check.Fail<Unit>(name, Invariant($"{value}"), Invariant($"belongs to {owner} alone"));
}

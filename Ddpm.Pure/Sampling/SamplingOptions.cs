using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
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

    /// <summary>
    /// The σ/a where spacings by noise level begin unless told otherwise. Steps above it are wasted: on the cosine schedule σ/a reaches 20,291, and five
    /// timesteps of ten lay above 160. The linear schedule, which ends at 157.4, stays whole. Karras et al. (2022) begin at 80, which costs quality on some schedules
    /// here (Ddpm.Host/RESULTS.md).
    /// </summary>
    public const double UsualMostRatio = 160;

    /// <summary>The sampler, of <see cref="Sampling.Sampler.All"/>.</summary>
    public string Sampler { get; init; } = "ddpm";

    /// <summary>How many timesteps to visit, in [1, T]; null for all with ddpm and <see cref="UsualSteps"/> with others, or T where that is less.</summary>
    public int? SamplingSteps { get; init; }

    /// <summary>
    /// The timesteps themselves, strictly decreasing in [0, T); null to spread them. They leave nothing to spread, so no option of that goes with them.
    /// </summary>
    public Arr<int>? ExplicitTimesteps { get; init; }

    /// <summary>How they are spread, of <see cref="Sampling.Spacing.All"/>.</summary>
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

    /// <summary>The reverse variance of ddpm, of <see cref="Ancestral.Variances"/>; null for beta. It belongs to no other sampler.</summary>
    public string? Variance { get; init; }

    /// <summary>
    /// Whether the order falls towards the last line (diffusers' lower_order_final, their default below 15 steps). It belongs to dpmpp-*, unipc-* and
    /// sa-solver-*.
    /// </summary>
    public bool LowerOrderFinal { get; init; }

    /// <summary>B(h) of UniPC, of <see cref="UniPc.Variants"/>; null for bh2. It belongs to no other sampler.</summary>
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

    /// <summary>The timesteps that these options visit on a schedule.</summary>
    /// <returns>The timesteps, or every fault of them or of their number and spacing.</returns>
    public Validation<Error, Timesteps> TimestepsOn(NoiseSchedule schedule) =>
        (ExplicitTimesteps is { } given ? Given(given, schedule) : Spread(schedule)).Map(timesteps => EndAtFirstLevel ? timesteps.EndingAtFirstLevel() : timesteps);

    private Validation<Error, Timesteps> Given(Arr<int> given, NoiseSchedule schedule)
    {
        var alone = this == this with { SamplingSteps = null, Spacing = new SamplingOptions().Spacing, Rho = null, SigmaRange = null, LastTimestep = null };
        return (Timesteps.Of(given, schedule.Steps),
                Check.That("timesteps", string.Join(" ", given), alone,
                    "cannot be combined with sampling-steps, spacing, rho, sigma-range or last-timestep"))
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
        : Timesteps.Available(Sampling.Spacing.All.Find(Spacing).Map(spacing => Between(spacing, SigmaRange?.Least ?? 0, SigmaRange?.Most ?? double.PositiveInfinity))
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
        return ExplicitTimesteps?.Count ?? SamplingSteps
            ?? Sampling.Sampler.All.Find(Sampler).Map(sampler => sampler.UsualSteps(visible)).IfNone(Math.Min(UsualSteps, visible));
    }

    private Validation<Error, Sampler> Named(int scheduleSteps) =>
        Sampling.Sampler.All.Find("sampler", Sampler).Bind(sampler => sampler.With(this, StepsOf(scheduleSteps)));

    /// <summary>Whether the sampler takes the options that are given and that not all samplers take.</summary>
    private Validation<Error, Unit> Owned()
    {
        var taken = Sampling.Sampler.All.Find(Sampler).Map(sampler => sampler.Options).IfNone(Arr<string>.Empty);
        return Array<(string Name, string? Value)>(
                ("eta", Text(Eta)),
                ("variance", Variance),
                ("tau", Text(Tau)),
                ("tau-range", Text(TauRange)),
                ("lower-order-final", Text(LowerOrderFinal)),
                ("unipc-variant", UnipcVariant),
                ("corrector", Corrector is { } corrects ? Invariant($"{corrects}") : null),
                ("full-order-start", Text(FullOrderStart)))
            .Map(option => Belongs(option.Name, option.Value, taken.Contains(option.Name), Owners(option.Name)))
            .Sequence().Map(_ => unit);
    }

    /// <summary>The samplers that take an option: "sa-solver-*" where all of one record do, else each by its name.</summary>
    private static string Owners(string option)
    {
        var families = Sampling.Sampler.All.GroupBy(row => row.Value.GetType(), row => row).Select(family => family.ToArray());
        string[] owners = [.. families.SelectMany<(string Name, Sampler Value)[], string>(family =>
        {
            string[] names = [.. family.Where(row => row.Value.Options.Contains(option)).Select(row => row.Name)];
            return names.Length == family.Length && names.Length > 1 ? [CommonStart(names) + "*"] : names;
        })];
        return (owners is [var only] && !only.EndsWith('*') ? "the sampler " : "the samplers ") + string.Join(", ", owners);
    }

    private static string CommonStart(string[] names) =>
        names[0][..Enumerable.Range(0, names[0].Length).TakeWhile(i => names.All(name => name.Length > i && name[i] == names[0][i])).Count()];

    /// <summary>
    /// The spacing with the numbers that these options give. Without a range it ends at <see cref="UsualMostRatio"/>, as long as enough timesteps lie below.
    /// </summary>
    private Validation<Error, Spacing> SpacingOn(NoiseSchedule schedule) => Sampling.Spacing.All.Find("spacing", Spacing).Map(spacing =>
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

    /// <summary>Whether options that belong to some spacings are given with one of these.</summary>
    private Validation<Error, Unit> OwnedBySpacing() =>
        (Belongs("rho", Rho, Spacing == "karras", "the spacing karras"),
            Belongs("sigma-range", Text(SigmaRange), Spacing is "karras" or "uniform-lambda", "the spacings karras and uniform-lambda"))
        .Apply((_, _) => unit);

    private static string? Text(bool given) => given ? "true" : null;

    private static string? Text(double? given) => given is { } value ? Invariant($"{value}") : null;

    private static string? Text((double Least, double Most)? range) => range is var (least, most) ? Invariant($"{least} to {most}") : null;

    private static Validation<Error, Unit> Belongs<T>(string name, T value, bool right, string owner) =>
        value is null || right ? unit : Check.Fail<Unit>(name, Invariant($"{value}"), Invariant($"works only with {owner}"));
}

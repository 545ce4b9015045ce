using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>The sampling options, as the user gives them. <see cref="Compile"/> checks them.</summary>
public sealed record SamplingOptions
{
    /// <summary>The default number of timesteps, for every sampler but ddpm.</summary>
    public const int UsualSteps = 50;

    /// <summary>
    /// The default σ/a at which spacings by noise level begin. Steps above it are wasted: on the cosine schedule σ/a reaches 20,291, and five of ten timesteps
    /// lay above 160. The linear schedule, which ends at 157.4, stays whole. Karras et al. (2022) begin at 80, which costs quality on some schedules here
    /// (Ddpm.Host/RESULTS.md).
    /// </summary>
    public const double UsualMostRatio = 160;

    /// <summary>The default guidance scale with a guide (Ddpm.Host/RESULTS.md).</summary>
    public const double UsualGuideScale = 1.5;

    /// <summary>The sampler, a name in <see cref="Sampling.Sampler.All"/>.</summary>
    public string Sampler { get; init; } = "ddpm";

    /// <summary>
    /// How many timesteps to visit, in [1, T]; null for all with ddpm, and for <see cref="UsualSteps"/>, but at most T, with other samplers.
    /// </summary>
    public int? SamplingSteps { get; init; }

    /// <summary>The timesteps themselves, strictly decreasing in [0, T); null to spread them. They exclude all options that spread timesteps.</summary>
    public Arr<int>? ExplicitTimesteps { get; init; }

    /// <summary>How timesteps are spread, a name in <see cref="Sampling.Spacing.All"/>.</summary>
    public string Spacing { get; init; } = "trailing";

    /// <summary>
    /// What is added to each timestep, ≥ 0 (diffusers' steps_offset); null for 0. Only the spacings leading and diffusers-multistep-leading take it.
    /// </summary>
    public int? SpacingOffset { get; init; }

    /// <summary>ρ > 0 of Karras' spacing; null for 7. Only that spacing takes it.</summary>
    public double? Rho { get; init; }

    /// <summary>
    /// The noise levels σ/a between which timesteps are spread: 0 ≤ Least &lt; Most, ∞ allowed. Null for all levels up to <see cref="UsualMostRatio"/>, or for
    /// all levels if too few lie below it. Only the spacings by noise level take it, karras, uniform-lambda and kl-optimal: see
    /// <see cref="Sampling.Spacing.Karras"/>.
    /// </summary>
    public (double Least, double Most)? SigmaRange { get; init; }

    /// <summary>N ∈ [0, T): no timestep below N is visited, and the spacing applies to N … T − 1. Null for 0.</summary>
    public int? LastTimestep { get; init; }

    /// <summary>η ∈ [0, 1]; null for 0 with DDIM and 1 with euler-ancestral. Only these take it.</summary>
    public double? Eta { get; init; }

    /// <summary>
    /// τ ∈ [0, 10] of SA-Solver; null for <see cref="Stochasticity.Usual"/>, which depends on the number of timesteps. Only SA-Solver takes it.
    /// </summary>
    public double? Tau { get; init; }

    /// <summary>
    /// The noise levels σ/a between which SA-Solver draws noise: 0 ≤ Least &lt; Most, ∞ allowed; null for <see cref="Stochasticity.Usual"/>. Only
    /// SA-Solver takes it.
    /// </summary>
    public (double Least, double Most)? TauRange { get; init; }

    /// <summary>How many restarts, in [0, 100]; null for 1. Only restart takes it.</summary>
    public int? Restarts { get; init; }

    /// <summary>
    /// The noise levels σ/a between which restart repeats its way: 0 ≤ Least &lt; Most, ∞ allowed; null for 0.1 to 2. Only restart takes it.
    /// </summary>
    public (double Least, double Most)? RestartRange { get; init; }

    /// <summary>
    /// The reverse variance of ddpm, a name in <see cref="Ancestral.Variances"/>; null for beta, or for the learned one if the network learns it. Only ddpm
    /// takes it.
    /// </summary>
    public string? Variance { get; init; }

    /// <summary>
    /// Whether the order falls towards the last line (diffusers' lower_order_final, their default below 15 steps). Only dpmpp-*,
    /// unipc-*, sa-solver-* and deis-* take it.
    /// </summary>
    public bool LowerOrderFinal { get; init; }

    /// <summary>B(h) of UniPC, a name in <see cref="UniPc.Variants"/>; null for bh2. Only UniPC takes it.</summary>
    public string? UnipcVariant { get; init; }

    /// <summary>Whether UniPC corrects; null for true. Only UniPC takes it.</summary>
    public bool? Corrector { get; init; }

    /// <summary>
    /// Whether a method reaches its order of convergence from one exact point, and not only from an exact history. It costs unipc-3 and ipndm-v-4 one
    /// more evaluation of the network, and other samplers none. Only dpmpp-1, dpmpp-2m, dpmpp-3m, unipc-* and ipndm-v-* take it. Among these, methods
    /// of order 2 and less, unipc-1 and unipc-2 always start so.
    /// </summary>
    public bool FullOrderStart { get; init; }

    /// <summary>
    /// w of <see cref="Diffusion.Guidance"/>, finite. Null for 1, the model's own answer, or for <see cref="UsualGuideScale"/> with a guide.
    /// </summary>
    public double? GuidanceScale { get; init; }

    /// <summary>
    /// The noise levels σ/a at which guidance acts: 0 ≤ Least &lt; Most, ∞ allowed; null for all. It needs <see cref="GuidanceScale"/> or
    /// <see cref="Guide"/>.
    /// </summary>
    public (double Least, double Most)? GuidanceRange { get; init; }

    /// <summary>
    /// φ ∈ [0, 1] of <see cref="GuidedOutput.Rescale"/>; null for 0. It needs <see cref="GuidanceScale"/> or <see cref="Guide"/>.
    /// </summary>
    public double? GuidanceRescale { get; init; }

    /// <summary>The worse network that guides the model, by a name that the caller knows; null for the model itself without a class.</summary>
    public string? Guide { get; init; }

    /// <summary>
    /// Whether to end at the level after the first step and not at the clean image (diffusers' set_alpha_to_one=False and final_sigmas_type="sigma_min").
    /// </summary>
    public bool EndAtFirstLevel { get; init; }

    /// <summary>The timesteps that these options visit on a schedule.</summary>
    /// <returns>The timesteps, or every fault of them or of their number and spacing.</returns>
    public Validation<Error, Timesteps> TimestepsOn(NoiseSchedule schedule) =>
        (ExplicitTimesteps is { } given ? Given(given, schedule) : Spread(schedule))
            .Map(timesteps => EndAtFirstLevel ? timesteps.EndingAtFirstLevel() : timesteps);

    private Validation<Error, Timesteps> Given(Arr<int> given, NoiseSchedule schedule)
    {
        var alone = this == this with
        {
            SamplingSteps = null,
            Spacing = new SamplingOptions().Spacing,
            SpacingOffset = null,
            Rho = null,
            SigmaRange = null,
            LastTimestep = null,
        };
        var nothingElse = Check.That(
            "timesteps",
            string.Join(" ", given),
            alone,
            "cannot be combined with sampling-steps, spacing, rho, sigma-range or last-timestep");
        return (Timesteps.Of(given, schedule.Steps), nothingElse).Apply((timesteps, _) => timesteps);
    }

    private Validation<Error, Timesteps> Spread(NoiseSchedule schedule)
    {
        var spacing = SpacingOn(schedule);
        // If the spacing is unknown, another one replaces it, so that a wrong number is reported too.
        return (spacing, OwnedBySpacing(), Timesteps.Spaced(spacing.IfFail(_ => new Spacing.Trailing()), schedule, StepsOf(schedule.Steps), LastTimestep ?? 0))
            .Apply((_, _, timesteps) => timesteps);
    }

    /// <summary>The most timesteps that these options can visit on a schedule: all, all between the given ends, or the given ones.</summary>
    public int MostStepsOn(NoiseSchedule schedule)
    {
        if (ExplicitTimesteps is { } given)
        {
            return given.Count;
        }

        var spacing = Sampling.Spacing.All.Find(Spacing)
            .Map(named => Between(named, SigmaRange?.Least ?? 0, SigmaRange?.Most ?? double.PositiveInfinity))
            .IfNone(new Spacing.Trailing());
        return Timesteps.Available(spacing, Visible(schedule));
    }

    /// <summary>The sampler that these options name.</summary>
    /// <param name="scheduleSteps">T of the schedule: defaults may depend on how many timesteps these options visit.</param>
    /// <returns>The sampler, or every fault of its name and options, and of options that it does not take.</returns>
    public Validation<Error, Sampler> Chosen(int scheduleSteps) =>
        (Named(scheduleSteps).Bind(sampler => sampler.Checked().Map(_ => sampler)), Owned()).Apply((sampler, _) => sampler);

    /// <summary>Compiles the sampler.</summary>
    /// <param name="schedule">The noise schedule that the network was trained with.</param>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="clipSample">Whether to clip the estimated x_0 to [−1, 1].</param>
    /// <param name="timesteps">The timesteps, if they differ from the ones that these options give: a part of them, or searched ones.</param>
    /// <returns>The plan, or every fault at once. Noise-level faults are reported only once the timesteps are valid.</returns>
    public Validation<Error, SamplingPlan> Compile(NoiseSchedule schedule, Prediction prediction, bool clipSample, Option<Timesteps> timesteps = default) =>
        timesteps.Match(given => given, () => TimestepsOn(schedule)).Match(
            visited =>
            {
                SamplingSetting Setting(Guidance guidance) => new(schedule, prediction, visited, clipSample) { Guidance = guidance };
                var plan = (Named(schedule.Steps), Guidance()).Apply((sampler, guidance) => (Sampler: sampler, Guidance: guidance))
                    .Bind(chosen => chosen.Sampler.Compile(Setting(chosen.Guidance)));
                return (plan, Owned()).Apply((compiled, _) => compiled);
            },
            faults => (Chosen(schedule.Steps), Guidance(), Validation<Error, SamplingPlan>.Fail(faults)).Apply((_, _, plan) => plan));

    /// <summary>The guidance that these options ask for.</summary>
    /// <param name="classes">K, the number of classes that the network knows. Without classes, only a guide can guide it. Null if it is not known.</param>
    /// <returns>The guidance, or every fault.</returns>
    public Validation<Error, Guidance> Guidance(int? classes = null)
    {
        var asked = GuidanceScale is not null || Guide is not null;
        var against = Guide is null ? NetworkSource.Unconditional : NetworkSource.Guide;
        var conditional = GuidanceScale is not { } given || Guide is not null || classes is not 0
            ? Validation<Error, Unit>.Success(unit)
            : Check.Fail<Unit>("guidance-scale", Invariant($"{given}"), "needs a run that was trained with --conditional, or --guide");
        return (Diffusion.Guidance.Of(GuidanceScale ?? (Guide is null ? 1 : UsualGuideScale), against, GuidanceRange, GuidanceRescale ?? 0),
                conditional,
                Belongs("guidance-range", Text(GuidanceRange), asked, "guidance-scale or guide"),
                Belongs("guidance-rescale", Text(GuidanceRescale), asked, "guidance-scale or guide"))
            .Apply((guidance, _, _, _) => guidance);
    }

    /// <summary>
    /// These options with as many timesteps as a number of network evaluations allows: fewer if the sampler evaluates more than once per step.
    /// </summary>
    /// <param name="evaluations">The most evaluations, ≥ 1.</param>
    /// <param name="schedule">The noise schedule.</param>
    /// <param name="prediction">What the network predicts.</param>
    /// <returns>The options, or every fault of them with this schedule and prediction.</returns>
    public Validation<Error, SamplingOptions> Within(int evaluations, NoiseSchedule schedule, Prediction prediction)
    {
        Validation<Error, int> Evaluations(int steps) =>
            (this with { SamplingSteps = steps }).Compile(schedule, prediction, clipSample: true).Map(plan => plan.Evaluations);

        // Bisection: `fits` timesteps are few enough, and more than `most` are too many.
        Validation<Error, SamplingOptions> Between(int fits, int most)
        {
            if (fits == most)
            {
                return this with { SamplingSteps = fits };
            }

            var middle = fits + (most - fits + 1) / 2;
            return Evaluations(middle).Bind(made => made <= evaluations ? Between(middle, most) : Between(fits, middle - 1));
        }

        return (Check.AtLeast("evaluations", evaluations, 1), Evaluations(1))
            .Apply((_, _) => unit)
            .Bind(_ => Between(1, Math.Min(evaluations, MostStepsOn(schedule))));
    }

    /// <summary>How many of T timesteps these options request.</summary>
    private int StepsOf(int scheduleSteps)
    {
        var visible = scheduleSteps - (LastTimestep is { } last && last >= 0 && last < scheduleSteps ? last : 0);
        return ExplicitTimesteps?.Count ?? SamplingSteps
            ?? Sampling.Sampler.All.Find(Sampler).Map(sampler => sampler.UsualSteps(visible)).IfNone(Math.Min(UsualSteps, visible));
    }

    private Validation<Error, Sampler> Named(int scheduleSteps) =>
        Sampling.Sampler.All.Find("sampler", Sampler).Bind(sampler => sampler.With(this, StepsOf(scheduleSteps)));

    /// <summary>Checks that the sampler takes every given option that not all samplers take.</summary>
    private Validation<Error, Unit> Owned()
    {
        var taken = Sampling.Sampler.All.Find(Sampler).Map(sampler => sampler.Options).IfNone(Arr<string>.Empty);
        return Array<(string Name, string? Value)>(
                ("eta", Text(Eta)),
                ("variance", Variance),
                ("tau", Text(Tau)),
                ("tau-range", Text(TauRange)),
                ("restarts", Restarts is { } times ? Invariant($"{times}") : null),
                ("restart-range", Text(RestartRange)),
                ("lower-order-final", Text(LowerOrderFinal)),
                ("unipc-variant", UnipcVariant),
                ("corrector", Corrector is { } corrects ? Invariant($"{corrects}") : null),
                ("full-order-start", Text(FullOrderStart)))
            .Map(option => Belongs(option.Name, option.Value, taken.Contains(option.Name), Owners(option.Name)))
            .Sequence().Map(_ => unit);
    }

    /// <summary>
    /// The samplers that take an option: "sa-solver-*" if all samplers of one record do, and all samplers with that start; else each by its name.
    /// </summary>
    private static string Owners(string option)
    {
        var families = Sampling.Sampler.All.GroupBy(row => row.Value.GetType(), row => row).Select(family => family.ToArray());
        string[] owners = [.. families.SelectMany<(string Name, Sampler Value)[], string>(family =>
        {
            string[] names = [.. family.Where(row => row.Value.Options.Contains(option)).Select(row => row.Name)];
            return names.Length > 1 && Sampling.Sampler.All.Where(row => row.Name.StartsWith(CommonStart(names), StringComparison.Ordinal))
                .All(row => row.Value.Options.Contains(option)) ? [CommonStart(names) + "*"] : names;
        }).Distinct()];
        bool Covers(string start, string name) => start != name && start.EndsWith('*') && name.StartsWith(start[..^1], StringComparison.Ordinal);
        owners = [.. owners.Where(name => !owners.Any(other => Covers(other, name)))];
        return (owners is [var only] && !only.EndsWith('*') ? "the sampler " : "the samplers ") + string.Join(", ", owners);
    }

    private static string CommonStart(string[] names) =>
        names[0][..Enumerable.Range(0, names[0].Length).TakeWhile(i => names.All(name => name.Length > i && name[i] == names[0][i])).Count()];

    /// <summary>
    /// The spacing with the numbers in these options. Without a range it begins at <see cref="UsualMostRatio"/>, if enough timesteps lie below.
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
        Sampling.Spacing.Leading leading => new Sampling.Spacing.Leading(SpacingOffset ?? leading.Offset),
        Sampling.Spacing.DiffusersMultistepLeading leading => new Sampling.Spacing.DiffusersMultistepLeading(SpacingOffset ?? leading.Offset),
        Sampling.Spacing.Karras karras => new Sampling.Spacing.Karras(Rho ?? karras.Rho, least, most),
        Sampling.Spacing.UniformLambda => new Sampling.Spacing.UniformLambda(least, most),
        Sampling.Spacing.KlOptimal => new Sampling.Spacing.KlOptimal(least, most),
        _ => spacing,
    };

    /// <summary>The levels that may be visited; all of them if the schedule lacks the last timestep, which another check reports.</summary>
    private Arr<NoiseLevel> Visible(NoiseSchedule schedule) =>
        LastTimestep is { } last && last >= 0 && last < schedule.Steps ? schedule.Levels.Skip(last).ToArr() : schedule.Levels;

    /// <summary>Checks that the spacing takes every given option that only some spacings take.</summary>
    private Validation<Error, Unit> OwnedBySpacing()
    {
        string[] byNoise = [.. Sampling.Spacing.All.Where(row => row.Value.NoiseRatios is not null).Select(row => row.Name)];
        string[] offset = ["leading", "diffusers-multistep-leading"];
        return (Belongs("spacing-offset", SpacingOffset, offset.Contains(Spacing), $"the spacings {string.Join(", ", offset)}"),
                Belongs("rho", Rho, Spacing == "karras", "the spacing karras"),
                Belongs("sigma-range", Text(SigmaRange), byNoise.Contains(Spacing), $"the spacings {string.Join(", ", byNoise)}"))
            .Apply((_, _, _) => unit);
    }

    private static string? Text(bool given) => given ? "true" : null;

    private static string? Text(double? given) => given is { } value ? Invariant($"{value}") : null;

    private static string? Text((double Least, double Most)? range) => range is var (least, most) ? Invariant($"{least} to {most}") : null;

    private static Validation<Error, Unit> Belongs<T>(string name, T value, bool right, string owner) =>
        value is null || right ? unit : Check.Fail<Unit>(name, Invariant($"{value}"), Invariant($"works only with {owner}"));
}

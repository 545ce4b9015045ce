using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>Timesteps, plans, and the trajectories of plans.</summary>
internal static class SamplingEntries
{
    // A coefficient of order 3 divides by the square of a step in λ, about 1/20 here: 400 roundings of numbers near 1, times the rounding error of λ
    // itself.
    private static readonly Tolerance Coefficients = new(1e-9, 1e-11);

    public static IEnumerable<ReferenceEntry> All =>
    [
        ReferenceEntry.Json(
            "timesteps.json",
            "for each schedule and T, each spacing and each number of timesteps n: the timesteps, from noise to image; "
            + "an n that a spacing refuses is left out",
            "Ddpm.Pure/Sampling/Spacing.cs gives each in one line",
            "Lin et al. 2024 (2305.08891), table 2; Karras et al. 2022, eq. 5; Lee et al. 2024 (2407.12173); Sabour et al. 2024 (2404.14507)",
            Tolerance.Exact,
            SpacedTimesteps),
        ReferenceEntry.Json(
            "searched-timesteps.json",
            "candidates, costs[i][j] of one step from candidate i to j (the last column: to the end), and the cheapest timesteps for each n",
            "shortest path by dynamic programming; of two ways of one cost the one that stays noisier longer",
            "Chen et al. 2024 (2405.11326)",
            Tolerance.Exact,
            Searched),
        ReferenceEntry.Json(
            "scenarios.json",
            "the settings in which plans are compiled and run: schedule, T, prediction, spacing, clipping, seed and image number of the noise, "
            + "known image and mask",
            "initial noise: normals 0…3 of stream 1 at (image, 0), or as given; noise of line i: normals 0…3 of stream 2 at (image, i)",
            "Ddpm.Pure/README.md",
            Tolerance.Exact,
            Scenarios),
        .. Scenario.All.Map(scenario => new ReferenceEntry(
            $"denoisers/{scenario.Name}.npy",
            "float64 [T, 2]: the network's output at timestep t is [t, 0]·y + [t, 1], in that order; the network sees y, x times the plan's input factor",
            scenario.IsToy
                ? "[t/(t + 1), 0]"
                : "E[o|x] of data N(0.25, 0.5): with target o = p·x0 + q·ε, v = a²·0.5 + σ²: "
                + "slope = (p·a·0.5 + q·σ)/v, constant = p·0.25 − slope·a·0.25; [t, 0] = slope/c_in, with c_in from predictions.json",
            scenario.IsToy ? "the tests of diffusers' schedulers" : "Gaussian conditioning; Ddpm.Pure/Diffusion/GaussianData.cs",
            new(1e-9, 1e-11),
            () => Denoiser(scenario, scenario.Denoiser()))),
        .. Scenario.All.Filter(scenario => scenario.Guidance != Guidance.None).Map(scenario => new ReferenceEntry(
            $"denoisers/{scenario.Name}-worse.npy",
            "float64 [T, 2]: the same of the network that gives the worse answer, the guide or the model without a class",
            "E[o|x] of data N(0, 1)",
            "Gaussian conditioning; Ddpm.Pure/Diffusion/GaussianData.cs",
            new(1e-9, 1e-11),
            () => Denoiser(scenario, scenario.WorseDenoiser()))),
        .. SamplerCase.All.Map(sampler => ReferenceEntry.Json(
            $"plans/{sampler.Name}.json",
            "the sampler's plan in each scenario that it does not refuse",
            "Ddpm.Pure/README.md says what a line does",
            "Ddpm.Pure/Sampling, each sampler with its paper",
            Coefficients,
            () => Plans(sampler))),
        .. SamplerCase.All.Map(sampler => ReferenceEntry.Json(
            $"trajectories/{sampler.Name}.json",
            "for each scenario, x at the start and after each line of the plan: lines + 1 lists of 4 pixels",
            "the exported plan run with the exported denoiser, in double precision"
            + (sampler.Name == "ddpm-learned-range" ? "; f = 0, 0.25, 0.625, 1 for the four pixels" : ""),
            "Ddpm.Pure/README.md",
            // The learned deviation contains an exponential, and every library rounds its last digit differently.
            sampler.Name == "ddpm-learned-range" ? new(1e-12, 1e-12) : Tolerance.Exact,
            () => Trajectories(sampler))),
    ];

    private static Datum Plans(SamplerCase sampler) => Datum.NamedEach(sampler.Plans(), made => (made.Scenario.Name, PlanJson.Of(made.Plan)));

    private static Datum Trajectories(SamplerCase sampler) =>
        Datum.NamedEach(sampler.Plans(), made => (made.Scenario.Name, Datum.Each(made.Scenario.Run(made.Plan), x => Datum.Of(x))));

    private static Content Denoiser(Scenario scenario, Arr<LinearPair> rows) =>
        Content.Of(Array<long>(scenario.Steps, 2), rows.Bind(pair => Array(pair.First, pair.Second)).ToArray());

    private static Datum Scenarios() => Datum.NamedEach(Scenario.All, scenario => (scenario.Name, Datum.Named([
        ("schedule", Datum.Of(scenario.ScheduleName)),
        ("steps", Datum.Of(scenario.Steps)),
        ("zero-terminal-snr", Datum.Of(scenario.ZeroTerminalSnr)),
        ("prediction", Datum.Of(scenario.PredictionName)),
        ("spacing", Datum.Of(scenario.SpacingName)),
        ("sampling-steps", Datum.Of(scenario.SamplingSteps)),
        ("end-at-first-level", Datum.Of(scenario.EndAtFirstLevel)),
        ("strength", Datum.Of(scenario.Strength)),
        ("timesteps", Datum.Of(scenario.Setting.Timesteps.Values)),
        ("clip-sample", Datum.Of(scenario.ClipSample)),
        ("seed", Datum.Of(scenario.Seed)),
        ("image", Datum.Of(scenario.Image)),
        ("variance-fractions", Datum.Of(Scenario.VarianceFractions)),
        .. scenario.Guidance == Guidance.None ? [] : Guided(scenario.Guidance),
        .. scenario.Initial.Map(initial => ("initial", Datum.Of(initial))),
        .. scenario.Known.Map(known => ("known", Datum.Of(known))),
        .. scenario.Mask.Map(mask => ("mask", Datum.Each(mask, Datum.Of)))])));

    private static Seq<(string, Datum)> Guided(Guidance guidance) => Seq(
        ("guidance-scale", Datum.Of(guidance.Scale)),
        ("guidance-range", Datum.Of([guidance.Least, guidance.Most])),
        ("guidance-rescale", Datum.Of(guidance.Rescale)));

    private static Datum SpacedTimesteps() => Datum.NamedEach(
        from steps in Array(1, 2, 7, 100, 1000)
        from name in steps < 1000 ? Array("linear", "cosine") : Array("linear", "cosine", "rectified-flow", "edm")
        select (Steps: steps, Name: name),
        on =>
        {
            var schedule = ScheduleEntries.Named(on.Name, on.Steps, zeroTerminalSnr: false);
            Datum Of(Spacing spacing) => Datum.NamedEach(
                Array(1, 2, 3, 7, 10, 15, 20, 25, 50, 100, 999, 1000)
                    .Bind(n => Timesteps.Spaced(spacing, schedule, n).Match(
                        made => Array((Count: n, made.Values)),
                        _ => Arr<(int Count, Arr<int> Values)>.Empty)),
                made => (Invariant($"{made.Count}"), Datum.Of(made.Values)));
            return (
                Invariant($"{on.Name}-{on.Steps}"),
                Datum.NamedEach(Spacing.All.OrderBy(row => row.Name, StringComparer.Ordinal), row => (row.Name, Of(row.Value))));
        });

    private static Datum Searched()
    {
        var candidates = Range(0, 8).Map(i => 7 * (8 - i) - 1).ToArr();
        // The costs are in eighths, so that their sums are exact. Long steps cost more than in proportion to their length.
        var costs = Range(0, 8).Map(i => Range(0, 9).Map(j => j <= i ? 0 : ((j - i) * (j - i) * (j - i) * (3 + (5 * i + 3 * j) % 7)) / 8.0).ToArr()).ToArr();
        var timesteps = Timesteps.Of(candidates, 1000).OrThrow();
        return Datum.Named(
            ("candidates", Datum.Of(candidates)),
            ("costs", Datum.Each(costs, row => Datum.Of(row))),
            ("cheapest", Datum.NamedEach(
                Range(1, 8),
                n => (Invariant($"{n}"), Datum.Of(SearchedTimesteps.Search(timesteps, costs, n).OrThrow().Values)))));
    }
}

using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using LanguageExt.Common;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

/// <summary>Right options and a schedule for them.</summary>
public sealed record OptionsCase(SamplingOptions Options, NoiseSchedule Schedule);

[Properties(Arbitrary = [typeof(AllOptions), typeof(Generators)])]
public sealed class SamplingOptionsLaws
{
    private static readonly VariancePreservingSchedule Hundred = NoiseSchedule.Linear(100).Valid();

    /// <summary>Each row is the sampler with its usual options for a thousand timesteps; ddim-diffusers then strides as far as 50 timesteps ask.</summary>
    [Fact]
    public void A_name_alone_is_the_sampler_of_its_row() => Assert.All(Sampler.All, row => Assert.Equal(
        row.Value is Ddim { Noise: ClippedNoise.DiffusersOutput } strided ? strided with { Strides = 50 } : row.Value,
        new SamplingOptions { Sampler = row.Name }.Chosen(1000).Valid()));

    [Fact]
    public void Every_option_belongs_to_some_sampler() => Assert.Equal(10, Sampler.All.SelectMany(row => row.Value.Options).Distinct().Count());

    [Fact]
    public void An_option_reaches_every_sampler_that_takes_it() => Assert.All(Sampler.All, row => Assert.All(row.Value.Options, option =>
    {
        var plain = new SamplingOptions { Sampler = row.Name };
        var given = option switch
        {
            "eta" => plain with { Eta = 0.5 },
            "variance" => plain with { Variance = "posterior" },
            "tau" => plain with { Tau = 0.5 },
            "tau-range" => plain with { TauRange = (1, 2) },
            "restarts" => plain with { Restarts = 2 },
            "restart-range" => plain with { RestartRange = (0.2, 1) },
            "lower-order-final" => plain with { LowerOrderFinal = true },
            "unipc-variant" => plain with { UnipcVariant = "bh1" },
            "corrector" => plain with { Corrector = false },
            "full-order-start" => plain with { FullOrderStart = true },
            _ => throw new InvalidOperationException($"{row.Name} takes {option}, which no option of the command line sets"),
        };
        var always = row.Value is SaSolver { LowerOrderFinal: true } && option == "lower-order-final";
        Assert.Equal(always, given.Chosen(1000).Valid() == plain.Chosen(1000).Valid());
    }));

    [Fact]
    public void Options_make_a_sampler_what_they_say()
    {
        static Sampler Chosen(SamplingOptions options) => options.Chosen(1000).Valid();
        Assert.Equal(new Ancestral(ReverseVariance.Posterior), Chosen(new() { Variance = "posterior" }));
        Assert.Equal(new Ddim(0.25), Chosen(new() { Sampler = "ddim", Eta = 0.25 }));
        Assert.Equal(new Ddim(1, ClippedNoise.DiffusersOutput, 50), Chosen(new() { Sampler = "ddim-diffusers", Eta = 1 }));
        Assert.Equal(
            new SaSolver(2, Stochasticity.OfFewSteps with { Tau = 0.25 }),
            Chosen(new() { Sampler = "sa-solver-2", SamplingSteps = 14, Tau = 0.25 }));
        Assert.Equal(
            new UniPc(3, UniPcVariant.Bh1, Corrector: false, LowerOrderFinal: true, FullOrderStart: true),
            Chosen(new() { Sampler = "unipc-3", UnipcVariant = "bh1", Corrector = false, LowerOrderFinal = true, FullOrderStart = true }));
        Assert.Equal(new EulerAncestral(0.25), Chosen(new() { Sampler = "euler-ancestral", Eta = 0.25 }));
        Assert.Equal(new Restart(3, 0.2, 1), Chosen(new() { Sampler = "restart", Restarts = 3, RestartRange = (0.2, 1) }));
        Assert.Equal(new UniPc(2), Chosen(new() { Sampler = "unipc-2", UnipcVariant = "bh2", Corrector = true }));
        Assert.Equal(
            new DpmSolver(3, LowerOrderFinal: true, FullOrderStart: true),
            Chosen(new() { Sampler = "dpmpp-3m", LowerOrderFinal = true, FullOrderStart = true }));
        Assert.Equal(new StochasticDpmSolver(LowerOrderFinal: true), Chosen(new() { Sampler = "dpmpp-2m-sde", LowerOrderFinal = true }));
        Assert.Equal(new VariableIpndm(4, FullOrderStart: true), Chosen(new() { Sampler = "ipndm-v-4", FullOrderStart = true }));
        Assert.Equal(new SaSolver(2, Stochasticity.Full, LowerOrderFinal: true), Chosen(new() { Sampler = "sa-solver-2", LowerOrderFinal = true }));
        Assert.Equal(
            new Ddim(0, ClippedNoise.DiffusersOutput, 3),
            Chosen(new() { Sampler = "ddim-diffusers", ExplicitTimesteps = Array(999, 500, 1) }));
        Assert.Equal(
            new SaSolver(3, new(Stochasticity.Full.Tau, 0.5, 4)),
            Chosen(new() { Sampler = "sa-solver-3", SamplingSteps = 15, TauRange = (0.5, 4) }));
    }

    /// <summary>The options are names alone: they compile to the plan of the sampler that they name, on the timesteps that they name.</summary>
    [Law]
    public bool Options_compile_to_the_plan_of_their_sampler_on_their_timesteps(OptionsCase c, Prediction prediction, bool clip)
    {
        var timesteps = c.Options.TimestepsOn(c.Schedule).Valid();
        var setting = new SamplingSetting(c.Schedule, prediction, timesteps, clip);
        var plan = c.Options.Compile(c.Schedule, prediction, clip).Valid();
        var (visited, end) = (timesteps.Values.Count, c.Options.EndAtFirstLevel ? 0 : -1);
        var startsTwice = visited >= 3 && c.Options is { FullOrderStart: true, Sampler: "unipc-3" or "ipndm-v-4", Corrector: not false };
        var lines = c.Options.Sampler switch
        {
            "heun" => 2 * visited - (c.Options.EndAtFirstLevel ? 0 : 1),
            "plms" => visited + (visited > 1 || c.Options.EndAtFirstLevel ? 1 : 0),
            "pndm" or "restart" => plan.Lines.Count, // they depend on the levels
            _ => visited + (startsTwice ? 1 : 0),
        };
        return plan == c.Options.Chosen(c.Schedule.Steps).Valid().Compile(setting).Valid()
            && plan.ClipSample == clip
            && timesteps.End == end
            && plan.Lines.Count == lines;
    }

    /// <summary>Defaults depend on the number of timesteps that are visited, also on a schedule that has no more.</summary>
    [Law]
    public bool To_say_how_many_timesteps_are_visited_anyway_changes_no_sampler(OptionsCase c)
    {
        var (options, steps) = (c.Options, c.Schedule.Steps);
        var counted = options.ExplicitTimesteps is { } ? options : options with { SamplingSteps = options.TimestepsOn(c.Schedule).Valid().Values.Count };
        return counted.Chosen(steps).Valid() == options.Chosen(steps).Valid();
    }

    [Law]
    public bool Within_so_many_evaluations_the_most_timesteps_are_visited(OptionsCase c, Prediction prediction, PositiveInt most)
    {
        int Evaluations(SamplingOptions options) => options.Compile(c.Schedule, prediction, clipSample: true).Valid().Lines.Count;
        var options = c.Options with { EndAtFirstLevel = false, ExplicitTimesteps = null };
        var found = options.Within(most.Get, c.Schedule, prediction).Valid();
        return found with { SamplingSteps = options.SamplingSteps } == options && Evaluations(found) <= most.Get
            && (found.SamplingSteps == options.MostStepsOn(c.Schedule) || Evaluations(found with { SamplingSteps = found.SamplingSteps + 1 }) > most.Get);
    }

    [Law]
    public bool Timesteps_are_as_many_as_said_or_all_for_ddpm_two_for_consistency_and_fifty_for_others(OptionsCase c)
    {
        if (c.Options.ExplicitTimesteps is { } given)
        {
            return c.Options.TimestepsOn(c.Schedule).Valid().Values == given;
        }

        var last = c.Options.LastTimestep ?? 0;
        var steps = c.Schedule.Steps - last;
        var count = c.Options.SamplingSteps ?? Math.Min(steps, c.Options.Sampler switch
        {
            "ddpm" => steps,
            "consistency" => 2,
            _ => 50,
        });
        Validation<Error, Timesteps> Between(double least, double most) => Timesteps.Spaced(c.Options.Spacing switch
        {
            "karras" => new Spacing.Karras(c.Options.Rho ?? 7, least, most),
            "uniform-lambda" => new Spacing.UniformLambda(least, most),
            "kl-optimal" => new Spacing.KlOptimal(least, most),
            var other => Spacing.All[other],
        }, c.Schedule, count, last);
        // Up to σ/a 160, if enough timesteps lie below it.
        var expected = (c.Options.SigmaRange is var (low, high) ? Between(low, high)
            : Between(0, SamplingOptions.UsualMostRatio) is { IsSuccess: true } usual ? usual : Between(0, double.PositiveInfinity)).Valid();
        return c.Options.TimestepsOn(c.Schedule).Valid() == (c.Options.EndAtFirstLevel ? expected.EndingAtFirstLevel() : expected);
    }

    [Law]
    public bool Given_timesteps_take_the_place_of_the_options_own(OptionsCase c, Prediction prediction)
    {
        var given = Timesteps.All(Math.Min(12, c.Schedule.Steps));
        var options = c.Options with { SamplingSteps = c.Options.Sampler == "ddim-diffusers" ? c.Schedule.Steps : 0, Spacing = "" };
        return options.Compile(c.Schedule, prediction, clipSample: true, given).Valid()
            == options.Chosen(c.Schedule.Steps).Valid().Compile(new(c.Schedule, prediction, given, ClipSample: true)).Valid();
    }

    [Fact]
    public void No_evaluations_are_refused() => Assert.Equal(
        ["evaluations must be at least 1, got 0"], new SamplingOptions().Within(0, NoiseSchedule.Linear(10).Valid(), new Prediction.Epsilon()).Faults());

    [Fact]
    public void Timesteps_are_counted()
    {
        int Count(SamplingOptions options, int steps) => options.TimestepsOn(NoiseSchedule.Linear(steps).Valid()).Valid().Values.Count;
        Assert.Equal(100, Count(new(), 100));
        Assert.Equal(50, Count(new() { Sampler = "heun" }, 100));
        Assert.Equal(49, Count(new() { Sampler = "ddim" }, 49));
        Assert.Equal(10, Count(new() { SamplingSteps = 10 }, 100));
    }

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        string[] Faults(SamplingOptions options, NoiseSchedule? schedule = null) =>
            options.Compile(schedule ?? Hundred, new Prediction.Epsilon(), clipSample: false).Faults();
        var spacings = string.Join(", ", Spacing.All.Keys);
        Assert.Equal(
            [
                $"sampler must be one of {string.Join(", ", Sampler.All.Keys)}, got rk45",
                "eta works only with the samplers ddim*, euler-ancestral, got 0.5",
                "variance works only with the sampler ddpm, got beta",
                "tau works only with the samplers sa-solver-*, got 0.3",
                "tau-range works only with the samplers sa-solver-*, got 1 to 2",
                $"spacing must be one of {spacings}, got even",
                "sampling-steps must lie in [1, 100], got 0",
            ],
            Faults(new() { Sampler = "rk45", Eta = 0.5, Variance = "beta", Tau = 0.3, TauRange = (1, 2), Spacing = "even", SamplingSteps = 0 }));
        Assert.Equal(
            ["eta must lie in [0, 1], got 1.5", $"variance works only with the sampler ddpm, got ", "sampling-steps must lie in [1, 100], got 101"],
            Faults(new() { Sampler = "ddim", Eta = 1.5, Variance = "", SamplingSteps = 101 }));
        Assert.Equal(
            [
                "variance must be one of beta, posterior, learned, got wide",
                "eta works only with the samplers ddim*, euler-ancestral, got 0",
                "sampling-steps must lie in [1, 100], got -1",
            ],
            Faults(new() { Variance = "wide", Eta = 0, SamplingSteps = -1 }));
        Assert.Equal(
            [
                "eta must lie in [0, 1], got NaN",
                $"prediction must be {Prediction.NamesWhere(one => one is not Prediction.Epsilon)} to start from timestep 99, "
                + "where nothing of the image is left (a = 0), got epsilon",
                "variance works only with the sampler ddpm, got posterior",
            ],
            Faults(new() { Sampler = "ddim-diffusers", Eta = double.NaN, Variance = "posterior" }, Hundred.WithZeroTerminalSnr()));
        Assert.Equal(
            ["tau must lie in [0, 10], got 10.5", "tau-range must be two noise levels σ/a, the lower one first and not below 0, got 2 to 2"],
            new SamplingOptions { Sampler = "sa-solver-2", Tau = 10.5, TauRange = (2, 2) }.Chosen(1000).Faults());
        Assert.Equal(
            ["tau must lie in [0, 10], got NaN", "tau-range must be two noise levels σ/a, the lower one first and not below 0, got -1 to 2"],
            new SamplingOptions { Sampler = "sa-solver-1", Tau = double.NaN, TauRange = (-1, 2) }.Chosen(1000).Faults());
        Assert.Equal(
            [
                "rho works only with the spacing karras, got 3",
                "sigma-range works only with the spacings uniform-lambda, karras, kl-optimal, got 0.1 to 5",
                "last-timestep must lie in [0, 100), got 100",
            ],
            new SamplingOptions { Sampler = "ddim", Rho = 3, SigmaRange = (0.1, 5), LastTimestep = 100 }.TimestepsOn(Hundred).Faults());
        Assert.Equal(
            ["rho works only with the spacing karras, got 7"],
            new SamplingOptions { Sampler = "ddim", Spacing = "uniform-lambda", Rho = 7, SigmaRange = (0.1, 5), SamplingSteps = 5 }
                .TimestepsOn(Hundred).Faults());
        Assert.Equal(
            ["rho must be positive and finite, got 0", "sigma-range must be two noise levels σ/a, the lower one first and not below 0, got 5 to 1"],
            new SamplingOptions { Sampler = "ddim", Spacing = "karras", Rho = 0, SigmaRange = (5, 1) }.TimestepsOn(Hundred).Faults());
        Assert.Equal(
            [
                "unipc-variant works only with the samplers unipc-*, got bh1",
                "corrector works only with the samplers unipc-*, got False",
                "full-order-start works only with the samplers dpmpp-1, dpmpp-2m, dpmpp-3m, unipc-*, ipndm-v-*, got true",
            ],
            new SamplingOptions { Sampler = "ipndm-4", UnipcVariant = "bh1", Corrector = false, FullOrderStart = true }
                .Chosen(1000).Faults());
        Assert.StartsWith(
            "lower-order-final works only with the samplers dpmpp-*, unipc-*, sa-solver-*, deis-*",
            Assert.Single(new SamplingOptions { Sampler = "heun", LowerOrderFinal = true }.Chosen(1000).Faults()), StringComparison.Ordinal);
        Assert.All(
            ["dpmpp-3m-published", "dpmpp-2m-sde", "sa-solver-3", "heun", "ddpm"],
            name => Assert.Single(new SamplingOptions { Sampler = name, FullOrderStart = true }.Chosen(1000).Faults()));
        Assert.Equal(
            ["unipc-variant must be one of bh1, bh2, got bh3"],
            new SamplingOptions { Sampler = "unipc-2", UnipcVariant = "bh3" }.Chosen(1000).Faults());
        const string alone = "cannot be combined with sampling-steps, spacing, rho, sigma-range or last-timestep, got 99 50";
        Assert.All(
            (SamplingOptions[])
            [
                new() { SamplingSteps = 2 },
                new() { Spacing = "karras" },
                new() { Rho = 7 },
                new() { SigmaRange = (0, 1) },
                new() { LastTimestep = 0 },
            ],
            options => Assert.Equal([$"timesteps {alone}"], (options with { ExplicitTimesteps = Array(99, 50) }).TimestepsOn(Hundred).Faults()));
        Assert.Equal(
            ["timesteps[0] must lie in [0, 100), got 100", "timesteps[1] must be less than the one before it, got 100"],
            new SamplingOptions { ExplicitTimesteps = Array(100, 100) }.TimestepsOn(Hundred).Faults()
                .Where(fault => !fault.Contains("[1] must lie", StringComparison.Ordinal)));
        Assert.Equal(
            ["restarts must lie in [0, 100], got 101", "restart-range must be two noise levels σ/a, the lower one first and not below 0, got 1 to 1"],
            new SamplingOptions { Sampler = "restart", Restarts = 101, RestartRange = (1, 1) }.Chosen(1000).Faults());
        Assert.Equal(
            ["restarts works only with the sampler restart, got 2", "restart-range works only with the sampler restart, got 0.1 to 1"],
            new SamplingOptions { Sampler = "heun", Restarts = 2, RestartRange = (0.1, 1) }.Chosen(1000).Faults());
        Assert.Equal(["eta must lie in [0, 1], got 2"], new SamplingOptions { Sampler = "euler-ancestral", Eta = 2 }.Chosen(1000).Faults());
        Assert.Equal(["eta must lie in [0, 1], got -0.5"], new SamplingOptions { Sampler = "ddim", Eta = -0.5 }.Chosen(1000).Faults());
    }

    public static class AllOptions
    {
        public static Arbitrary<OptionsCase> Right() =>
            (from schedule in Generators.Schedules
             from sampler in Gen.Elements(Sampler.All.Keys)
             from spacing in Gen.Elements(Spacing.All.Keys.Where(name => name != "ays")) // which refuses all schedules but one
                 // Only some samplers start from a level without any image; another law covers the refusals.
             let withImage = schedule.AlphaBars[schedule.Steps - 1] > 0 ? schedule : NoiseSchedule.Linear(schedule.Steps).Valid()
             from last in Gen.Frequency((3, Gen.Constant((int?)null)), (1, Gen.Choose(0, schedule.Steps - 1).Select(n => (int?)n)))
             from rho in Gen.Frequency((1, Gen.Constant((double?)null)), (1, Generators.PowersOfTen(-1, 2).Select(x => (double?)x)))
             from clean in Gen.Choose(last ?? 0, schedule.Steps - 1)
             from noisy in Gen.Choose(clean, schedule.Steps - 1)
             from ranged in Gen.Elements(true, false)
             let inNoise = spacing is "karras" or "uniform-lambda" or "kl-optimal"
             let sigmas = ranged && inNoise ? ((double, double)?)(0.999 * Math.Exp(-withImage[clean].Lambda), 1.001 * Math.Exp(-withImage[noisy].Lambda)) : null
             let most = sigmas is null ? schedule.Steps - (last ?? 0) : noisy - clean + 1
             from steps in Gen.Frequency((sigmas is null ? 1 : 0, Gen.Constant((int?)null)), (2, Gen.Choose(1, most).Select(n => (int?)n)))
             from eta in Gen.Frequency((1, Gen.Constant((double?)null)), (2, Generators.Between(0, 1).Select(x => (double?)x)))
             from tau in Gen.Frequency((1, Gen.Constant((double?)null)), (2, Generators.Between(0, 2).Select(x => (double?)x)))
             from least in Generators.Between(0, 1)
             from range in Gen.Elements<(double, double)?>(null, (least, 2 * least + 0.1))
             from variance in Gen.Elements(null, "beta", "posterior")
             from end in Gen.Elements(true, false)
             from lower in Gen.Elements(true, false)
             from uni in Gen.Elements(null, "bh1", "bh2")
             from corrector in Gen.Elements<bool?>(null, true, false)
             from full in Gen.Elements(true, false)
             from restarts in Gen.Elements<int?>(null, 0, 3)
             from explicitly in Gen.Frequency((5, Gen.Constant(false)), (1, Gen.Constant(true)))
             from given in Gen.SubListOf(Enumerable.Range(0, schedule.Steps))
             let taken = Sampler.All[sampler].Options
             let options = new SamplingOptions
             {
                 Sampler = sampler,
                 Spacing = spacing,
                 SamplingSteps = steps,
                 Rho = spacing == "karras" ? rho : null,
                 SigmaRange = sigmas,
                 LastTimestep = last,
                 Eta = taken.Contains("eta") ? eta : null,
                 Tau = taken.Contains("tau") ? tau : null,
                 TauRange = taken.Contains("tau-range") ? range : null,
                 Restarts = taken.Contains("restarts") ? restarts : null,
                 RestartRange = taken.Contains("restart-range") ? range : null,
                 Variance = taken.Contains("variance") ? variance : null,
                 LowerOrderFinal = lower && taken.Contains("lower-order-final"),
                 UnipcVariant = taken.Contains("unipc-variant") ? uni : null,
                 Corrector = taken.Contains("corrector") ? corrector : null,
                 FullOrderStart = full && taken.Contains("full-order-start"),
                 EndAtFirstLevel = end,
             }
             let explicitOptions = options with
             {
                 ExplicitTimesteps = new Arr<int>(given.Order().Reverse()),
                 SamplingSteps = null,
                 Spacing = "trailing",
                 Rho = null,
                 SigmaRange = null,
                 LastTimestep = null,
             }
             select new OptionsCase(explicitly && given.Count > 0 ? explicitOptions : options, withImage)).ToArbitrary();
    }
}

using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Random;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Reference;

/// <summary>A setting in which every sampler that it allows is compiled and run on four pixels. The network is affine in x at each timestep.</summary>
/// <param name="Name">Its name in the files.</param>
/// <param name="ScheduleName">A name in <see cref="NoiseSchedule.Families"/>.</param>
/// <param name="Steps">T.</param>
/// <param name="ZeroTerminalSnr">Whether the schedule is rescaled to zero terminal signal-to-noise ratio.</param>
/// <param name="PredictionName">A name in <see cref="Diffusion.Prediction.All"/>.</param>
/// <param name="SpacingName">A name in <see cref="Spacing.All"/>.</param>
/// <param name="SamplingSteps">How many timesteps are spread.</param>
/// <param name="ClipSample">Whether the estimate of x_0 is clipped.</param>
/// <param name="Seed">The seed of the noise.</param>
/// <param name="Image">The number of the generated image, which addresses its noise.</param>
internal sealed record Scenario(
    string Name,
    string ScheduleName,
    int Steps,
    bool ZeroTerminalSnr,
    string PredictionName,
    string SpacingName,
    int SamplingSteps,
    bool ClipSample,
    ulong Seed,
    int Image)
{
    /// <summary>The pixels of x.</summary>
    public const int Pixels = 4;

    /// <summary>The data. The network is the exact one for them, unless the scenario is a toy.</summary>
    public static GaussianData Data { get; } = new(0.25, 0.5);

    /// <summary>f ∈ [0, 1] of each pixel, for plans with a learned variance.</summary>
    public static Arr<double> VarianceFractions { get; } = Array(0, 0.25, 0.625, 1);

    /// <summary>The scenarios.</summary>
    public static Arr<Scenario> All { get; } = Array(
        new Scenario("linear-epsilon-trailing", "linear", 1000, false, "epsilon", "trailing", 10, true, 1, 0),
        new Scenario("cosine-sample-karras", "cosine", 1000, false, "sample", "karras", 12, false, 0, 3),
        new Scenario("zero-snr-velocity-trailing", "linear", 1000, true, "velocity", "trailing", 8, true, 7, 1),
        new Scenario("scaled-linear-velocity-leading", "scaled-linear", 1000, false, "velocity", "leading", 15, false, ulong.MaxValue, 2),
        new Scenario("short-epsilon-first-level", "sigmoid", 20, false, "epsilon", "linspace", 20, false, (1UL << 32) + 5, 70_000) { EndAtFirstLevel = true },
        new Scenario("toy-epsilon-leading", "linear", 1000, false, "epsilon", "leading", 10, true, 11, 0) { IsToy = true, Initial = Array(0, 0.25, 0.5, 0.75) },
        new Scenario("flow-trailing", "rectified-flow", 1000, false, "flow", "trailing", 10, false, 13, 8),
        new Scenario("edm-karras", "edm", 1000, false, "edm", "karras", 9, true, 17, 9),
        new Scenario("edm-on-linear", "linear", 1000, false, "edm", "linspace", 11, false, 19, 10),
        new Scenario("image-to-image", "linear", 1000, false, "epsilon", "uniform-lambda", 10, false, 3, 4)
        {
            Strength = 0.6,
            Known = Array(-1.0, -0.25, 0.5, 1),
        },
        new Scenario("inpainting", "linear", 1000, false, "epsilon", "trailing", 10, true, 5, 6)
        {
            Known = Array(-1.0, -0.25, 0.5, 1),
            Mask = Array(true, false, true, false),
        },
        new Scenario("flow-inpainting", "rectified-flow", 1000, false, "flow", "trailing", 10, false, 23, 12)
        {
            Strength = 0.7,
            Known = Array(0.75, -0.5, 0, -1),
            Mask = Array(false, true, true, false),
        },
        new Scenario("guided-epsilon-karras", "linear", 1000, false, "epsilon", "karras", 10, true, 29, 14)
        {
            Guidance = Guidance.Of(1.5, NetworkSource.Guide, (0.1, 6)).OrThrow(),
        },
        new Scenario("classes-velocity-trailing", "cosine", 1000, false, "velocity", "trailing", 10, false, 31, 15)
        {
            Guidance = Guidance.Of(3, rescale: 0.7).OrThrow(),
        });

    /// <summary>The data of the network that gives the worse answer, the guide or the model without a class.</summary>
    public static GaussianData WorseData { get; } = new(0, 1);

    /// <summary>How the network is guided.</summary>
    public Guidance Guidance { get; init; } = Guidance.None;

    /// <summary>Whether the last timestep leads to the first level and not to the clean image.</summary>
    public bool EndAtFirstLevel { get; init; }

    /// <summary>Whether the network is o = (t/(t + 1))·x, as in diffusers' tests, instead of the exact one for <see cref="Data"/>.</summary>
    public bool IsToy { get; init; }

    /// <summary>The initial noise, if it is not drawn.</summary>
    public Option<Arr<double>> Initial { get; init; }

    /// <summary>The fraction of the timesteps that is visited, from the noised image on; 1 for all, from noise alone.</summary>
    public double Strength { get; init; } = 1;

    /// <summary>The pixels of a known image.</summary>
    public Option<Arr<double>> Known { get; init; }

    /// <summary>Which of these pixels are kept.</summary>
    public Option<Arr<bool>> Mask { get; init; }

    /// <summary>The schedule.</summary>
    public NoiseSchedule Schedule => ScheduleEntries.Named(ScheduleName, Steps, ZeroTerminalSnr);

    /// <summary>What the network predicts.</summary>
    public Prediction Prediction => Diffusion.Prediction.All.Find("prediction", PredictionName).OrThrow();

    /// <summary>The input from which a sampler compiles its plan.</summary>
    public SamplingSetting Setting
    {
        get
        {
            var schedule = Schedule;
            var timesteps = Spacing.All.Find("spacing", SpacingName)
                .Bind(spacing => Timesteps.Spaced(spacing, schedule, SamplingSteps))
                .Bind(all => all.OfStrength(Strength))
                .OrThrow();
            return new(schedule, Prediction, EndAtFirstLevel ? timesteps.EndingAtFirstLevel() : timesteps, ClipSample) { Guidance = Guidance };
        }
    }

    /// <summary>A sampler's plan, or the faults.</summary>
    public Validation<Error, SamplingPlan> Plan(Func<SamplingSetting, Validation<Error, SamplingPlan>> compile)
    {
        var setting = Setting;
        var first = setting.Schedule[setting.Timesteps.Values[0]];
        return compile(setting).Map(plan => Strength < 1 ? plan with { Start = new(first.A, first.Sigma) } : plan);
    }

    /// <summary>The network's output at each timestep, as factors of (its input, 1). The input is x times the plan's input factor. Length T.</summary>
    public Arr<LinearPair> Denoiser() => DenoiserOf(Data);

    /// <summary>The same of the network that gives the worse answer.</summary>
    public Arr<LinearPair> WorseDenoiser() => DenoiserOf(WorseData);

    private Arr<LinearPair> DenoiserOf(GaussianData data)
    {
        var (schedule, prediction) = (Schedule, Prediction);
        LinearPair Exact(int t) => data.ExactOutput(prediction, schedule[t]) is var ofX
            ? new LinearPair(ofX.First / prediction.InputScale(schedule[t]), ofX.Second)
            : default;
        return Range(0, Steps).Map(t => IsToy ? new LinearPair(t / (t + 1.0), 0) : Exact(t)).ToArr();
    }

    /// <summary>The initial noise.</summary>
    public Arr<double> InitialNoise() => Initial.IfNone(() => Noise(StreamName.InitialNoise, 0));

    /// <summary>x at the start of a plan and after each of its lines.</summary>
    public Arr<Arr<double>> Run(SamplingPlan plan)
    {
        var (arithmetic, denoiser, worse, initial) = (VectorArithmetic.Instance, Denoiser(), WorseDenoiser(), InitialNoise());
        Arr<double> Diffuse(LinearPair factors) => arithmetic.Combine(Array((factors.First, Known.IfNone(initial)), (factors.Second, initial)));
        Arr<double> Constrained(SamplingLine line, Arr<double> x) => Mask.Match(
            mask => Diffuse(line.Marginal) is var known ? x.Map((i, value) => mask[i] ? known[i] : value).ToArr() : x,
            () => x);
        var state = PlanState<Arr<double>>.At(Diffuse(plan.Start));
        var trajectory = Array(state.X);
        foreach (var (line, i) in plan.Lines.Map((i, line) => (line, i)))
        {
            var seen = state.Seen(line, arithmetic);
            NetworkOutput<Arr<double>> Answer(NetworkSource source) =>
                (source == NetworkSource.Model ? denoiser : worse)[line.Timestep] is var given
                    ? new(seen.Map(x => given.First * x + given.Second), VarianceFractions)
                    : default;
            var output = PlanState<Arr<double>>.Output(line, arithmetic, Answer);
            var moved = state.After(plan, line, arithmetic, output, () => Noise(StreamName.SamplingNoise, i));
            state = moved with { X = Constrained(line, moved.X) };
            trajectory = trajectory.Add(state.X);
        }

        return trajectory;
    }

    private Arr<double> Noise(StreamName name, int step)
    {
        var draws = new RandomStream(Seed, name).At(Image, step);
        return Range(0, Pixels).Map(i => (double)draws.Normal(i)).ToArr();
    }

    private sealed class VectorArithmetic : IPlanArithmetic<Arr<double>>
    {
        public static readonly VectorArithmetic Instance = new();

        public Arr<double> Combine(Arr<(double Factor, Arr<double> Value)> terms) => Range(0, Pixels).Map(i => terms
            .Where(term => term.Factor != 0).Select(term => term.Factor * term.Value[i]).DefaultIfEmpty().Aggregate((sum, next) => sum + next)).ToArr();

        public Arr<double> Clip(Arr<double> value) => value.Map(x => Math.Clamp(x, -1, 1));

        public Arr<double> Rescale(Arr<double> value, Arr<double> reference, double share)
        {
            static double Deviation(Arr<double> image)
            {
                var mean = image.Sum() / image.Count;
                return Math.Sqrt(image.Sum(x => (x - mean) * (x - mean)) / image.Count);
            }

            var deviation = Deviation(value);
            var factor = deviation == 0 ? 1 : 1 - share + share * (Deviation(reference) / deviation);
            return value.Map(x => factor * x).ToArr();
        }

        public Arr<double> Scale(NoiseRange range, Arr<double> fraction, Arr<double> noise) =>
            noise.Map((i, z) => range.Least * Elementary.Exp(fraction[i] * range.LogWidth) * z).ToArr();
    }
}

using System.Text.Json.Nodes;
using Ddpm.Pure.Reference;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Exchange;

/// <summary>
/// A plan of the page: a sampler with a number of steps, compiled. The page contains several, so it needs no compiler.
/// </summary>
/// <param name="Sampling">The options that give it.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Levels">The (a, σ) of each visited timestep, from which a picture can enter the plan.</param>
internal sealed record PagePlan(SamplingOptions Sampling, SamplingPlan Plan, Arr<(double A, double Sigma)> Levels)
{
    /// <summary>The numbers of steps of the table.</summary>
    private static readonly Arr<int> Steps = Array(5, 10, 20, 50);

    /// <summary>The samplers of the table.</summary>
    private static readonly Arr<SamplingOptions> Samplers = Array<SamplingOptions>(
        new() { Sampler = "sa-solver-2", Spacing = "karras" },
        new() { Sampler = "unipc-2" },
        new() { Sampler = "dpmpp-2m" },
        new() { Sampler = "heun" },
        new() { Sampler = "ddim" },
        new() { Sampler = "euler-ancestral" });

    /// <summary>
    /// The plans of a model: its default one without a guide first, then the table of samplers and steps, without those that do not suit its noise schedule or
    /// its prediction.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="usual">The default way to sample it.</param>
    public static Arr<PagePlan> Of(DiffusionModel model, SamplingOptions usual)
    {
        var first = usual with { Guide = null, GuidanceScale = null, GuidanceRange = null, GuidanceRescale = null };
        var table = Samplers.Bind(sampler => Steps.Map(steps => sampler with { SamplingSteps = steps }))
            .Filter(options => options.SamplingSteps <= options.MostStepsOn(model.Schedule));
        return (Array(first) + table).DistinctBy(options => (options.Sampler, options.SamplingSteps)).ToArr()
            .Map(options => Compiled(model, options)).Somes().ToArr();
    }

    /// <summary>The options of `sample` that make the page's pictures.</summary>
    public string Command =>
        $"--sampler {Sampling.Sampler}"
        + (Sampling.SamplingSteps is { } steps ? Invariant($" --sampling-steps {steps}") : "")
        + (Sampling.Spacing == new SamplingOptions().Spacing ? "" : $" --spacing {Sampling.Spacing}");

    /// <summary>The plan as the page reads it.</summary>
    public JsonObject ToJson() => new()
    {
        ["sampler"] = Sampling.Sampler,
        ["options"] = Command,
        ["levels"] = new JsonArray([.. Levels.Map(level => (JsonNode)new JsonArray(level.A, level.Sigma))]),
        ["plan"] = JsonNode.Parse(PlanJson.Text(Plan)),
    };

    private static Option<PagePlan> Compiled(DiffusionModel model, SamplingOptions options) =>
        (from completed in model.SamplingWith(options)
         from plan in completed.Compile(model.Schedule, model.Prediction, model.Preset.ClipSample)
         from fits in plan.InFloat32()
         select new PagePlan(options, fits, fits.Lines.Map(line => model.Schedule[line.Timestep]).Map(level => (level.A, level.Sigma)).ToArr()))
        .ToOption();
}

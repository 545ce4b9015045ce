using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Sampling;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Sampling;

/// <summary>A request, checked against the model that it is for.</summary>
/// <param name="Images">Which images.</param>
/// <param name="Setting">Where the sampler is compiled; the candidates where timesteps are searched.</param>
/// <param name="Sampler">The sampler.</param>
/// <param name="Sampling">The sampler as it was asked for, with the variance that it uses.</param>
/// <param name="SearchedSteps">How many timesteps to search among those of the setting, if any.</param>
/// <param name="Files">How pictures are written.</param>
internal sealed record SampleJob(
    SampleRequest Images, SamplingSetting Setting, Sampler Sampler, SamplingOptions Sampling, LanguageExt.Option<int> SearchedSteps, SampleFiles Files)
{
    /// <summary>The number format of the network.</summary>
    public Precision Precision { get; private init; }

    /// <summary>The spacing that needs the network: see <see cref="SearchedTimesteps"/>.</summary>
    public const string Searched = "searched";

    // The images that timesteps are searched with, and the timesteps that they are searched among.
    private const int SearchImages = 128, SearchCandidates = 64;

    private const int LargestNumber = 1_000_000_000;

    private static readonly ChoiceTable<PixelScale> Scales =
        ChoiceTable.Of<PixelScale>(("fixed", new PixelScale.Fixed()), ("stretch", new PixelScale.Stretch()));

    /// <summary>The timesteps to visit, once they were searched where they are to be.</summary>
    public Fin<Timesteps> Timesteps(TrainedModel model, IView view, CancellationToken stop) => SearchedSteps.Match(
        steps =>
        {
            using var bar = view.Bar("searching timesteps");
            var followed = Images with { First = 0, Count = SearchImages };
            var searched = TimestepSearch.Costs(model.Trained, Setting, followed, bar.Report, stop)
                .Bind(costs => SearchedTimesteps.Search(Setting.Timesteps, costs, steps).OrFailure());
            searched.Iter(found => view.Line($"timesteps {string.Join(" ", found.Values)}"));
            return searched;
        },
        () => Setting.Timesteps);

    /// <summary>The model as the job uses it, together with other processes.</summary>
    /// <param name="model">The model that the request was checked against.</param>
    /// <param name="ranks">The processes that sample together.</param>
    public TrainedModel Use(TrainedModel model, RankGroup ranks) => model with { Ranks = ranks, Precision = Precision };

    /// <summary>The guidance scale, if classes or a guide can guide the network.</summary>
    public double? GuidanceScale => Images.Condition.IsSome || Sampling.Guide is not null ? Setting.Guidance.Scale : null;

    /// <summary>The plan from noise where nothing is searched. It was compiled before, when the request was checked.</summary>
    public SamplingPlan PlainPlan => Sampler.Compile(Setting).OrThrow();

    /// <summary>The plan from noise.</summary>
    public Fin<SamplingPlan> Plan(TrainedModel model, IView view, CancellationToken stop) =>
        from timesteps in Timesteps(model, view, stop)
        from plan in Sampler.Compile(Setting with { Timesteps = timesteps }).OrUsage()
        select plan;

    /// <summary>Checks a request for a trained model.</summary>
    public static Fin<SampleJob> From(SamplingRequest request, TrainedModel model) =>
        from learnt in request.Sampling(model.UsualSampling) is { Sampler: Learnt.OptionName } asked
            ? model.Learnt(asked.SamplingSteps).Map(Some)
            : LanguageExt.Option<LearntPlan>.None
        from job in From(request, model.Model, model.UsualSampling, model.Receipt.Data.ClassName, learnt)
        select job;

    /// <summary>Checks a request.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="model">The model that it is for.</param>
    /// <param name="usual">The default way to sample.</param>
    /// <param name="className">What each class is called.</param>
    /// <param name="learnt">The numbers, if the sampler is <see cref="Learnt"/>.</param>
    /// <returns>The job, or every fault at once, as one of usage.</returns>
    public static Fin<SampleJob> From(SamplingRequest request, DiffusionModel model, SamplingOptions usual, Func<int, string> className,
        LanguageExt.Option<LearntPlan> learnt = default)
    {
        var condition = model.Network.Classes > 0 || request.Class is not null
            ? Chosen(request.Class, model.Network.Classes, className).Bind(chosen => ClassCondition.Of(model.Network.Classes, chosen)).Map(Some)
            : Validation<Error, LanguageExt.Option<ClassCondition>>.Success(None);
        var asked = request.Sampling(usual);
        var search = asked.Spacing == Searched;
        var sampling = asked with { Spacing = search ? new SamplingOptions().Spacing : asked.Spacing };
        var completed = model.SamplingWith(sampling);
        var guidance = sampling.Guidance(model.Network.Classes);
        var clip = request.Clip ?? model.Preset.ClipSample;
        var candidates = search ? sampling with { SamplingSteps = Math.Min(SearchCandidates, sampling.MostStepsOn(model.Schedule)) } : sampling;
        Validation<Error, int> FewEnough(Timesteps wanted) => Check.That(
            "sampling-steps", wanted.Values.Count, wanted.Values.Count <= SearchCandidates,
            Invariant($"must be at most {SearchCandidates} with spacing searched"));
        var steps = search
            ? (asked.ExplicitTimesteps is { } given
                ? Check.Fail<Timesteps>("timesteps", string.Join(" ", given), "cannot be combined with spacing searched")
                : sampling.TimestepsOn(model.Schedule)).Bind(FewEnough).Map(Some)
            : LanguageExt.Option<int>.None;
        Validation<Error, int> Numbered(int count) => Check.That(
            "--count", count, count <= LargestNumber - Math.Max(0, request.First),
            Invariant($"must keep the number of every image below {LargestNumber}"));
        SampleFiles Files(PixelScale scale, int first, LanguageExt.Option<ClassCondition> condition) => new(
            scale,
            condition.Filter(classes => classes.Chosen.IsNone).Map<Func<int, string>>(classes => place => Label(classes.ClassOf(first + place), className)));
        (Validation<Error, Sampler> Sampler, Validation<Error, Timesteps> Timesteps) way = learnt.Case is LearntPlan plan
            ? (OnlySteps(asked).Map(_ => (Sampler)new Learnt(plan)), plan.TimestepsOn(model.Schedule))
            : (completed.Bind(options => options.Chosen(model.Schedule.Steps)), candidates.TimestepsOn(model.Schedule));
        return (Check.AtLeast("--first", request.First, 0),
                model.Network.CountOfImages("--count", request.Count).Bind(Numbered),
                Check.AtLeast("--batch-size", request.BatchSize, 1),
                Scales.Find("--scale", request.Scale ?? (model.Preset.StretchPixels ? "stretch" : "fixed")),
                (steps, condition, Choices.Precisions.Find("--precision", request.Precision))
                    .Apply((searched, classes, precision) => (Steps: searched, Classes: classes, Precision: precision)),
                (way.Sampler, way.Timesteps, guidance)
                    .Apply((sampler, timesteps, guided) => (Sampler: sampler, Setting: new SamplingSetting(model.Schedule, model.Prediction, timesteps, clip)
                    {
                        Guidance = guided,
                    }))
                    .Bind(chosen => chosen.Sampler.Compile(chosen.Setting).Bind(plan => plan.InFloat32()).Map(_ => chosen)))
            .Apply((first, count, batch, scale, more, chosen) => new SampleJob(
                new SampleRequest(request.Seed, first, count, batch, more.Classes), chosen.Setting, chosen.Sampler,
                asked with { Variance = completed.IfFail(_ => asked).Variance }, more.Steps, Files(scale, first, more.Classes))
            {
                Precision = more.Precision,
            })
            .OrUsage();
    }

    /// <summary>A learnt plan has its numbers already.</summary>
    private static Validation<Error, Unit> OnlySteps(SamplingOptions asked) => Check.That(
        "sampler", asked.Sampler, asked == new SamplingOptions { Sampler = asked.Sampler, SamplingSteps = asked.SamplingSteps },
        "takes no other option of the sampler than --sampling-steps").Map(_ => unit);

    /// <summary>The class that was asked for. A network without classes accepts any name here; <see cref="ClassCondition"/> reports that fault.</summary>
    private static Validation<Error, LanguageExt.Option<int>> Chosen(string? name, int classes, Func<int, string> className)
    {
        if (name is null)
        {
            return Validation<Error, LanguageExt.Option<int>>.Success(LanguageExt.Option<int>.None);
        }

        return classes == 0
            ? Check.Fail<LanguageExt.Option<int>>("--class", name, "needs a run that was trained with --conditional")
            : ClassNames.Find("--class", name, Range(0, classes).Map(className).ToArr()).Map(Some);
    }

    /// <summary>A class as it can be drawn: by its name, or by its number where the font lacks a letter of it.</summary>
    internal static string Label(int label, Func<int, string> className) =>
        className(label) is var name && BitmapFont.CanDraw(name) ? name : Invariant($"class {label}");
}

using System.Text;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Evaluation;

/// <summary>One cell of the table of steps, still to be measured.</summary>
/// <param name="Name">The sampler, and behind a colon its spacing.</param>
/// <param name="Evaluations">How often it may evaluate the network.</param>
/// <param name="Job">What to sample.</param>
internal sealed record FewStepsRequest(string Name, int Evaluations, SampleJob Job)
{
    /// <summary>Checks what is to be measured before anything is computed. Few evaluations come first, as they take less time.</summary>
    /// <param name="model">The model to sample from.</param>
    /// <param name="samplers">The samplers; none for the default ones that the run's schedule allows.</param>
    /// <param name="evaluations">The numbers of evaluations; none for the default ones that the run has timesteps for.</param>
    /// <param name="request">Which images.</param>
    public static Fin<Seq<FewStepsRequest>> All(TrainedModel model, Arr<string> samplers, Arr<int> evaluations, SamplingRequest request) =>
        from numbers in Numbers(evaluations, model.Model.Schedule.Steps)
        let names = samplers.IsEmpty ? DefaultSamplersOf(model, numbers) : samplers
        from requests in toSeq(numbers.Distinct().Order().ToArray())
            .Bind(number => toSeq(names).Map(name => Of(model, name, number, request)))
            .Sequence()
        select requests;

    /// <summary>The samplers that are measured by default.</summary>
    public static Arr<string> DefaultSamplers { get; } =
        Array("ddim", "dpmpp-2m", "dpmpp-3m", "unipc-2", "unipc-3", "ipndm-3", "heun", "dpmpp-2m-sde", "sa-solver-2:karras", "ddpm");

    /// <summary>The numbers of evaluations that are measured by default.</summary>
    public static Arr<int> DefaultEvaluations { get; } = Array(5, 8, 10, 15, 20, 50, 100, 1000);

    private static Fin<FewStepsRequest> Of(TrainedModel model, string name, int evaluations, SamplingRequest request) =>
        from options in name == Learnt.OptionName
            ? new SamplingOptions { Sampler = name, SamplingSteps = evaluations }
            : Options(name, request.Sampling(new())).Within(evaluations, model.Model.Schedule, model.Model.Prediction).OrUsage()
        from job in SampleJob.From(request with { Sampling = _ => options with { Spacing = Spacing(name) } }, model)
        select new FewStepsRequest(name, evaluations, job);

    /// <summary>A sampler evaluates the network at most once per timestep. A run with fewer timesteps than any default is measured with all of them.</summary>
    private static Fin<Arr<int>> Numbers(Arr<int> evaluations, int steps)
    {
        if (evaluations.IsEmpty)
        {
            return DefaultEvaluations.Filter(number => number <= steps) is { IsEmpty: false } some ? some : Array(steps);
        }

        return evaluations
            .Map(number => Check.That("--evaluations", number, number <= steps, Invariant($"must be at most {steps}, the timesteps of the run")))
            .Sequence().OrUsage();
    }

    /// <summary>Some samplers need an image at every level, which not every schedule has.</summary>
    private static Arr<string> DefaultSamplersOf(TrainedModel model, Arr<int> evaluations) =>
        DefaultSamplers.Filter(name => Options(name, new()).Within(evaluations.Min(), model.Model.Schedule, model.Model.Prediction).IsSuccess);

    private static SamplingOptions Options(string name, SamplingOptions guided)
    {
        var spacing = Spacing(name);
        return guided with { Sampler = name.Split(':')[0], Spacing = spacing == SampleJob.Searched ? new SamplingOptions().Spacing : spacing };
    }

    private static string Spacing(string name) => name.Split(':', 2) is [_, var spacing] ? spacing : new SamplingOptions().Spacing;
}

/// <summary>Measures samples of one model by sampler and evaluations, and writes few-steps.json and few-steps.svg.</summary>
internal static class FewStepsMeasurement
{
    /// <summary>Measures what an earlier call has not.</summary>
    /// <param name="model">The model to sample from.</param>
    /// <param name="comparison">What the samples are compared with.</param>
    /// <param name="requests">What to measure; at least one.</param>
    /// <param name="source">The run.</param>
    /// <param name="target">The folder to write to.</param>
    /// <param name="meeting">The processes that sample together. Rank 0 tells the others the number of each request that is to be measured.</param>
    /// <param name="view">Shows progress and results.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<Unit> Write(
        TrainedModel model, Comparison comparison, Seq<FewStepsRequest> requests, RunFolder source, RunFolder target, RankMeeting meeting, IView view,
        CancellationToken stop)
    {
        var (json, svg) = (target.Within("few-steps.json"), target.Within("few-steps.svg"));
        return from floor in comparison.FrechetFloor()
               from before in Folders.Create(target.Path).Bind(_ => Before(model, comparison, requests[0].Job, source, floor, json))
               from agreed in meeting.Compare<Unit>(unit, new RankFact("the SHA-256 of the weights", model.WeightsSha256))
               from all in requests.Filter(request => !before.Has(request)).Fold(FinSucc(before), (report, request) => report.Bind(Measured(request)))
               from drawn in target.Write(svg, Encoding.UTF8.GetBytes(all.Chart().ToSvg()))
               select Print(all);

        Func<FewSteps, Fin<FewSteps>> Measured(FewStepsRequest request) => report =>
            from told in FinSucc(meeting.Ranks.Tell(() => BitConverter.GetBytes(requests.ToList().IndexOf(request))))
            from plan in request.Job.Plan(model, view, stop)
            from images in SamplesToJudge.Of(model with { Ranks = meeting.Ranks }, request.Job, plan, view, stop)
            from distance in comparison.Frechet(images, view, stop)
            let noise = SamplesReport.Drawn(request.Job.Sampler)
            let more = report.With(new(request.Name, request.Evaluations, plan.Evaluations, distance, noise.Tau, noise.Range))
            from written in target.Write(json, more.ToJson())
                .Do(_ => view.Line(Invariant($"{request.Name} with {plan.Evaluations} evaluations: D {distance - report.Floor:F2}")))
            select more;

        Unit Print(FewSteps report)
        {
            report.Table().Iter(view.Result);
            view.Result($"wrote {json}");
            view.Result($"wrote {svg}");
            return unit;
        }
    }

    /// <summary>What a rank other than 0 does for it: it makes its part of the samples of each request that rank 0 tells.</summary>
    public static Fin<Unit> Follow(TrainedModel model, Seq<FewStepsRequest> requests, RankMeeting meeting, IView view, CancellationToken stop)
    {
        var made = meeting.Compare<Unit>(unit, new RankFact("the SHA-256 of the weights", model.WeightsSha256));
        while (made.IsSucc && meeting.Ranks.Tell(() => default).Case is ReadOnlyMemory<byte> told)
        {
            var job = requests[BitConverter.ToInt32(told.Span)].Job;
            made = job.Plan(model, view, stop)
                .Bind(plan => SamplesToJudge.Of(model with { Ranks = meeting.Ranks }, job, plan, view, stop))
                .Map(_ => unit);
        }

        return made;
    }

    private static string? GuidanceOf(SamplingOptions sampling)
    {
        string[] given =
        [
            .. Optional(sampling.Guide).Map(guide => $"guide {guide}"),
            .. sampling.GuidanceRange is var (least, most) ? Some(Invariant($"range {least} to {most}")) : None,
            .. sampling.GuidanceRescale is { } share ? Some(Invariant($"rescale {share}")) : None,
        ];
        return given is [] ? null : string.Join(", ", given);
    }

    private static bool Has(this FewSteps report, FewStepsRequest request) =>
        report.Cells.Any(cell => cell.IsOf(request.Name, request.Evaluations, SamplesReport.Drawn(request.Job.Sampler)));

    /// <summary>The report of an earlier call, or an empty one.</summary>
    private static Fin<FewSteps> Before(TrainedModel model, Comparison comparison, SampleJob job, RunFolder source, double floor, string json)
    {
        var fresh = new FewSteps(
            source.Path, model.WeightsSha256, job.Images.Count, job.Images.Seed, job.Setting.ClipSample, job.GuidanceScale, comparison.Features,
            comparison.Reference, floor, [], GuidanceOf(job.Sampling));
        return File.Exists(json) ? Folders.Read(json).Bind(bytes => fresh.GoingOnFrom(bytes).At(json)) : fresh;
    }
}

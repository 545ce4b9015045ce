using Ddpm.Host.Evaluation;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Data;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`evaluate steps`: how many evaluations of the network each sampler needs.</summary>
internal static class EvaluateStepsCommand
{
    private static readonly Arr<string> UsualSamplers = Array("ddim", "dpmpp-2m", "dpmpp-3m", "unipc-2", "unipc-3", "ipndm-3", "heun", "dpmpp-2m-sde", "sa-solver-2:karras", "ddpm");

    private static readonly Arr<int> UsualEvaluations = Array(5, 8, 10, 15, 20, 50, 100, 1000);

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("steps", "Measure samples by sampler and evaluations of the network; what an earlier call has measured is kept");
        var run = new RunOptions(command, "The run to sample from");
        var data = new DataOptions(command);
        var machine = new MachineOptions(command);
        var judging = new JudgingOptions(command);
        CommandLine.Option<string[]> samplers = new("--samplers") { Description = $"The samplers, as sample names them, each with :SPACING behind it where it is another than trailing [default: {string.Join(" ", UsualSamplers)}]", AllowMultipleArgumentsPerToken = true, HelpName = "NAMES" };
        CommandLine.Option<int[]> evaluations = new("--evaluations") { Description = $"How often the network may be evaluated [default: {string.Join(" ", UsualEvaluations)}]", AllowMultipleArgumentsPerToken = true, HelpName = "NUMBERS" };
        CommandLine.Option<string?> to = new("--to") { Description = "The folder for few-steps.json and few-steps.svg [default: the run's]", HelpName = "DIR" };
        command.AddGroup("Measurement", samplers, evaluations, to);

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from folder in run.Required(said)
            from count in judging.Count(said).OrUsage()
            from device in machine.Prepare(said)
            from done in TrainedModel.Use(folder, device, model =>
                from warned in FinSucc(model.Warn(view))
                from numbers in Numbers(said.GetValue(evaluations), model.Model.Schedule.Steps)
                from requests in Requests(model, said.GetValue(samplers) is { Length: > 0 } some ? some.ToArr() : UsualOf(model, numbers), numbers, judging.Request(said, usual => usual))
                from train in data.LoadOf(said, model.Receipt, view, stop)
                from test in data.LoadOf(said, model.Receipt, view, stop, DataSplit.Test)
                from fits in JudgingOptions.Comparable(Seq(train, test), new(model.Network.Config.ImageSize, model.Network.Config.ImageChannels), "the run's images")
                from features in judging.Features(said, train, device, stop)
                from report in use(features, source =>
                    from comparison in Comparison.With(source, train, test, count, view, stop)
                    from floor in comparison.FrechetFloor()
                    let target = new RunFolder(said.GetValue(to) ?? folder.Path)
                    from _ in Folders.Create(target.Path)
                    from all in Measured(model, comparison, requests, floor, folder, target, view, stop)
                    select all)
                select report)
            select done));
        return command.WithExample("--run clothes --samplers unipc-2 ddim --evaluations 10 20");
    }

    /// <summary>The numbers that were said, which the run must have as timesteps; of the usual ones those that it has, or all where it has fewer than any.</summary>
    private static Fin<Arr<int>> Numbers(int[]? said, int steps) => said is { Length: > 0 }
        ? toSeq(said).Map(number => Check.That("--evaluations", number, number <= steps, Invariant($"must be at most {steps}, the timesteps of the run"))).Sequence().Map(numbers => numbers.ToArr()).OrUsage()
        : UsualEvaluations.Filter(number => number <= steps) is { IsEmpty: false } some ? some : Array(steps);

    /// <summary>The usual samplers that the run's schedule allows: some need an image at every level.</summary>
    private static Arr<string> UsualOf(TrainedModel model, Arr<int> evaluations) =>
        UsualSamplers.Filter(name => Options(name).Within(evaluations.Min(), model.Model.Schedule, model.Model.Prediction).IsSuccess);

    /// <summary>What is to be measured, cheap things first, checked before anything is computed.</summary>
    private static Fin<Seq<(string Name, int Asked, SampleJob Wanted)>> Requests(TrainedModel model, Arr<string> samplers, Arr<int> evaluations, SamplingRequest request) =>
        toSeq(evaluations.Distinct().Order().ToArray()).Bind(asked => toSeq(samplers).Map(name => (Name: name, Asked: asked)))
            .Map(cell =>
                from options in Options(cell.Name).Within(cell.Asked, model.Model.Schedule, model.Model.Prediction).OrUsage()
                from wanted in SampleJob.From(request with { Sampling = _ => options with { Spacing = Spacing(cell.Name) } }, model.Model, model.Receipt.Data.ClassName)
                select (cell.Name, cell.Asked, wanted))
            .Sequence();

    private static SamplingOptions Options(string name) => new() { Sampler = name.Split(':')[0], Spacing = Spacing(name) is var spacing and not SampleJob.Searched ? spacing : new SamplingOptions().Spacing };

    private static string Spacing(string name) => name.Split(':', 2) is [_, var spacing] ? spacing : new SamplingOptions().Spacing;

    private static Fin<Unit> Measured(
        TrainedModel model, Comparison comparison, Seq<(string Name, int Asked, SampleJob Wanted)> requests, double floor, RunFolder folder, RunFolder target, IView view,
        CancellationToken stop)
    {
        var (json, svg) = (target.Within("few-steps.json"), target.Within("few-steps.svg"));
        var first = requests[0].Wanted; // there is one: neither list can be empty
        var fresh = new FewSteps(
            folder.Path, model.WeightsSha256, first.Images.Count, first.Images.Seed, first.Setting.ClipSample, first.GuidanceScale,
            comparison.Features, comparison.Reference, floor, []);
        var before = File.Exists(json) ? Folders.Read(json).Bind(bytes => fresh.GoingOnFrom(bytes).At(json)) : fresh;
        return from start in before
               from all in requests.Filter(request => !start.Cells.Any(cell => cell.IsOf(request.Name, request.Asked, SamplesReport.Drawn(request.Wanted.Sampler)))).Fold(FinSucc(start), (at, request) =>
                   from report in at
                   from plan in request.Wanted.Plan(model, view, stop)
                   from images in SamplesToJudge.Of(model, request.Wanted, plan, view, stop)
                   from distance in comparison.Frechet(images, view, stop)
                   let drawn = SamplesReport.Drawn(request.Wanted.Sampler)
                   let more = report.With(new(request.Name, request.Asked, plan.Lines.Count, distance, drawn.Tau, drawn.Range))
                   from _ in target.Write(json, more.ToJson())
                   select fun(() =>
                   {
                       view.Line(Invariant($"{request.Name} with {plan.Lines.Count} evaluations: D {distance - floor:F2}"));
                       return more;
                   })())
               from __ in target.Write(svg, System.Text.Encoding.UTF8.GetBytes(all.Plot().ToSvg()))
               select fun(() =>
               {
                   all.Table().Iter(view.Result);
                   view.Result($"wrote {json}");
                   view.Result($"wrote {svg}");
               })();
    }
}

using Ddpm.Gpu.Sampling;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Metrics;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Sampling;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Sampling;

/// <summary>What `train-plan` is asked for.</summary>
/// <param name="Evaluations">Evaluations of networks for each image, ≥ 2.</param>
/// <param name="GuidedLines">How many of the last lines ask the guide too; each of them costs two evaluations.</param>
/// <param name="Guide">The guide's name; null if no line is guided.</param>
/// <param name="Images">How many images judge each candidate, ≥ 16.</param>
/// <param name="Tries">How many candidates to judge, rounded up to whole generations.</param>
/// <param name="Seed">The seed of the noise and of the search; null for the run's.</param>
internal sealed record PlanRequest(int Evaluations, int GuidedLines, string? Guide, int Images, int Tries, ulong? Seed);

/// <summary>
/// Fits a plan to a trained network: the timesteps and the factors of every line, by separable CMA-ES. A candidate is judged by the images that it makes:
/// how far they are from the run's own long samples of the same noise (<see cref="SampleDistance"/>). The result depends only on the
/// weights and the request: the number of threads changes no bit.
/// </summary>
/// <param name="model">The trained model, with its guide if lines are guided.</param>
/// <param name="request">What to fit.</param>
internal sealed class PlanTraining(TrainedModel model, PlanRequest request)
{
    // Where the search begins: DPM-Solver++ 2M on Karras' spacing between these noise levels σ/a. Few evaluations are wasted on noisier and cleaner levels.
    private const double LeastRatio = 0.1, MostRatio = 40;

    // Long samples have this many steps between the same noise levels. Guided plans learn from guided samples.
    private const int LongSteps = 40;

    private const double MostGuidedRatio = 2;

    // A line uses at most this many estimates.
    private const int History = 3;

    private readonly ulong _seed = request.Seed ?? model.Receipt.Options.Seed;

    /// <summary>Fits the plan, and writes it to the run.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="view">Shows progress and results.</param>
    /// <param name="stop">Ends the work.</param>
    public Fin<Unit> Write(RunFolder folder, IView view, CancellationToken stop) =>
        from start in Start()
        from taught in LongSamples(first: 0, view, stop)
        from found in Search(start, taught, view, stop)
        from others in LongSamples(request.Images, view, stop)
        from before in Distance(start, others, request.Images, stop)
        from after in Distance(found.Plan, others, request.Images, stop)
        let better = after < before ? found.Plan : start
        let file = new LearntPlanFile(
            request.Evaluations, model.WeightsSha256, model.Model.Preset.ClipSample, request.Guide, _seed, request.Images, found.Tries, LongSteps, before,
            Math.Min(before, after), Gaussian(better, others), LearntPlanFile.LinesOf(better))
        from path in file.Write(folder)
        select Report(file, path, view);

    private static Unit Report(LearntPlanFile file, string path, IView view)
    {
        var gaussian = file.Gaussian;
        view.Result(Invariant($"distance to {file.Images} long samples of other noise: {file.Before:F4} before, {file.After:F4} after"));
        view.Result(Invariant($"Gaussian data of mean {gaussian.Mean:F4} and deviation {gaussian.Deviation:F4}: the plan makes mean {gaussian.PlanMean:F4} ")
            + Invariant($"and deviation {gaussian.PlanDeviation:F4}"));
        view.Result($"wrote {path}");
        return unit;
    }

    private Fin<LearntPlan> Start()
    {
        var lines = request.Evaluations - request.GuidedLines;
        var guided = lines - request.GuidedLines;
        return (from timesteps in Spaced(lines)
                from plan in new DpmSolver(2).Compile(Setting(timesteps))
                select LearntPlan.From(plan).IfNone(() => throw new System.Diagnostics.UnreachableException()))
            .Bind(plan => LearntPlan.Of(
                plan.Lines.Map((i, line) => i < guided ? line : line with { Guidance = SamplingOptions.UsualGuideScale }).ToArr(),
                model.Model.Schedule.Steps)).OrUsage();
    }

    private Fin<(LearntPlan Plan, int Tries)> Search(LearntPlan start, ReadOnlyMemory<float> taught, IView view, CancellationToken stop)
    {
        var space = new PlanSpace(model.Model.Schedule, start, History);
        var search = EvolutionStrategy.At(new Arr<double>(new double[space.Dimension]), stepSize: 1);
        using var bar = view.Bar("fitting the plan");
        var tries = 0;
        while (tries < request.Tries)
        {
            var candidates = search.Candidates(_seed);
            var values = new List<double>();
            foreach (var candidate in candidates)
            {
                // A candidate whose images are not finite is the worst.
                values.Add(space.At(candidate).Match(plan => Distance(plan, taught, first: 0, stop), () => double.PositiveInfinity)
                    .IfFail(double.PositiveInfinity));
                if (stop.IsCancellationRequested)
                {
                    return Errors.Cancelled;
                }

                bar.Report(++tries, Math.Max(request.Tries, tries));
            }

            search = search.After(candidates, values.ToArr());
        }

        return (space.At(search.Mean).IfNone(start), tries);
    }

    /// <summary>How far images of a plan are from long samples of the same noise.</summary>
    private Fin<double> Distance(LearntPlan plan, ReadOnlyMemory<float> taught, int first, CancellationToken stop) =>
        from compiled in Compiled(plan)
        from made in Samples(compiled, first, (_, _) => { }, stop)
        select SampleDistance.Between(made.Span, taught.Span, model.Network.Config.ImageSize);

    private Fin<ReadOnlyMemory<float>> LongSamples(int first, IView view, CancellationToken stop)
    {
        using var bar = view.Bar("long samples");
        var most = new SamplingOptions { Spacing = "karras", SigmaRange = (LeastRatio, MostRatio) }.MostStepsOn(model.Model.Schedule);
        return from timesteps in Spaced(Math.Min(LongSteps, most)).OrUsage()
               from guidance in (request.Guide is null
                   ? Guidance.None
                   : Guidance.Of(SamplingOptions.UsualGuideScale, NetworkSource.Guide, (0, MostGuidedRatio))).OrUsage()
               from plan in new DpmSolver(2).Compile(Setting(timesteps) with { Guidance = guidance }).OrUsage()
               from made in Samples(plan, first, bar.Report, stop)
               select made;
    }

    private Fin<ReadOnlyMemory<float>> Samples(SamplingPlan plan, int first, Action<int, int> progress, CancellationToken stop) =>
        new ImageSampler(model.Trained, plan).Sample(new(_seed, first, request.Images, request.Images, Condition), [], progress, stop)
            .Map(moments => moments[^1].Values);

    private Validation<Error, Timesteps> Spaced(int lines) =>
        Timesteps.Spaced(new Spacing.Karras(Least: LeastRatio, Most: MostRatio), model.Model.Schedule, lines);

    private Fin<SamplingPlan> Compiled(LearntPlan plan) =>
        from timesteps in plan.TimestepsOn(model.Model.Schedule).OrFailure()
        from compiled in new Learnt(plan).Compile(Setting(timesteps)).OrFailure()
        select compiled;

    private SamplingSetting Setting(Timesteps timesteps) => new(model.Model.Schedule, model.Model.Prediction, timesteps, model.Model.Preset.ClipSample);

    /// <summary>The classes in turn, for a network that knows classes.</summary>
    private Option<ClassCondition> Condition => model.Network.Config.Classes is > 0 and var classes
        ? ClassCondition.Of(classes, Option<int>.None).ToOption()
        : Option<ClassCondition>.None;

    private LearntPlanFile.GaussianOutcome Gaussian(LearntPlan plan, ReadOnlyMemory<float> images)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var value in images.Span)
        {
            sum += value;
            squares += (double)value * value;
        }

        var mean = sum / images.Length;
        var deviation = Math.Sqrt(squares / images.Length - mean * mean);
        var compiled = Compiled(plan).IfFail(_ => throw new System.Diagnostics.UnreachableException());
        var made = GaussianPush.Run(
            compiled with { ClipSample = false }, new GaussianData(mean, deviation * deviation), model.Model.Schedule, model.Model.Prediction,
            AffineForm.Sum(Array((compiled.Start.Second, AffineForm.Noise(0)))))[^1];
        return new(mean, deviation, made.Constant, Math.Sqrt(made.Variance));
    }
}

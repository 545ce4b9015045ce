using Ddpm.Gpu.Sampling;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Sampling;

/// <summary>Samples from a run's checkpoint (see <see cref="RunReceipt.Sampled"/>) and writes the images.</summary>
internal static class SampleWriter
{
    /// <summary>Writes samples as a grid, an array, labels if there are classes, and an animation.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="device">What computes.</param>
    /// <param name="request">Which images.</param>
    /// <param name="pictures">Reads the pictures to start from, if any.</param>
    /// <param name="target">The folder to write to.</param>
    /// <param name="meeting">The processes that sample together.</param>
    /// <param name="view">Shows progress and results.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<Unit> Write(
        RunFolder folder, Device device, SamplingRequest request, Func<UNetConfig, Fin<Option<StartingPictures>>> pictures, RunFolder target,
        RankMeeting meeting, IView view, CancellationToken stop) =>
        TrainedModel.Use(folder, device, request.GuideIn(folder), model =>
            from job in SampleJob.From(request, model)
            let chosen = job.Use(model, meeting.Ranks)
            from given in pictures(model.Network.Config).Do(_ => chosen.Warn(view))
            from timesteps in (meeting.Ranks.Leads ? Folders.Create(target.Path) : unit).Bind(_ => job.Timesteps(chosen, view, stop))
            let searched = job with { Setting = job.Setting with { Timesteps = timesteps } }
            from start in given.Match(some => some.Start(chosen, searched, view, stop), () => FromNoise(searched))
            from agreed in meeting.Compare<Unit>(unit, new RankFact("the SHA-256 of the weights", model.WeightsSha256))
            from written in Write(chosen, job, start, target, view, stop)
            select written);

    /// <summary>Writes guidance.png: the same images at several guidance scales, a panel for each scale with a row for each class.</summary>
    public static Fin<Unit> WriteSweep(
        RunFolder folder, Device device, SamplingRequest request, double[] scales, RunFolder target, RankMeeting meeting, IView view,
        CancellationToken stop) =>
        TrainedModel.Use(folder, device, request.GuideIn(folder), model =>
            from jobs in toSeq(scales)
                .Map(scale => SampleJob.From(request.With(options => options with { GuidanceScale = scale }), model))
                .Sequence().Do(all => all.Head.Use(model, meeting.Ranks).Warn(view))
            from agreed in meeting.Compare<Unit>(unit, new RankFact("the SHA-256 of the weights", model.WeightsSha256))
            from panels in (meeting.Ranks.Leads ? Folders.Create(target.Path) : unit)
                .Bind(_ => jobs.Zip(toSeq(scales), (job, scale) => Panel(job.Use(model, meeting.Ranks), job, scale, view, stop)).Sequence())
            let path = target.Within("guidance.png")
            from written in !meeting.Ranks.Leads ? unit : target.Write(path, Png.Encode(Figure.Draw("Guidance", panels))).Map(_ => Report(view, path))
            select written);

    private static Fin<SamplingStart> FromNoise(SampleJob job) => job.Sampler.Compile(job.Setting).OrUsage().Map(plan => new SamplingStart(plan, None));

    private static Fin<FigurePanel> Panel(TrainedModel model, SampleJob job, double scale, IView view, CancellationToken stop)
    {
        return job.Plan(model, view, stop).Bind(plan =>
        {
            using var bar = view.Bar(Invariant($"guidance scale {scale}"));
            return model.Sampler(plan).Sample(job.Images, [], bar.Report, stop)
                .Map(moments => new FigurePanel(Invariant($"w = {scale}"), job.Files.Picture(job.Files.LevelsOf(moments[^1]))));
        });
    }

    private static Fin<Unit> Write(TrainedModel model, SampleJob job, SamplingStart start, RunFolder target, IView view, CancellationToken stop)
    {
        var frames = AnimationFrame.Spread(start.Plan.Lines.Count);
        var (grid, array, animation) = (target.Within("samples.png"), target.Within("samples.npy"), target.Within("sampling.gif"));
        var labels = job.Images.Condition.Map(condition => (Path: target.Within("labels.npy"), Condition: condition));
        var places = Enumerable.Range(job.Images.First, job.Images.Count);
        var drawn = SampleFiles.Drawn(job.Images.Count, model.Network.Config.ImageSize);
        if (drawn < job.Images.Count)
        {
            view.Line($"samples.png and sampling.gif show the first {drawn} of {job.Images.Count} images");
        }

        using var bar = view.Bar($"sampling {Counted.Of(job.Images.Count, "image")}");
        var sampled = model.Sampler(start.Plan).Sample(
            job.Images, [.. frames.Map(frame => frame.State)], bar.Report, stop, start.Known);

        // The array comes first: there may be too many images for a picture.
        return model.Ranks.Leads
            ? sampled.Bind(Files).Map(_ => Report(view, [grid, array, .. labels.Map(file => file.Path), animation]))
            : sampled.Map(_ => unit);

        Fin<Unit> Files(IReadOnlyList<GeneratedImages> moments)
        {
            // Divided by √(a² + σ²), which is 1 on chains: the picture of σ = 80 would be black and white alone.
            GeneratedImages Visible(GeneratedImages moment, AnimationFrame frame) => moment.Over(start.Plan.DeviationAfter(frame.State));
            var last = job.Files.LevelsOf(moments[^1]);
            return Outcomes.InOrder(
                () => SampleFiles.WriteArray(target, array, last),
                () => labels.Map(file => SampleFiles.WriteLabels(target, file.Path, places.Select(file.Condition.ClassOf))).IfNone(unit),
                () => job.Files.WriteGrid(target, grid, last),
                () => job.Files.WriteAnimation(target, animation, frames, moments.SkipLast(1).Zip(frames, Visible), last));
        }
    }

    private static Unit Report(IView view, params string[] paths) => paths.Iter(path => view.Result($"wrote {path}"));
}

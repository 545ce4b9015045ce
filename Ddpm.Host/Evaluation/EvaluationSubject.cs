using Ddpm.Gpu.Likelihood;
using Ddpm.Host.Data;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Data;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Schedules;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Evaluation;

/// <summary>Images to evaluate, and what is known about them.</summary>
/// <param name="Images">The images.</param>
/// <param name="Report">How they were made.</param>
/// <param name="Bound">The bits per dimension of test images, if they were measured.</param>
internal sealed record EvaluatedImages(ImageSet Images, SamplesReport Report, Option<BoundReport> Bound);

/// <summary>What to evaluate. Its images are made only after everything was checked.</summary>
/// <param name="Load">Loads the real images to compare with.</param>
/// <param name="Shape">The images' size and channels.</param>
/// <param name="Name">What messages call the images.</param>
/// <param name="Classes">The number of classes; none for images without labels.</param>
/// <param name="Make">Makes the images, and measures the bits per dimension of test images.</param>
internal sealed record EvaluationSubject(
    Func<DataSplit, Fin<LoadedDataSet>> Load, PictureShape Shape, string Name, Option<int> Classes, Func<ImageSet, Fin<EvaluatedImages>> Make)
{
    /// <summary>Images that the user names.</summary>
    public static EvaluationSubject Of(GivenImages given, Func<DataSplit, PictureShape, Fin<LoadedDataSet>> load)
    {
        var shape = new PictureShape(given.Images.Size, given.Images.Channels);
        return new(
            split => load(split, shape), shape, "the images", given.Images.Labels.Map(_ => given.Images.Classes),
            _ => new EvaluatedImages(given.Images, given.Report, None));
    }

    /// <summary>A run's samples, and its bits per dimension if images are given to measure them on.</summary>
    public static Fin<EvaluationSubject> Of(
        RunFolder folder, TrainedModel model, SamplingRequest request, Func<DataSplit, Fin<LoadedDataSet>> load, int boundImages, RankMeeting meeting,
        IView view, CancellationToken stop) =>
        SampleJob.From(request, model).Do(job => job.Use(model, meeting.Ranks).Warn(view)).Map(job =>
        {
            var chosen = job.Use(model, meeting.Ranks);
            var network = model.Network.Config;
            var variance = network.LearnsVariance ? ReverseVariance.LearnedRange : ReverseVariance.Beta;
            return new EvaluationSubject(
                load, new(network.ImageSize, network.ImageChannels), "the run's images", Some(network.Classes).Filter(classes => classes > 0),
                test =>
                    from plan in meeting.Compare(job.Plan(chosen, view, stop), new RankFact("the SHA-256 of the weights", model.WeightsSha256))
                    from images in SamplesToJudge.Of(chosen, job, plan, view, stop)
                    from bound in Bound(model, test, boundImages, new(request.Seed, variance, job.Setting.ClipSample), view, stop)
                    select new EvaluatedImages(images, SamplesReport.Of(folder.Path, model, request, job, plan), bound));
        });

    /// <summary>What a rank other than 0 does for it: it makes its part of the samples.</summary>
    public static Fin<Unit> Follow(TrainedModel model, SamplingRequest request, RankMeeting meeting, IView view, CancellationToken stop) =>
        from job in SampleJob.From(request, model)
        let chosen = job.Use(model, meeting.Ranks)
        from plan in meeting.Compare(job.Plan(chosen, view, stop), new RankFact("the SHA-256 of the weights", model.WeightsSha256))
        from images in SamplesToJudge.Of(chosen, job, plan, view, stop)
        select unit;

    private static Fin<Option<BoundReport>> Bound(
        TrainedModel model, ImageSet test, int count, BoundSetting setting, IView view, CancellationToken stop)
    {
        if (count == 0)
        {
            return Option<BoundReport>.None;
        }

        if (model.Model.Schedule is not VariancePreservingSchedule chain)
        {
            view.Line("bits per dimension are not measured: the variational bound needs a Markov chain, a² + σ² = 1");
            return Option<BoundReport>.None;
        }

        using var bar = view.Bar("bits per dimension");
        return BoundMeasurement.Measure(model.Network, model.Theta, model.Model, chain, test.Take(count), setting, bar.Report, stop)
            .Map(bounds => Some(BoundReport.Of(bounds, setting)));
    }
}

using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Pure.Images;
using Ddpm.Pure.Metrics;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Evaluation;

/// <summary>
/// What images are compared with: the training images. As many test images give the floor: generated images cannot be expected to come closer than real ones.
/// </summary>
internal sealed class Comparison
{
    private const int Subsets = 100, SubsetSize = 1000, Neighbours = 3, ManifoldImages = 10_000;

    private readonly FeatureSource _source;
    private readonly FeatureSet _real, _others;
    private readonly GaussianSummary _summary;

    private Comparison(FeatureSource source, FeatureSet real, FeatureSet others, LoadedDataSet train, LoadedDataSet test)
    {
        (_source, _real, _others, _summary) = (source, real, others, GaussianSummary.Of(real));
        Features = new(source.Name, source.Sha256, real.Dimension);
        Reference = new(train.Description.Name, real.Count, train.ImagesSha256, others.Count, test.ImagesSha256);
    }

    /// <summary>What computes the features.</summary>
    public FeaturesReport Features { get; }

    /// <summary>The real images.</summary>
    public ReferenceReport Reference { get; }

    /// <summary>The fewest images to compare: a covariance and third neighbours need four.</summary>
    public const int FewestImages = 4;

    /// <summary>Checks that images can be compared with real ones, which must have the same shape and be enough.</summary>
    /// <param name="parts">The training and the test images.</param>
    /// <param name="shape">The images' size and channels.</param>
    /// <param name="name">What messages call the images.</param>
    public static Fin<Unit> CheckFit(Seq<LoadedDataSet> parts, PictureShape shape, string name) =>
        parts.Map(part => part.Fits(shape, name).Bind(_ => CheckCount(part))).Sequence().Map(_ => unit);

    /// <summary>Prepares a comparison.</summary>
    /// <param name="source">What computes features.</param>
    /// <param name="train">The reference.</param>
    /// <param name="test">What the floor is measured with.</param>
    /// <param name="count">How many images will be compared.</param>
    /// <param name="view">Sees the progress.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<Comparison> With(FeatureSource source, LoadedDataSet train, LoadedDataSet test, int count, IView view, CancellationToken stop) =>
        from real in Of(source, "training images", train.Images, view, stop)
        from others in Of(source, "test images", test.Images.Take(count), view, stop)
        select new Comparison(source, real, others, train, test);

    /// <summary>The distances of images, and of the test images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="samples">What is known of them.</param>
    /// <param name="view">Sees the progress.</param>
    /// <param name="stop">Ends the work.</param>
    public Fin<EvaluationReport> Measure(ImageSet images, SamplesReport samples, IView view, CancellationToken stop) =>
        from generated in Of(_source, "the images", images, view, stop)
        from found in Distances(generated, "the images", view, stop)
        from floor in Distances(_others, "the floor", view, stop)
        select new EvaluationReport(samples, Features, Reference, _source.Distance, found, floor);

    /// <summary>The Fréchet distance of images alone.</summary>
    public Fin<double> Frechet(ImageSet images, IView view, CancellationToken stop) =>
        from generated in Of(_source, "the images", images, view, stop)
        from distance in Frechet(generated)
        select distance;

    /// <summary>The Fréchet distance of the test images.</summary>
    public Fin<double> FrechetFloor() => Frechet(_others);

    private static Fin<Unit> CheckCount(LoadedDataSet part) => Outcomes.Require(
        part.Images.Count >= FewestImages,
        $"there {(part.Images.Count == 1 ? "is" : "are")} {Counted.Of(part.Images.Count, "image")} to compare with in {part.Origin}, "
        + $"but at least {FewestImages} are needed",
        ExitCode.Failure);

    private Fin<double> Frechet(FeatureSet images) => FrechetDistance.Between(_summary, GaussianSummary.Of(images)).OrFailure();

    private static Fin<FeatureSet> Of(FeatureSource source, string title, ImageSet set, IView view, CancellationToken stop)
    {
        using var bar = view.Bar($"features of {title}");
        try
        {
            return from values in source.Features(set, bar.Report, stop)
                   from features in FeatureSet.Of(set.Count, values.Length / set.Count, values.Select(value => (double)value).ToArr()).OrFailure()
                   select features;
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }

    private Fin<DistanceReport> Distances(FeatureSet images, string title, IView view, CancellationToken stop)
    {
        using var bar = view.Bar($"distances of {title}");
        Fin<Unit> Done(int part)
        {
            bar.Report(part, 3);
            return stop.IsCancellationRequested ? Errors.Cancelled : unit;
        }

        var size = Math.Min(SubsetSize, Math.Min(_real.Count, images.Count));
        return from frechet in Done(0).Bind(_ => Frechet(images))
               from kernel in Done(1).Bind(_ => KernelDistance.OverSubsets(_real, images, Subsets, size, seed: 0).OrFailure())
               from near in Done(2).Bind(_ => PrecisionRecall.Of(First(_real), First(images), Neighbours).OrFailure())
               select new DistanceReport(frechet, kernel.Mean, kernel.StandardDeviation, near.Precision, near.Recall);
    }

    private static FeatureSet First(FeatureSet features) => features.Count <= ManifoldImages
        ? features
        : FeatureSet.Of(ManifoldImages, features.Dimension, features.Values.Take(ManifoldImages * features.Dimension).ToArr())
            .OrThrow(); // these features were checked before
}

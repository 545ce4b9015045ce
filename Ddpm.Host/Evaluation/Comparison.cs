using Ddpm.Host.Commands;
using Ddpm.Host.Data;
using Ddpm.Host.Progress;
using Ddpm.Pure.Images;
using Ddpm.Pure.Metrics;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Evaluation;

/// <summary>Compares images with the training images, and test images too: what is not generated at all cannot be expected to come nearer.</summary>
internal static class Comparison
{
    private const int Subsets = 100, SubsetSize = 1000, Neighbours = 3, ManifoldImages = 10_000;

    /// <summary>The distances of images and of as many test images.</summary>
    /// <param name="source">What computes features.</param>
    /// <param name="images">The images.</param>
    /// <param name="samples">What is known of them.</param>
    /// <param name="train">The reference.</param>
    /// <param name="test">What the floor is measured with.</param>
    /// <param name="view">Sees the progress.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<EvaluationReport> Measure(
        FeatureSource source, ImageSet images, SamplesReport samples, LoadedDataSet train, LoadedDataSet test, IView view, CancellationToken stop)
    {
        Fin<FeatureSet> Features(string title, ImageSet set)
        {
            using var bar = view.Bar($"features of {title}");
            var values = source.Features(set, bar.Report, stop);
            return FeatureSet.Create(set.Count, values.Length / set.Count, values.Select(value => (double)value).ToArr()).OrFailure();
        }

        try
        {
            return from real in Features("training images", train.Images)
                   from others in Features("test images", test.Images.Take(images.Count))
                   from generated in Features("the images", images)
                   let summary = GaussianSummary.Of(real)
                   from found in Distances(real, summary, generated, "the images", view, stop)
                   from floor in Distances(real, summary, others, "the floor", view, stop)
                   select new EvaluationReport(
                       samples, new(source.Name, source.Sha256, real.Dimension),
                       new(train.Description.Name, real.Count, train.ImagesSha256, others.Count, test.ImagesSha256), source.Distance, found, floor);
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }

    private static Fin<DistanceReport> Distances(FeatureSet real, GaussianSummary summary, FeatureSet images, string title, IView view, CancellationToken stop)
    {
        using var bar = view.Bar($"distances of {title}");
        Unit Done(int part)
        {
            stop.ThrowIfCancellationRequested();
            bar.Report(part, 3);
            return unit;
        }

        Done(0);
        return from frechet in FrechetDistance.Between(summary, GaussianSummary.Of(images)).OrFailure()
               let _ = Done(1)
               from kernel in KernelDistance.OverSubsets(real, images, Subsets, Math.Min(SubsetSize, Math.Min(real.Count, images.Count)), seed: 0).OrFailure()
               let __ = Done(2)
               from near in PrecisionRecall.Of(First(real), First(images), Neighbours).OrFailure()
               select new DistanceReport(frechet, kernel.Mean, kernel.StandardDeviation, near.Precision, near.Recall);
    }

    private static FeatureSet First(FeatureSet features) => features.Count <= ManifoldImages
        ? features
        : FeatureSet.Create(ManifoldImages, features.Dimension, features.Values.Take(ManifoldImages * features.Dimension).ToArr())
            .IfFail(faults => throw new InvalidOperationException(string.Join("; ", faults))); // a part of what was checked
}

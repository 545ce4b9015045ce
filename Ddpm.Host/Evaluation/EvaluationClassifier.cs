using Ddpm.Gpu.Classification;
using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Evaluation;

/// <summary>Trains the small classifier whose features measure distances.</summary>
internal static class EvaluationClassifier
{
    /// <summary>Trains the classifier on a data set and writes it to a file.</summary>
    /// <param name="asked">The recipe; the data set decides whether images are mirrored.</param>
    /// <param name="train">The training images.</param>
    /// <param name="test">The test images, which measure its accuracy.</param>
    /// <param name="limit">How many of the training images to use.</param>
    /// <param name="path">The file.</param>
    /// <param name="device">What computes.</param>
    /// <param name="view">Shows progress and results.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<Unit> Write(
        ClassifierRecipe asked, LoadedDataSet train, LoadedDataSet test, int limit, string path, Device device, IView view, CancellationToken stop)
    {
        var recipe = asked with { Mirror = train.Description.MirrorsKeepMeaning };
        return (from config in test.Fits(train.Shape, "the training images")
                    .Bind(_ => ClassifierConfig.Of(train.Images.Size, train.Images.Channels, train.Images.Classes).OrFailure())
                from written in Train(
                    config, recipe, train.Images.Take(limit), test.Images, device, "training the classifier",
                    (trained, accuracy) => Save(config, trained, accuracy), view, stop)
                select written).Do(_ => view.Result($"wrote {path}"));

        Fin<Unit> Save(ClassifierConfig config, TrainedClassifier trained, double accuracy)
        {
            var header = new ClassifierHeader(
                config.ImageSize, config.ImageChannels, config.Classes, recipe, train.Description.Name, train.ImagesSha256, accuracy);
            view.Result(Invariant($"{accuracy:P2} of {test.Images.Count} test images are classified correctly"));
            return AtomicFile.Write(path, Safetensors.Write(ClassifierFile.Save(header, trained)), stop);
        }
    }

    /// <summary>Trains a classifier and measures its accuracy.</summary>
    /// <param name="config">The classifier.</param>
    /// <param name="recipe">How to train it.</param>
    /// <param name="train">The images to train on.</param>
    /// <param name="test">The images to measure its accuracy on.</param>
    /// <param name="device">What computes.</param>
    /// <param name="title">The title of the progress bar.</param>
    /// <param name="then">Uses the classifier and its accuracy.</param>
    /// <param name="view">Shows progress.</param>
    /// <param name="stop">Ends the work.</param>
    internal static Fin<T> Train<T>(
        ClassifierConfig config, ClassifierRecipe recipe, ImageSet train, ImageSet test, Device device, string title,
        Func<TrainedClassifier, double, Fin<T>> then, IView view, CancellationToken stop)
    {
        return ClassifierPlan.Of(recipe, train.Count).OrUsage().Bind(Fit).Bind(classifier => use(classifier, Measure));

        Fin<TrainedClassifier> Fit(ClassifierPlan plan)
        {
            using var bar = view.Bar(title);
            return ClassifierTraining.Train(config, plan, train, device, (done, total, loss) => bar.Report(done, total, Invariant($"loss {loss:F4}")), stop);
        }

        Fin<T> Measure(TrainedClassifier trained)
        {
            using var bar = view.Bar("test images");
            return then(trained, trained.Accuracy(test, bar.Report, stop));
        }
    }
}

/// <summary>
/// The classification accuracy score (Ravuri and Vinyals 2019): a classifier learns from generated images with their classes, and is tested on real ones.
/// </summary>
/// <param name="Config">The classifier.</param>
/// <param name="Recipe">How it is trained.</param>
internal sealed record AccuracyScore(ClassifierConfig Config, ClassifierRecipe Recipe)
{
    /// <summary>The score of generated images.</summary>
    /// <param name="classes">The number of their classes.</param>
    /// <param name="shape">Their size and channels.</param>
    /// <param name="train">The real training images, which decide how many classes there are.</param>
    public static Fin<AccuracyScore> Of(int classes, PictureShape shape, LoadedDataSet train) =>
        ClassifierConfig.Of(shape.Size, shape.Channels, train.Images.Classes).OrFailure().Bind(config => Outcomes
            .Require(
                classes <= config.Classes,
                $"a label of the images is not a class of {train.Description.Title}, which has {config.Classes}, counted from 0",
                ExitCode.Failure)
            .Map(_ => new AccuracyScore(config, new() { Mirror = train.Description.MirrorsKeepMeaning })));

    /// <summary>Trains the classifier on generated images and tests it on real ones.</summary>
    public Fin<ScoreReport> Measure(ImageSet images, LoadedDataSet test, Device device, IView view, CancellationToken stop) =>
        EvaluationClassifier.Train(
            Config, Recipe, images, test.Images, device, "classifier of generated images",
            (_, accuracy) => FinSucc(new ScoreReport(accuracy, test.Images.Count, Recipe.Epochs, Recipe.Seed)), view, stop);
}

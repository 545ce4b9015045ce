using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Evaluation;

/// <summary>Evaluates images and writes evaluation.json and neighbours.png.</summary>
internal static class EvaluationWriter
{
    /// <summary>Evaluates a subject. Everything that can be wrong is checked before an image is made.</summary>
    /// <param name="subject">What to evaluate.</param>
    /// <param name="openFeatures">Opens what computes the features, given the training images.</param>
    /// <param name="target">The folder to write to.</param>
    /// <param name="device">What computes.</param>
    /// <param name="view">Shows progress and results.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<Unit> Write(
        EvaluationSubject subject, Func<LoadedDataSet, Fin<FeatureSource>> openFeatures, RunFolder target, Device device, IView view, CancellationToken stop)
    {
        var (json, picture) = (target.Within("evaluation.json"), target.Within("neighbours.png"));
        return from train in subject.Load(DataSplit.Train)
               from test in subject.Load(DataSplit.Test)
               from score in Comparison.CheckFit(Seq(train, test), subject.Shape, subject.Name).Bind(_ => Score(subject, train))
               from features in openFeatures(train)
               from made in use(features, source => Folders.Create(target.Path).Bind(_ => Measure(subject, source, train, test, view, stop)))
               from accuracy in score.Map(classifier => classifier.Measure(made.Images, test, device, view, stop)).Sequence()
               let report = made.Report with { ClassificationAccuracyScore = accuracy.MatchUnsafe(found => found, () => null) }
               from written in Outcomes.InOrder(
                   () => target.Write(json, report.ToJson()),
                   () => target.Write(picture, Png.Encode(NeighbourPicture.Draw(made.Images, train.Images))))
               select Print(report, view, json, picture);
    }

    private static Fin<Option<AccuracyScore>> Score(EvaluationSubject subject, LoadedDataSet train) =>
        subject.Classes.Map(classes => AccuracyScore.Of(classes, subject.Shape, train)).Sequence();

    private static Fin<(Pure.Images.ImageSet Images, EvaluationReport Report)> Measure(
        EvaluationSubject subject, FeatureSource source, LoadedDataSet train, LoadedDataSet test, IView view, CancellationToken stop) =>
        from made in subject.Make(test.Images)
        from comparison in Comparison.With(source, train, test, made.Images.Count, view, stop)
        from report in comparison.Measure(made.Images, made.Report, view, stop)
        select (made.Images, report with { BitsPerDimension = made.Bound.MatchUnsafe(bound => bound, () => null) });

    private static Unit Print(EvaluationReport report, IView view, params string[] paths)
    {
        report.Table().Iter(view.Result);
        return paths.Iter(path => view.Result($"wrote {path}"));
    }
}

using Ddpm.Pure.Charts;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>The curves of a run's metrics over its epochs.</summary>
/// <param name="Metrics">The lines of its log.</param>
/// <param name="StepsPerEpoch">The steps of an epoch.</param>
/// <param name="Prefix">What comes before the names of its curves, if a chart shows several runs.</param>
internal sealed record TrainingCurves(Seq<Metric> Metrics, int StepsPerEpoch, string Prefix = "")
{
    /// <summary>The losses within epochs; with dots the mean losses of epochs and the losses on test images, as far as there are any.</summary>
    public Arr<ChartCurve> Losses
    {
        get
        {
            var steps = Over("step", "steps", metric => metric.Loss);
            var epochs = Over("epoch", "epochs", metric => metric.Loss) with { IsMarked = true };
            var tested = Over("epoch", "test images", metric => metric.HeldOutLoss ?? double.NaN) with { IsMarked = true };
            tested = tested with { Points = tested.Points.Filter(point => !double.IsNaN(point.Y)).ToArr() };
            return steps.Cons(Seq(epochs, tested).Filter(curve => !curve.Points.IsEmpty)).ToArr();
        }
    }

    /// <summary>The learning rates.</summary>
    public ChartCurve Rates => Over("step", "", metric => metric.LearningRate);

    /// <summary>A chart of losses.</summary>
    /// <param name="losses">The curves of one run or of several.</param>
    public static LineChart LossChart(Arr<ChartCurve> losses) => new("epochs", "loss", losses, logarithmicY: true);

    private ChartCurve Over(string kind, string name, Func<Metric, double> value) => new(
        $"{Prefix} {name}".Trim(),
        Metrics.Filter(metric => metric.Kind == kind).Map(metric => ((double)metric.Step / StepsPerEpoch, value(metric))).ToArr());
}

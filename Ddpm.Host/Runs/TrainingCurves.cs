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
    /// <summary>The losses within epochs, and the mean losses of epochs if there are any, with dots.</summary>
    public Arr<ChartCurve> Losses
    {
        get
        {
            var steps = Over("step", "steps", metric => metric.Loss);
            var epochs = Over("epoch", "epochs", metric => metric.Loss) with { IsMarked = true };
            return epochs.Points.IsEmpty ? Array(steps) : Array(steps, epochs);
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

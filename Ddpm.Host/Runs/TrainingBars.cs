using Ddpm.Host.Progress;
using Ddpm.Pure.Training;

namespace Ddpm.Host.Runs;

/// <summary>A bar for the run and one for the epoch, and a line for each epoch that ended.</summary>
/// <param name="view">Where they are shown.</param>
internal sealed class TrainingBars(IView view) : IDisposable
{
    private readonly IBar _run = view.Bar("training");
    private IBar? _epoch;
    private TrainingPlan? _plan;

    public void Report(TrainingEvent happened)
    {
        switch (happened)
        {
            case TrainingEvent.Began(var plan, var from):
                _plan = plan;
                var (options, network) = (plan.Config.Options, plan.Config.NetworkName);
                var recipe = options.Preset == network ? "" : $" with the recipe {options.Preset}";
                view.Line(from == 0
                    ? $"training the {network} network{recipe} for {Counted.Of(options.Epochs, "epoch")} of {Counted.Of(plan.Steps.PerEpoch, "step")}"
                    : $"continuing at step {from} of {plan.Steps.Total}");
                break;
            case TrainingEvent.Stepped(var step, var loss, var rate) when _plan is not null:
                _epoch ??= view.Bar($"epoch {step.Epoch + 1}/{_plan.Config.Options.Epochs}");
                _run.Report(step.Number + 1, _plan.Steps.Total);
                _epoch.Report(step.Number + 1 - step.Epoch * _plan.Steps.PerEpoch, _plan.Steps.PerEpoch, Invariant($"loss {loss:F4}  {rate:F0} images/s"));
                break;
            case TrainingEvent.EpochEnded(var metric, var best):
                _epoch?.Dispose();
                _epoch = null;
                var heldOut = metric.HeldOutLoss is { } tested ? Invariant($", {tested:F5} on test images") : "";
                view.Line(Invariant($"epoch {metric.Epoch}: loss {metric.Loss:F5}{heldOut}, {metric.ImagesPerSecond:F0} images/s")
                    + (best ? ", best so far" : ""));
                break;
            case TrainingEvent.PictureHeld(var reason):
                view.Line($"warning: {reason}; training goes on");
                break;
            default:
                break;
        }
    }

    public void Dispose()
    {
        _epoch?.Dispose();
        _run.Dispose();
    }
}

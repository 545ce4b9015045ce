using Ddpm.Pure.Training;

namespace Ddpm.Host.Runs;

/// <summary>What a training run tells whoever watches.</summary>
internal abstract record TrainingEvent
{
    private TrainingEvent()
    {
    }

    /// <summary>Training begins or goes on.</summary>
    /// <param name="Plan">What will be done.</param>
    /// <param name="From">The first step to make.</param>
    public sealed record Began(TrainingPlan Plan, int From) : TrainingEvent;

    /// <summary>A step was made.</summary>
    /// <param name="Step">The step.</param>
    /// <param name="EpochLoss">The mean loss of its epoch so far.</param>
    /// <param name="ImagesPerSecond">Recent throughput.</param>
    public sealed record Stepped(TrainingStep Step, double EpochLoss, double ImagesPerSecond) : TrainingEvent;

    /// <summary>An epoch ended.</summary>
    /// <param name="Metric">Its line in the metrics.</param>
    /// <param name="Best">Whether it is the best epoch so far.</param>
    public sealed record EpochEnded(Metric Metric, bool Best) : TrainingEvent;

    /// <summary>A picture could not be written, because another program shows it. Training goes on.</summary>
    /// <param name="Reason">Which picture, and why.</param>
    public sealed record PictureHeld(string Reason) : TrainingEvent;
}

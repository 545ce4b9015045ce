namespace Ddpm.Pure.Training;

/// <summary>The progress of a run and its losses so far. With its tensors, this is all a run needs to resume exactly.</summary>
/// <param name="Step">Steps made, over all epochs.</param>
/// <param name="EpochLossSum">The sum of step loss × images in the step, over the unfinished epoch; 0 between epochs.</param>
/// <param name="EpochImages">The images trained on in the unfinished epoch; 0 between epochs.</param>
/// <param name="BestEpoch">The epoch with the lowest loss, counted from 1; 0 before the first epoch ends.</param>
/// <param name="BestLoss">The loss that made it the best, of the epoch or of held-out images (<see cref="EndOfEpoch"/>); 0 before the first epoch ends.</param>
/// <param name="UntoldLossSum">The sum of step loss × images in the step, since the last metrics line.</param>
/// <param name="UntoldImages">The images trained on since the last metrics line.</param>
public sealed record TrainingProgress(
    int Step,
    double EpochLossSum,
    int EpochImages,
    int BestEpoch,
    double BestLoss,
    double UntoldLossSum = 0,
    int UntoldImages = 0)
{
    /// <summary>The start of a run.</summary>
    public static TrainingProgress Start { get; } = new(0, 0, 0, 0, 0);

    /// <summary>Whether a run can have this progress: no count is negative, and every loss is finite.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsPossible => Step >= 0 && EpochImages >= 0 && BestEpoch >= 0 && UntoldImages >= 0
        && double.IsFinite(EpochLossSum) && double.IsFinite(BestLoss) && double.IsFinite(UntoldLossSum);

    /// <summary>The mean loss of the unfinished epoch so far.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double EpochLoss => EpochImages == 0 ? 0 : EpochLossSum / EpochImages;

    /// <summary>The mean loss since the last metrics line.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double UnloggedLoss => UntoldImages == 0 ? 0 : UntoldLossSum / UntoldImages;

    /// <summary>The progress after one more step.</summary>
    public TrainingProgress After(TrainingStep step, double loss) => this with
    {
        Step = step.Number + 1,
        EpochLossSum = EpochLossSum + loss * step.Images.Count,
        EpochImages = EpochImages + step.Images.Count,
        UntoldLossSum = UntoldLossSum + loss * step.Images.Count,
        UntoldImages = UntoldImages + step.Images.Count,
    };

    /// <summary>The progress after a metrics line.</summary>
    public TrainingProgress Logged() => this with { UntoldLossSum = 0, UntoldImages = 0 };

    /// <summary>
    /// The progress after the end of an epoch. A lower loss replaces the best. A loss of exactly 0 is never the best: no network is that good, so all images
    /// had weight 0.
    /// </summary>
    /// <param name="epoch">The epoch, counted from 1.</param>
    /// <param name="heldOut">The loss on held-out images, if the run chooses its best epoch by it; null for the mean loss of the epoch.</param>
    public TrainingProgress EndOfEpoch(int epoch, double? heldOut = null)
    {
        var loss = heldOut ?? EpochLoss;
        var best = loss > 0 && (BestLoss == 0 || loss < BestLoss);
        return this with
        {
            EpochLossSum = 0,
            EpochImages = 0,
            BestEpoch = best ? epoch : BestEpoch,
            BestLoss = best ? loss : BestLoss,
        };
    }
}


namespace Ddpm.Pure.Training;

/// <summary>How far a run is, and its losses so far: what a run needs beside its tensors to go on as if never interrupted.</summary>
/// <param name="Step">Steps made, of all epochs.</param>
/// <param name="EpochLossSum">The sum over the images of the unfinished epoch of their steps' losses; 0 between epochs.</param>
/// <param name="EpochImages">The images of the unfinished epoch that were trained on; 0 between epochs.</param>
/// <param name="BestEpoch">The epoch with the lowest mean loss, counted from 1; 0 before there is one.</param>
/// <param name="BestLoss">That loss; 0 before there is one.</param>
/// <param name="UntoldLossSum">The sum over the images since the last metrics line of their steps' losses.</param>
/// <param name="UntoldImages">The images since then.</param>
public sealed record TrainingProgress(
    int Step, double EpochLossSum, int EpochImages, int BestEpoch, double BestLoss, double UntoldLossSum = 0, int UntoldImages = 0)
{
    /// <summary>The start of a run.</summary>
    public static TrainingProgress Start { get; } = new(0, 0, 0, 0, 0);

    /// <summary>Whether a run can be there: no count is negative and every loss is a number.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsPossible => Step >= 0 && EpochImages >= 0 && BestEpoch >= 0 && UntoldImages >= 0
        && double.IsFinite(EpochLossSum) && double.IsFinite(BestLoss) && double.IsFinite(UntoldLossSum);

    /// <summary>The mean loss of the unfinished epoch so far.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double EpochLoss => EpochImages == 0 ? 0 : EpochLossSum / EpochImages;

    /// <summary>The mean loss since the last metrics line.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double UnloggedLoss => UntoldImages == 0 ? 0 : UntoldLossSum / UntoldImages;

    /// <summary>After one more step.</summary>
    public TrainingProgress After(TrainingStep step, double loss) => this with
    {
        Step = step.Number + 1,
        EpochLossSum = EpochLossSum + loss * step.Images.Count,
        EpochImages = EpochImages + step.Images.Count,
        UntoldLossSum = UntoldLossSum + loss * step.Images.Count,
        UntoldImages = UntoldImages + step.Images.Count,
    };

    /// <summary>After a metrics line.</summary>
    public TrainingProgress Logged() => this with { UntoldLossSum = 0, UntoldImages = 0 };

    /// <summary>
    /// After the end of an epoch, counted from 1; its loss replaces the best where it is lower. A loss of exactly 0 is never the best: no network is that good,
    /// so all images had weight 0.
    /// </summary>
    public TrainingProgress EndOfEpoch(int epoch)
    {
        var best = EpochLoss > 0 && (BestLoss == 0 || EpochLoss < BestLoss);
        return this with
        {
            EpochLossSum = 0,
            EpochImages = 0,
            BestEpoch = best ? epoch : BestEpoch,
            BestLoss = best ? EpochLoss : BestLoss,
        };
    }
}

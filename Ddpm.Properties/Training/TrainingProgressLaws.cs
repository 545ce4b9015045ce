using Ddpm.Pure.Training;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Training;

[Properties(Arbitrary = [typeof(TrainingGenerators), typeof(Generators)])]
public sealed class TrainingProgressLaws
{
    /// <summary>The sum gathers a rounding at each step, of positive numbers only.</summary>
    [Law]
    public bool An_epoch_s_loss_is_the_mean_over_its_images(TrainingPlan plan, Pixel phase)
    {
        var epoch = plan.Epoch(0);
        var steps = Enumerable.Range(0, plan.Steps.PerEpoch).Select(k => epoch.Step(k)).ToArray();
        var progress = steps.Aggregate(TrainingProgress.Start, (before, step) => before.After(step, Loss(step.Number, phase)));
        var mean = steps.SelectMany(step => step.Images.Select(_ => Loss(step.Number, phase))).Average();
        return NearRelative(mean, progress.EpochLoss, 4 * Epsilon * plan.ImageCount)
            && progress.Step == plan.Steps.PerEpoch && progress.EpochImages == plan.ImageCount;
    }

    /// <summary>Across the ends of epochs too, and wherever a line is written.</summary>
    [Law]
    public bool What_the_lines_tell_is_the_mean_over_the_images_since_the_line_before(TrainingPlan plan, Pixel phase, byte every)
    {
        var (progress, untold) = (TrainingProgress.Start, new List<double>());
        for (var n = 0; n < plan.Steps.Total; n++)
        {
            var step = plan.Epoch(n / plan.Steps.PerEpoch).Step(n % plan.Steps.PerEpoch);
            progress = progress.After(step, Loss(n, phase));
            untold.AddRange(step.Images.Select(_ => Loss(n, phase)));
            if (!NearRelative(untold.Average(), progress.UnloggedLoss, 8 * Epsilon * plan.ImageCount) || progress.UntoldImages != untold.Count)
            {
                return false;
            }

            if ((n + 1) % plan.Steps.PerEpoch == 0)
            {
                progress = progress.EndOfEpoch((n + 1) / plan.Steps.PerEpoch);
            }

            if (n % (every + 1) != 0)
            {
                continue;
            }

            progress = progress.Logged();
            untold.Clear();
            if (progress is not { UnloggedLoss: 0, UntoldImages: 0, UntoldLossSum: 0 })
            {
                return false;
            }

        }

        return true;
    }

    /// <summary>A loss of 0 says that all weights were 0.</summary>
    [Law]
    public bool The_best_epoch_is_the_first_with_the_lowest_loss_above_0(TrainingPlan plan, Pixel[] losses)
    {
        var step = plan.Epoch(0).Step(0);
        var progress = TrainingProgress.Start;
        var means = new List<double>();
        for (var epoch = 1; epoch <= losses.Length; epoch++)
        {
            progress = progress.After(step, Math.Round(Math.Abs(losses[epoch - 1].Value)));
            means.Add(progress.EpochLoss);
            progress = progress.EndOfEpoch(epoch);
            var best = means.Where(mean => mean > 0).DefaultIfEmpty(0).Min();
            if (progress is not { EpochLossSum: 0, EpochImages: 0, EpochLoss: 0 } || progress.BestLoss != best
                || progress.BestEpoch != (best == 0 ? 0 : means.IndexOf(best) + 1))
            {
                return false;
            }
        }

        return true;
    }

    [Fact]
    public void A_run_can_be_where_no_count_is_negative_and_every_loss_a_number()
    {
        var start = TrainingProgress.Start;
        Assert.True(start.IsPossible);
        Assert.All(
            [
                start with { Step = -1 }, start with { EpochImages = -1 }, start with { BestEpoch = -1 }, start with { UntoldImages = -1 },
                start with { EpochLossSum = double.NaN }, start with { BestLoss = double.PositiveInfinity }, start with { UntoldLossSum = double.NaN },
            ],
            progress => Assert.False(progress.IsPossible));
    }

    private static double Loss(int step, Pixel phase) => 1 + Math.Sin(step + phase.Value);
}

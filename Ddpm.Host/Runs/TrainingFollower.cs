using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Host.Faults;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Runs;

/// <summary>
/// What a rank other than 0 does in a training run: it makes the same steps as <see cref="TrainingRun"/> on rank 0, which tells it the state to begin with as a
/// checkpoint, and before each step whether to go on. It needs no folder and writes nothing.
/// </summary>
internal static class TrainingFollower
{
    /// <summary>Trains until rank 0 ends the work.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="images">The training images.</param>
    /// <param name="heldOut">The test images, if the run measures its loss on them.</param>
    /// <param name="device">What computes here.</param>
    /// <param name="accumulate">In how many parts a GPU computes each batch.</param>
    public static Fin<Unit> Follow(RankGroup ranks, ImageSet images, Option<ImageSet> heldOut, Device device, int accumulate) =>
        ranks.Tell(() => default).Match(
            told => from file in Safetensors.Read(told)
                    from header in Checkpoint.Header(file)
                    from plan in TrainingConfig.Of(header.Options, images.Size, images.Channels, images.Classes).OrFailure()
                        .Bind(config => TrainingPlan.Of(config, images.Count).OrFailure())
                    from network in Checkpoint.Network(file, plan.Config.Model.Network, device)
                    from followed in use(network, mine => Steps(ranks, plan, mine, file, header.Progress.Step, images, heldOut, accumulate))
                    select followed,
            () => unit);

    private static Fin<Unit> Steps(
        RankGroup ranks, TrainingPlan plan, UNet network, SafetensorsFile file, int from, ImageSet images, Option<ImageSet> heldOut, int accumulate) =>
        Checkpoint.Load(file, network, from).Map(state =>
        {
            var executor = ComputeDevice.Executor(network, plan.Config.Precision);
            var held = heldOut.Map(test => (Plan: HeldOutPlan.Of(plan, test.Count), Images: test));
            using var trainer = new Trainer(
                network, plan.Config.Model, images, state, Replicas.For(network.Device), executor, update: null, accumulate, ranks);
            foreach (var (step, outcome) in trainer.Train(plan, from, CancellationToken.None, ahead: 1))
            {
                if (!outcome.IsFinite)
                {
                    break; // rank 0 sees it too, and ends the work
                }

                if ((step.Number + 1) % plan.Steps.PerEpoch == 0)
                {
                    held.Iter(test => trainer.HeldOutLoss(test.Plan, test.Images));
                }
            }

            return unit;
        });
}

using Ddpm.Gpu.Threads;
using Ddpm.Host.Runs;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>Training of two steps an epoch on eight images of 12×12, and the plan of twelve lines that samples from it.</summary>
internal static class TinyTraining
{
    public static ImageSet Images { get; } = ImagesOf(8);

    /// <summary>The options of the preset "standard": a constant learning rate and no moving average.</summary>
    public static TrainingOptions Standard { get; } = TrainingOptions.Of("standard", "fashion-mnist");

    /// <summary>So many images of 12×12, no two alike among the first 16 and none plain.</summary>
    public static ImageSet ImagesOf(int count) => ImageSet.Of(
        count, 12, 12, 1, Enumerable.Range(0, count * 144).Select(i => (byte)(37 * i)).ToArray(), Option<ReadOnlyMemory<byte>>.None).Valid();

    public static TrainingConfig Config(int epochs, string lossWeight = "uniform", int classes = 0) => TrainingConfig.Of(
        Standard with { Steps = 12, BatchSize = 4, Epochs = epochs, Limit = 8, LossWeight = lossWeight, Conditional = classes > 0 },
        ImageSize.Square(12), 1, classes).Valid();

    /// <summary>Trains on a processor, from the beginning, or from the last checkpoint where the folder has a receipt already.</summary>
    public static Fin<RunReceipt> Train(
        TrainingConfig config,
        RunFolder folder,
        Recording recording,
        int stepsAhead = 1,
        Action<TrainingEvent>? report = null,
        ImageSet? heldOut = null,
        long freeMemory = long.MaxValue,
        CancellationToken stop = default)
    {
        Directory.CreateDirectory(folder.Path);
        var receipt = File.Exists(folder.ReceiptPath)
            ? folder.Receipt().Valid()
            : new RunReceipt(
                config.Options, new("tiny", "", "", 8, ImageSize.Square(12), 1, HeldOut: heldOut is null ? null : new(heldOut.Count, "")),
                MachineReceipt.Here("cpu"), null, null, TrainingProgress.Start, false, recording);
        return TrainingRun.Open(
            TrainingPlan.Of(config, Images.Count).Valid(), Images, receipt,
            new(folder, CPU, new Replicas(1)) { StepsAhead = stepsAhead, FreeMemory = freeMemory },
            (_, _, _) => unit, report ?? (_ => { }), Optional(heldOut))
            .Bind(run => use(run, opened => opened.Train(stop)));
    }

    public static SamplingPlan Sampling(DiffusionModel model) =>
        new Ancestral(ReverseVariance.Beta).PlanOn(new(model.Schedule, model.Prediction, Timesteps.All(12), ClipSample: true));
}

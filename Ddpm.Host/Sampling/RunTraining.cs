using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Sampling;

/// <summary>Trains a run, with a grid of samples after some epochs, and samples from it at the end.</summary>
internal static class RunTraining
{
    private const int GridImages = 16;

    /// <summary>Trains a run to its end.</summary>
    /// <param name="start">What it starts from.</param>
    /// <param name="loaded">The data set.</param>
    /// <param name="test">Its test images, if the run measures its loss on them.</param>
    /// <param name="environment">Where it trains.</param>
    /// <param name="view">Shows progress and results.</param>
    /// <param name="stop">Ends training, which leaves a checkpoint.</param>
    /// <returns>The receipt of the finished run.</returns>
    public static Fin<RunReceipt> Train(
        RunStart start, LoadedDataSet loaded, Option<LoadedDataSet> test, TrainingEnvironment environment, IView view, CancellationToken stop)
    {
        var options = start.Options;
        var images = loaded.Images.Take(options.Limit ?? int.MaxValue);
        var data = ReceiptOf(loaded, images, test);
        var receipt = start.Receipt(data, MachineReceipt.Here(ComputeDevice.NameOf(environment.Device), environment.Accumulate));
        var gridRequest = SamplingRequest.Default with { Count = GridImages, BatchSize = GridImages, Seed = options.Seed };
        return from config in TrainingConfig.Of(options, images.Size, images.Channels, images.Classes).OrUsage()
               from plan in Outcomes.InOrder(() => start.CheckImages(loaded, images.Count), () => start.CheckHeldOut(test))
                   .Bind(_ => TrainingPlan.Of(config, images.Count).OrUsage())
               from grid in SampleJob.From(gridRequest, config.Model, config.Model.UsualSampling, data.ClassName)
               from finished in Fit(
                   plan, loaded, images, test.Map(held => held.Images), receipt, start.From.Map(given => given.Weights), environment, grid, view, stop)
               from sampled in SampleWriter.Write(
                   environment.Folder, environment.Device, SamplingRequest.Default, _ => Option<StartingPictures>.None, environment.Folder, RankMeeting.Alone,
                   view, stop)
               select finished;
    }

    /// <summary>What to record of the images.</summary>
    public static DataReceipt ReceiptOf(LoadedDataSet loaded, ImageSet images, Option<LoadedDataSet> test)
    {
        var names = loaded.Description.ClassNames;
        var published = DataSetDescription.Named(loaded.Description.Name).Match(known => known.ClassNames, _ => Arr<string>.Empty);
        return new(
            loaded.Description.Name, loaded.Origin, loaded.ImagesSha256, images.Count, images.Size, images.Channels,
            names == published ? null : [.. names], loaded.Background,
            test.Map(HeldOutReceipt.Of).MatchUnsafe(held => held, () => null));
    }

    private static Fin<RunReceipt> Fit(
        TrainingPlan plan, LoadedDataSet loaded, ImageSet images, Option<ImageSet> heldOut, RunReceipt receipt,
        Option<StartingWeights> weights, TrainingEnvironment environment, SampleJob grid, IView view, CancellationToken stop)
    {
        view.Line($"{loaded.Description.Title}: {Counted.Of(images.Count, "image")} of {images.Size}, {loaded.Origin}");
        ComputeDevice.Advice(environment.Device, plan.Config.Model.Network, plan.Config.Precision).Iter(view.Line);
        plan.Config.Model.Schedule.Remark.Iter(remark => view.Line($"warning: {remark}"));
        weights.Bind(given => given.Remark(plan.Config.Model.Network)).Iter(view.Line);
        using var bars = new TrainingBars(view);
        return TrainingRun.Open(plan, images, receipt, environment, SampleGrid, bars.Report, heldOut, weights)
            .Bind(run => use(run, opened => opened.Train(stop)));

        Fin<Unit> SampleGrid(UNet network, Tensor theta, int epoch)
        {
            using var bar = view.Bar($"sampling after epoch {epoch}");
            return new ImageSampler(new(network, theta), grid.PlainPlan).Sample(grid.Images, [], bar.Report, stop).Match(
                made => grid.Files.WriteGrid(environment.Folder, environment.Folder.SampleGridPath(epoch), grid.Files.LevelsOf(made[^1])),
                fault => fault == Errors.Cancelled ? unit : fault); // the training loop sees the cancellation itself, and leaves a checkpoint
        }
    }
}

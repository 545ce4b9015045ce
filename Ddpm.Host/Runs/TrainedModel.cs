using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Sampling;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Runs;

/// <summary>What a run has learnt, ready to sample with.</summary>
/// <param name="Network">The network.</param>
/// <param name="Theta">The weights to sample with; see <see cref="RunReceipt.Sampled"/>.</param>
/// <param name="Model">The model.</param>
/// <param name="Receipt">The run's receipt.</param>
/// <param name="Checkpoint">The checkpoint's name.</param>
/// <param name="Remark">What a person should know of the weights before pictures are made with them.</param>
internal sealed record TrainedModel(UNet Network, Tensor Theta, DiffusionModel Model, RunReceipt Receipt, string Checkpoint, Option<string> Remark)
{
    /// <summary>The worse network that guides it.</summary>
    public Option<TrainedNetwork> Guide { get; init; }

    /// <summary>The number format to sample with.</summary>
    public Precision Precision { get; init; }

    /// <summary>The processes that sample from it together.</summary>
    public RankGroup Ranks { get; init; } = RankGroup.Alone;

    /// <summary>The default way to sample it.</summary>
    public required SamplingOptions UsualSampling { get; init; }

    /// <summary>The plan of a number of evaluations that was fitted to it, or why there is none.</summary>
    public required Func<int?, Fin<LearntPlan>> Learnt { get; init; }

    /// <summary>The network with its weights and its guide.</summary>
    public TrainedNetwork Trained => new(Network, Theta, Guide) { Precision = Precision };

    /// <summary>What samples from it by a plan.</summary>
    public ImageSampler Sampler(SamplingPlan plan) => new(Trained, plan) { Ranks = Ranks };

    /// <summary>The checksum of the weights.</summary>
    public string WeightsSha256 => Gpu.Checkpoints.Checkpoint.WeightsSha256(Network, Theta);

    /// <summary>Says what a person should know of the machine and the weights.</summary>
    public Unit Warn(IView view)
    {
        ComputeDevice.Advice(Network.Device, Network.Config, Precision).Iter(view.Line);
        return Remark.Iter(view.Line);
    }

    /// <summary>Opens a run's model, does something with it, and gives its memory back. A checkpoint that is not the run's own is refused.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="guide">The name of the guide, or null for none, for the default way to sample; see <see cref="GuideChoice.Of"/>.</param>
    /// <param name="work">What to do.</param>
    public static Fin<T> Use<T>(RunFolder folder, Device device, Func<SamplingOptions, string?> guide, Func<TrainedModel, Fin<T>> work) =>
        Use(folder, device, model => guide(model.UsualSampling) is { } name
            ? GuideChoice.Of(folder, model.Receipt, name).Bind(choice => choice.Use(model, device, work))
            : work(model));

    /// <summary>The same without a guide.</summary>
    public static Fin<T> Use<T>(RunFolder folder, Device device, Func<TrainedModel, Fin<T>> work) =>
        from receipt in folder.Receipt()
        let name = receipt.Sampled
        from checkpoint in folder.ReadCheckpoint(name)
        from config in checkpoint.Header.Config.OrFailure().At(folder.Unusable(name!))
        from built in receipt.Owns(name!, checkpoint.Header, () => Gpu.Checkpoints.Checkpoint.WeightsSha256(checkpoint.File, config.Model.Network))
            .Bind(_ => Gpu.Checkpoints.Checkpoint.Network(checkpoint.File, config.Model.Network, device)).At(folder.Unusable(name!))
        from done in use(built, network =>
            from theta in Gpu.Checkpoints.Checkpoint.LoadWeights(checkpoint.File, network).At(folder.Unusable(name!))
            let model = receipt.ModelOf(config)
            from made in use(theta, weights => work(new(network, weights, model, receipt, name!, StateDict.Remark(checkpoint.File))
            {
                UsualSampling = GuideChoice.UsualSampling(folder, receipt, model),
                Learnt = evaluations => LearntPlanFile.Read(folder, evaluations).Bind(file =>
                    file.PlanFor(Gpu.Checkpoints.Checkpoint.WeightsSha256(network, weights), config.Model.Schedule.Steps)),
            }))
            select made)
        select done;
}

using Ddpm.Gpu.Sampling;
using Ddpm.Host.Faults;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Runs;

/// <summary>The worse network that guides a run (see <see cref="Pure.Diffusion.Guidance"/>): a checkpoint of the same run or another run.</summary>
/// <param name="Folder">The run that it comes from.</param>
/// <param name="Checkpoint">The checkpoint.</param>
internal sealed record GuideChoice(RunFolder Folder, string Checkpoint)
{
    /// <summary>
    /// The default way to sample a run: with the evaluations that it was distilled to, or guided by its own past if that suits the model, and the checkpoint is
    /// still there.
    /// </summary>
    public static SamplingOptions UsualSampling(RunFolder folder, RunReceipt receipt, DiffusionModel model) => receipt.Distilled is { } distilled
        ? distilled.Options.Sampling
        : Of(folder, receipt, Preset.PastGuide).Match(_ => model.UsualSamplingAfter(receipt.Options.Epochs), _ => model.UsualSampling);

    /// <summary>The guide of a run by its name: past, the number of an epoch, or another run.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="receipt">Its receipt.</param>
    /// <param name="name">The guide's name.</param>
    public static Fin<GuideChoice> Of(RunFolder folder, RunReceipt receipt, string name)
    {
        var preset = Choices.Presets.Find(receipt.Options.Preset).IfNone(Preset.Best);
        var epoch = name == Preset.PastGuide ? Some(preset.GuideEpoch(receipt.Options.Epochs)) : parseInt(name);
        return epoch.Match(
            number => OfEpoch(folder, receipt, number),
            () =>
            {
                var other = new RunFolder(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(folder.Path))!, name));
                return from receipt in other.Receipt().At($"--guide {name}")
                       from checkpoint in Optional(receipt.Sampled).ToFin(Error.New($"--guide {name}: the run in {other.Path} has no checkpoint yet"))
                       select new GuideChoice(other, checkpoint);
            });
    }

    /// <summary>Opens the guide and does something with it.</summary>
    /// <param name="model">The model that it guides.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="work">What to do.</param>
    public Fin<T> Use<T>(TrainedModel model, Device device, Func<TrainedModel, Fin<T>> work) =>
        from checkpoint in Folder.ReadCheckpoint(Checkpoint)
        from config in checkpoint.Header.Config.OrFailure().At(Folder.Unusable(Checkpoint))
        from built in CheckFit(model.Model, config.Model).Bind(_ => Gpu.Checkpoints.Checkpoint.Network(checkpoint.File, config.Model.Network, device))
            .At(Folder.Unusable(Checkpoint))
        from done in use(built, network =>
            from theta in Gpu.Checkpoints.Checkpoint.LoadWeights(checkpoint.File, network).At(Folder.Unusable(Checkpoint))
            from made in use(theta, weights => work(model with { Guide = new TrainedNetwork(network, weights) }))
            select made)
        select done;

    private static Fin<GuideChoice> OfEpoch(RunFolder folder, RunReceipt receipt, int epoch)
    {
        if (!receipt.IsTrained || epoch < 1 || epoch > receipt.Options.Epochs)
        {
            return Error.New(ExitCode.Usage, Invariant($"--guide {epoch}: the run in {folder.Path} has not trained {epoch} epochs"));
        }

        var name = RunFolder.CheckpointName(receipt.StepAfter(epoch));
        return File.Exists(folder.CheckpointPath(name))
            ? new GuideChoice(folder, name)
            : Error.New(ExitCode.Usage, Invariant($"--guide {epoch}: the checkpoint of the end of epoch {epoch} is missing ({folder.CheckpointPath(name)})"));
    }

    /// <summary>A guide answers the same question: what the network predicts, at which noise level, and for which images.</summary>
    private static Fin<Unit> CheckFit(DiffusionModel model, DiffusionModel guide)
    {
        var differences = Seq(
                ("prediction", model.Prediction == guide.Prediction),
                ("noise schedule", model.Schedule == guide.Schedule),
                ("image size", model.Network.ImageSize == guide.Network.ImageSize),
                ("number of channels", model.Network.ImageChannels == guide.Network.ImageChannels),
                ("number of classes", guide.Network.Classes == 0 || guide.Network.Classes == model.Network.Classes))
            .Filter(part => !part.Item2).Map(part => part.Item1);
        return Outcomes.Require(differences.IsEmpty, $"it cannot guide this run, because it has another {string.Join(" and another ", differences)}");
    }
}

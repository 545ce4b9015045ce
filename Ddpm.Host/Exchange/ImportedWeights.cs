using System.Security.Cryptography;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Faults;
using Ddpm.Host.Runs;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Exchange;

/// <summary>Weights that another program has trained.</summary>
/// <param name="Path">Their file.</param>
/// <param name="Bytes">What it holds: a state dict by PyTorch, or safetensors.</param>
internal sealed record ImportedWeights(string Path, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The image size if neither the weights nor a user tell it.</summary>
    public static ImageSize UsualSize { get; } = ImageSize.Square(28);

    /// <summary>Saves them as a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="options">What the file may not tell.</param>
    /// <param name="imageSize">Height and width of the images, if the weights do not tell.</param>
    /// <param name="namesData">Whether the user named the data set. If not, classes have numbers.</param>
    /// <param name="report">Gets remarks on the weights.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>The header of the run's checkpoint.</returns>
    public Fin<CheckpointHeader> Save(
        RunFolder folder, TrainingOptions options, ImageSize imageSize, bool namesData, Action<string> report, CancellationToken stop) =>
        from read in TorchFile.IsMeant(Bytes.Span) ? TorchFile.Read(Bytes) : Safetensors.Read(Bytes)
        from known in StateDict.Header(read, options, imageSize)
        from sound in TrainingConfig.CheckSchedule(known.Options).OrUsage() // its numbers are the user's, and their range can depend on the file's T
        from described in StateDict.Describe(read, options, imageSize)
        let header = WithPreset(described.Header)
        from config in header.Config.OrFailure()
        from built in Checkpoint.Network(described.Weights, config.Model.Network, CPU)
        from saved in use(built, network => Checkpoint.LoadWeights(described.Weights, network).Bind(theta =>
            stop.IsCancellationRequested ? Errors.Cancelled : Save(
                folder, header, network, theta, namesData, $"imported from {Path}, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(Bytes.Span))}")))
        select Reported(header, described.Remarks, report);

    /// <summary>With the preset of its network, which decides how samples are shown.</summary>
    private static CheckpointHeader WithPreset(CheckpointHeader header)
    {
        var preset = header.Options.Network == Preset.Original.Network ? "original" : "standard";
        return header with { Options = header.Options with { Preset = preset } };
    }

    /// <summary>Saves imported weights as a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="header">The header of the run's checkpoint.</param>
    /// <param name="network">The network.</param>
    /// <param name="theta">Its weights, which are given away.</param>
    /// <param name="namesData">Whether the user named the data set. If not, classes have numbers.</param>
    /// <param name="origin">Where the weights come from.</param>
    /// <param name="sampling">The default way to sample, if the weights came with one.</param>
    internal static Fin<Unit> Save(
        RunFolder folder, CheckpointHeader header, UNet network, Tensor theta, bool namesData, string origin, Option<SamplingReceipt> sampling = default)
    {
        using var state = new TrainingState(theta, zeros_like(theta), zeros_like(theta), 0);
        var name = RunFolder.CheckpointName(0);
        string[]? classes = namesData || header.Classes == 0 ? null : [.. Enumerable.Range(0, header.Classes).Select(label => Invariant($"{label}"))];
        var receipt = new RunReceipt(
            header.Options, new(header.Options.Dataset, origin, "", 0, header.ImageSize, header.ImageChannels, classes), MachineReceipt.Here("cpu"), name, null,
            TrainingProgress.Start, true, new(), Checkpoint.WeightsSha256(network, theta),
            Sampling: sampling.MatchUnsafe(known => known, () => null));
        return Outcomes.InOrder(
            folder.Create,
            () => folder.Write(folder.CheckpointPath(name), Safetensors.Write(Checkpoint.Save(header, network, state))),
            () => folder.Write(receipt));
    }

    private static CheckpointHeader Reported(CheckpointHeader header, Seq<string> remarks, Action<string> report)
    {
        remarks.Iter(report);
        return header;
    }
}

using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Options;
using LanguageExt;

namespace Ddpm.Host.Exchange;

/// <summary>Reads the weights that `train --from-weights` starts from: those that a run is sampled with, a checkpoint, or a file of another program.</summary>
internal static class WeightSource
{
    /// <summary>Reads weights, and the options that describe their model.</summary>
    /// <param name="source">A file, the folder of a run, or the name of a run.</param>
    /// <param name="root">The folder of named runs.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<(TrainingOptions Options, StartingWeights Weights)> Read(string source, string root, CancellationToken stop) =>
        (File.Exists(source) ? OfFile(source, stop) : OfRun(Folder(source, root))).At($"--from-weights {source}");

    private static RunFolder Folder(string source, string root)
    {
        var there = new RunFolder(source);
        return File.Exists(there.ReceiptPath) ? there : new(Path.Combine(root, source));
    }

    private static Fin<(TrainingOptions, StartingWeights)> OfRun(RunFolder folder) =>
        from receipt in folder.Receipt()
        from checkpoint in folder.ReadCheckpoint(receipt.Sampled)
        select Of(checkpoint.File, checkpoint.Header);

    private static Fin<(TrainingOptions, StartingWeights)> OfFile(string path, CancellationToken stop) =>
        from bytes in Folders.Read(path, stop)
        from file in TorchFile.IsMeant(bytes.Span) ? TorchFile.Read(bytes) : Safetensors.Read(bytes)
        from read in Checkpoint.IsOne(file)
            ? Checkpoint.Header(file).Bind(header => header.Config.OrFailure().Map(_ => Of(file, header)))
            : StateDict.Describe(file, TrainingOptions.Of("standard", new TrainingOptions().Dataset), ImportedWeights.UsualSize)
                .Map(described => (described.Header.Options, new StartingWeights(described.Weights, described.Header.Classes)))
        select read;

    private static (TrainingOptions, StartingWeights) Of(SafetensorsFile file, CheckpointHeader header) =>
        (header.Options, StartingWeights.Of(file, header.Classes));
}

using System.Security.Cryptography;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Networks;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`import`: weights that another program has trained become a run to sample from.</summary>
internal static class ImportCommand
{
    private const int UsualSize = 28;

    public static CommandLine.Command Create()
    {
        var defaults = new TrainingOptions();
        var command = new CommandLine.Command("import", "Make a run of weights that PyTorch, or anybody, has saved");
        CommandLine.Argument<string> file = new("FILE") { Description = "A state dict as torch.save writes it, or safetensors; nothing in it is executed" };
        var run = new RunOptions(command, "The run to make");
        CommandLine.Option<string> schedule = new("--schedule") { Description = $"Its noise schedule: {string.Join(", ", Choices.Schedules.Keys)}", DefaultValueFactory = _ => defaults.Schedule };
        CommandLine.Option<string> prediction = new("--prediction") { Description = $"What the network predicts: {string.Join(", ", Choices.Predictions.Keys)}", DefaultValueFactory = _ => defaults.Prediction };
        CommandLine.Option<int> steps = new("--steps") { Description = "T, where the file has no embedding of timesteps to tell it", DefaultValueFactory = _ => defaults.Steps };
        CommandLine.Option<int> size = new("--image-size") { Description = "Height and width of the images, where the weights do not tell them", DefaultValueFactory = _ => UsualSize };
        CommandLine.Option<string> dataset = new("--dataset") { Description = "What it was trained on, for evaluate and for sample --image test:N", DefaultValueFactory = _ => defaults.Dataset };
        command.Add(file);
        command.AddGroup("What the file does not tell", schedule, prediction, steps, size, dataset);

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from folder in run.Required(said)
            from free in File.Exists(folder.ReceiptPath) ? Error.New(ExitCode.Usage, $"there is a run in {folder.Path} already: choose another name") : FinSucc(unit)
            from known in DataSetDescription.Named(said.GetValue(dataset)!).Match(Fin<DataSetDescription>.Succ, fault => Error.New(ExitCode.Usage, fault.Message))
            let path = said.GetValue(file)!
            from bytes in Folders.Read(path, stop)
            from header in (from read in TorchFile.IsMeant(bytes.Span) ? TorchFile.Read(bytes) : Safetensors.Read(bytes)
                            from described in StateDict.Describe(
                                read, new() { Dataset = said.GetValue(dataset)!, Schedule = said.GetValue(schedule)!, Prediction = said.GetValue(prediction)!, Steps = said.GetValue(steps) },
                                said.GetValue(size))
                            let named = Named(described.Header)
                            from config in named.Config.OrFailure()
                            from built in Checkpoint.Network(described.Weights, config.Model.Network, CPU)
                            from done in use(built, network =>
                                from theta in Checkpoint.LoadWeights(described.Weights, network)
                                from going in stop.IsCancellationRequested ? FinFail<Unit>(Errors.Cancelled) : unit
                                from saved in Save(folder, named, network, theta, path, bytes, said.GetResult(dataset) is { Implicit: false })
                                select saved)
                            let told = described.Remarks.Iter(view.Line)
                            select named).At($"{path} cannot be imported")
            let shape = $"{header.ImageSize}×{header.ImageSize}×{header.ImageChannels}"
            select fun(() => view.Result($"wrote {folder.Path}, the {header.Options.Network} network for images of {shape}{Embedding(header)}: sample --run, evaluate and export take it"))()));
        return command.WithExample("model.pt --run imported");
    }

    /// <summary>Names a table that follows no formula.</summary>
    private static string Embedding(CheckpointHeader header) => header.Options.Embedding == Choices.EmbeddingAsInFile ? ", its embedding of timesteps as in the file" : "";

    /// <summary>With the preset that its network belongs to, so that samples are shown as that preset's are.</summary>
    private static CheckpointHeader Named(CheckpointHeader header) =>
        header with { Options = header.Options with { Preset = header.Options.Network == Preset.Original.Network ? "original" : "standard" } };

    /// <summary>Classes have numbers unless it was said what the network was trained on.</summary>
    private static Fin<Unit> Save(RunFolder folder, CheckpointHeader header, UNet network, Tensor theta, string path, ReadOnlyMemory<byte> bytes, bool namesData)
    {
        using var state = new TrainingState(theta, zeros_like(theta), zeros_like(theta), 0);
        var name = RunFolder.CheckpointName(0);
        var receipt = new RunReceipt(
            header.Options, new(header.Options.Dataset, $"imported from {path}, SHA-256 {Convert.ToHexStringLower(SHA256.HashData(bytes.Span))}", "", 0, header.ImageSize, header.ImageChannels,
                namesData || header.Classes == 0 ? null : [.. Enumerable.Range(0, header.Classes).Select(label => Invariant($"{label}"))]),
            MachineReceipt.Here("cpu"), name, null, TrainingProgress.Start, true, new(), Checkpoint.WeightsSha256(network, theta));
        return from _ in folder.Create()
               from __ in folder.Write(folder.CheckpointPath(name), Safetensors.Write(Checkpoint.Save(header, network, state)))
               from ___ in folder.Write(receipt)
               select unit;
    }
}

using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Exchange;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Validations;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`export`: a run's weights, or its whole network, for other programs.</summary>
internal static class ExportCommand
{
    /// <summary>The formats, and how a model is written in them.</summary>
    internal static readonly ChoiceTable<Func<TrainedModel, string, ReadOnlyMemory<byte>>> Formats = ChoiceTable.Of<Func<TrainedModel, string, ReadOnlyMemory<byte>>>(
        ("safetensors", (model, prefix) => Safetensors.Write(StateDict.Of(model.Network, model.Theta, prefix))),
        ("onnx", (model, _) => OnnxFile.Of(model.Network, model.Theta)));

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("export", "Write a run's weights, or its network, for other programs");
        var run = new RunOptions(command, "The run");
        CommandLine.Option<string> format = new("--format") { Description = "safetensors: the weights under PyTorch's names; onnx: the whole network", DefaultValueFactory = _ => "safetensors" };
        CommandLine.Option<string> prefix = new("--prefix") { Description = $"What comes before each name of safetensors, as {StateDict.Prefix} where the UNet is a member of another module", DefaultValueFactory = _ => "" };
        CommandLine.Option<string?> to = new("--to") { Description = "The file to write [default: model.safetensors or model.onnx in the run's folder]", HelpName = "FILE" };
        command.AddGroup("What is written", format, prefix, to);

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from folder in run.Required(said)
            from write in Formats.Find(said.GetValue(format)!).ToFin(Error.New(ExitCode.Usage, $"--format must be one of {string.Join(", ", Formats.Keys)}, got {said.GetValue(format)}"))
            let path = said.GetValue(to) ?? folder.Within($"model.{said.GetValue(format)}")
            from bytes in TrainedModel.Use(folder, CPU, model => FinSucc(write(model, said.GetValue(prefix)!)))
            from written in said.GetValue(to) is null ? folder.Write(path, bytes) : AtomicFile.Write(path, bytes, stop)
            select fun(() => view.Result($"wrote {path}"))()));
        return command.WithExample("--run clothes --format onnx");
    }
}

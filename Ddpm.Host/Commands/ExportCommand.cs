using Ddpm.Gpu.Checkpoints;
using Ddpm.Host.Exchange;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`export`: a run's weights, or its whole network, for other programs.</summary>
internal sealed class ExportCommand
{
    /// <summary>The formats, and how a model is written in them.</summary>
    internal static readonly ChoiceTable<Func<TrainedModel, string, ReadOnlyMemory<byte>>> Formats =
        ChoiceTable.Of<Func<TrainedModel, string, ReadOnlyMemory<byte>>>(
            ("safetensors", (model, prefix) => Safetensors.Write(StateDict.Of(model.Network, model.Theta, prefix))),
            ("onnx", (model, _) => OnnxFile.Of(model.Network, model.Theta, model.Model)));

    private readonly CommandLine.Command _command = new("export", "Export a run's weights, or its whole network, for other programs");
    private readonly RunOptions _run;

    private readonly CommandLine.Option<string> _format = new("--format")
    {
        Description = "safetensors: the weights under PyTorch's names; onnx: the whole network",
        DefaultValueFactory = _ => "safetensors",
    };

    private readonly CommandLine.Option<string> _prefix = new("--prefix")
    {
        Description = $"Prefix of each name in safetensors, such as {StateDict.Prefix} for a UNet inside another module",
        DefaultValueFactory = _ => "",
    };

    private readonly CommandLine.Option<string?> _to = new("--to")
    {
        Description = "The file to write [default: model.safetensors or model.onnx in the run's folder]",
        HelpName = "FILE",
    };

    private ExportCommand()
    {
        _run = new(_command, "The run to export");
        _command.AddGroup("Output", _format, _prefix, _to);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new ExportCommand()._command.WithExample("--run clothes --format onnx");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop)
    {
        var format = parsed.GetValue(_format)!;
        return from folder in _run.Required(parsed)
               from write in Formats.Find(format)
                   .ToFin(Error.New(ExitCode.Usage, $"--format must be one of {string.Join(", ", Formats.Keys)}, got {format}"))
               from made in TrainedModel.Use(
                   folder, CPU, model => FinSucc((Bytes: write(model, parsed.GetValue(_prefix)!), Remark: OnnxFile.Remark(model.Model))))
               from written in Write(parsed.GetValue(_to), folder, $"model.{format}", made.Bytes, view, stop)
               let said = format == "onnx" ? made.Remark.Iter(view.Line) : unit
               select written;
    }

    private static Fin<Unit> Write(string? to, RunFolder folder, string name, ReadOnlyMemory<byte> bytes, IView view, CancellationToken stop)
    {
        var path = to ?? folder.Within(name);
        return (to is null ? folder.Write(path, bytes) : AtomicFile.Write(path, bytes, stop)).Do(_ => view.Result($"wrote {path}"));
    }
}

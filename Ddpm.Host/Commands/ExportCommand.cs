using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Pretrained;
using Ddpm.Host.Exchange;
using Ddpm.Host.Faults;
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
    /// <summary>The formats.</summary>
    internal static readonly ChoiceTable<ExportFormat> Formats = ChoiceTable.Of<ExportFormat>(
        ("safetensors", new ExportFormat.OneFile("model.safetensors", (model, prefix) => Safetensors.Write(StateDict.Of(model.Network, model.Theta, prefix)))),
        ("onnx", new ExportFormat.OneFile("model.onnx", (model, _) => OnnxFile.Of(model.Network, model.Theta, model.Model))),
        ("html", new ExportFormat.Page("model.html")),
        ("diffusers", new ExportFormat.Diffusers("diffusers")),
        ("run", new ExportFormat.Run("shared")));

    /// <summary>How a page may store weights.</summary>
    internal static readonly ChoiceTable<PageWeights> WeightTypes = ChoiceTable.Of(("float32", PageWeights.Float32), ("float16", PageWeights.Float16));

    private readonly CommandLine.Command _command = new("export", "Export a run's weights, or its whole network, for other programs");
    private readonly PretrainedOption _pretrained = new("Make a run of this model and export it");
    private readonly RunOptions _run;

    private readonly CommandLine.Option<string> _format = new("--format")
    {
        Description = "safetensors: the weights under PyTorch's names; onnx: the whole network; html: a page that makes pictures; "
            + "diffusers: the folder of a network unet; run: a run's folder without the state of training",
        DefaultValueFactory = _ => "safetensors",
    };

    private readonly CommandLine.Option<string> _prefix = new("--prefix")
    {
        Description = $"Prefix of each name in safetensors, such as {StateDict.Prefix} for a UNet inside another module",
        DefaultValueFactory = _ => "",
    };

    private readonly CommandLine.Option<string> _weights = new("--weights")
    {
        Description = "How a page stores weights: float32, or float16 in half the space",
        DefaultValueFactory = _ => "float32",
    };

    private readonly CommandLine.Option<string?> _to = new("--to")
    {
        Description = "The file or folder to write [default: model.safetensors, model.onnx, model.html or the folder diffusers or shared in the run's folder]",
        HelpName = "PATH",
    };

    private ExportCommand()
    {
        _run = new(_command, "The run to export", _pretrained.Option);
        _command.AddGroup("Output", _format, _prefix, _weights, _to);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new ExportCommand()._command.WithExample("--run clothes --format onnx");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop)
    {
        var format = parsed.GetValue(_format)!;
        return from pretrained in _pretrained.Model(parsed, PretrainedModel.Usual)
               from folder in pretrained.Match(model => _run.Of(model, parsed), () => _run.Required(parsed))
               from known in Formats.Find(format)
                   .ToFin(Error.New(ExitCode.Usage, $"--format must be one of {string.Join(", ", Formats.Keys)}, got {format}"))
               from weights in WeightTypes.Find("--weights", parsed.GetValue(_weights)!).OrUsage()
               let setting = new ExportSetting(parsed.GetValue(_prefix)!, weights)
               from remark in TrainedModel.Use(
                   folder, CPU, model => known.Write(folder, model, setting, parsed.GetValue(_to), stop)
                       .Map(path => (Path: path, Remark: OnnxFile.Remark(model.Model)))).Do(written => view.Result($"wrote {written.Path}"))
               let said = format == "onnx" ? remark.Remark.Iter(view.Line) : unit
               select said;
    }
}

using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Pretrained;
using Ddpm.Host.Exchange;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`import`: weights from another program become a run to sample from.</summary>
internal sealed class ImportCommand
{
    private const string Missing = "Not stored in the file", Uses = "sample --run, evaluate and export can use it";

    private static readonly TrainingOptions Defaults = TrainingOptions.Of("standard", new TrainingOptions().Dataset);

    private readonly CommandLine.Command _command = new("import", "Import weights saved by PyTorch or as safetensors, or a model that comes with the program");

    private readonly CommandLine.Argument<string?> _file = new("FILE")
    {
        Description = "A state dict saved with torch.save, or safetensors, or a folder of diffusers' UNet2DModel; code in a file never runs",
        Arity = CommandLine.ArgumentArity.ZeroOrOne,
    };

    private readonly PretrainedOption _pretrained = new("Import this model instead of a file");
    private readonly RunOptions _run;

    private readonly DiffusionOptions _diffusion;

    private readonly ImageSizeOption _size = new(
        $"Height and width of the images, if the file does not imply them [default: {ImportedWeights.UsualSize.Height}]");

    private readonly CommandLine.Option<string> _dataset = new("--dataset")
    {
        Description = "The data set of the training; evaluate and sample --image test:N read it",
        DefaultValueFactory = _ => Defaults.Dataset,
    };

    private ImportCommand()
    {
        _command.Add(_file);
        _run = new(_command, "The run to create", _pretrained.Option);
        _diffusion = DiffusionOptions.OfBoth(
            _command, Missing, (nameof(TrainingOptions.Steps), "T, the steps of the noise schedule, if the file has no timestep embedding"));
        _command.AddGroup(Missing, _size.Option, _dataset);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new ImportCommand()._command.WithExample("model.pt --run imported");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop) =>
        from pretrained in _pretrained.Model(parsed, PretrainedModel.Usual)
        from done in (pretrained.Case, parsed.GetValue(_file)) switch
        {
            (PretrainedModel model, null) => Import(model, parsed, view),
            (null, { } path) => Import(path, parsed, view, stop),
            _ => Error.New(ExitCode.Usage, "what to import? Give either a FILE or --pretrained"),
        }
        select done;

    private Fin<Unit> Import(PretrainedModel model, CommandLine.ParseResult parsed, IView view) =>
        from folder in _run.Required(parsed)
        from unused in CheckUnused(folder)
        from made in SharedRun.Of(model).Write(folder).Do(_ => view.Result($"wrote {folder.Path}, the pretrained {model.Name}: {Uses}"))
        select made;

    private Fin<Unit> Import(string path, CommandLine.ParseResult parsed, IView view, CancellationToken stop)
    {
        var (dataset, size) = (parsed.GetValue(_dataset)!, _size.Of(parsed));
        var options = _diffusion.Parsed(parsed, Defaults with { Dataset = dataset });
        return from folder in _run.Required(parsed)
               from diffusion in (
                       NoiseSchedule.Families.Find("schedule", options.Schedule), TrainingConfig.PredictionOf(options), TrainingConfig.CheckOwners(options))
                   .Apply((_, _, _) => unit).OrUsage()
               from free in Outcomes.InOrder(
                   () => CheckUnused(folder),
                   () => DataSetDescription.Named(dataset).Match(_ => unit, fault => FinFail<Unit>(Error.New(ExitCode.Usage, fault.Message))))
               from header in Directory.Exists(path)
                   ? new DiffusersFolder(path).Save(folder, options, size, parsed.IsGiven(_dataset), view.Line, stop)
                   : Folders.Read(path, stop).Bind(bytes => new ImportedWeights(path, bytes)
                       .Save(folder, options, size.IfNone(ImportedWeights.UsualSize), parsed.IsGiven(_dataset), view.Line, stop)
                       .At($"{path} cannot be imported"))
               select Report(header, folder, view);
    }

    private static Fin<Unit> CheckUnused(RunFolder folder) =>
        Outcomes.Require(!File.Exists(folder.ReceiptPath), $"there is a run in {folder.Path} already: choose another name");

    private static Unit Report(CheckpointHeader header, RunFolder folder, IView view)
    {
        var shape = $"{header.ImageSize}×{header.ImageChannels}";
        var embedding = header.Options.Embedding == Choices.EmbeddingAsInFile ? ", its timestep embedding as in the file" : "";
        view.Result(
            $"wrote {folder.Path}, the {header.Options.Network} network for images of {shape}{embedding}: {Uses}");
        return unit;
    }
}

using Ddpm.Host.Evaluation;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Pure.Data;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`evaluate train-classifier`: the classifier whose features measure distances.</summary>
internal sealed class EvaluateClassifierCommand
{
    private static readonly ClassifierRecipe Defaults = new();

    private readonly CommandLine.Command _command = new("train-classifier", "Train the small classifier whose features evaluate compares");
    private readonly DataOptions _data;
    private readonly MachineOptions _machine;
    private readonly CommandLine.Option<int> _epochs = new("--epochs") { Description = "Passes over the images", DefaultValueFactory = _ => Defaults.Epochs };

    private readonly CommandLine.Option<int> _limit = new("--limit")
    {
        Description = "Train on the first N images only",
        DefaultValueFactory = _ => int.MaxValue,
    };

    private readonly CommandLine.Option<ulong> _seed = new("--seed")
    {
        Description = "The seed of the initial weights, the order of the images and their augmentation",
        DefaultValueFactory = _ => Defaults.Seed,
    };

    private readonly CommandLine.Option<string> _to = new("--to")
    {
        Description = "The file to write",
        DefaultValueFactory = _ => "classifier.safetensors",
        HelpName = "FILE",
    };

    private EvaluateClassifierCommand()
    {
        _data = new(_command);
        _machine = new(_command);
        _command.AddGroup("Training", _epochs, _limit, _seed, _to);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new EvaluateClassifierCommand()._command.WithExample("--to fashion-mnist.safetensors");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop)
    {
        var path = parsed.GetValue(_to)!;
        var dataset = _data.Dataset(parsed).IfNone(new TrainingOptions().Dataset);
        return from recipe in Recipe(parsed)
               from device in CreateFolderOf(path).Bind(_ => _machine.Prepare(parsed))
               from train in _data.Load(parsed, dataset, view, stop)
               from test in _data.Load(parsed, dataset, view, stop, DataSplit.Test)
               from written in EvaluationClassifier.Write(recipe, train, test, parsed.GetValue(_limit), path, device, view, stop)
               select written;
    }

    private Fin<ClassifierRecipe> Recipe(CommandLine.ParseResult parsed) => (
            (Defaults with { Epochs = parsed.GetValue(_epochs), Seed = parsed.GetValue(_seed) }).Checked(),
            Check.AtLeast("--limit", parsed.GetValue(_limit), 1))
        .Apply((recipe, _) => recipe).OrUsage();

    private static Fin<Unit> CreateFolderOf(string path) => Directory.Exists(path)
        ? Error.New(ExitCode.Usage, $"--to must be a file, but {path} is a folder")
        : Folders.Create(Path.GetDirectoryName(Path.GetFullPath(path))!);
}

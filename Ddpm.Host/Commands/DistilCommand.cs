using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Options;
using LanguageExt;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`distil`: from a trained run to one that makes images in one or two evaluations.</summary>
internal sealed class DistilCommand
{
    private static readonly DistillationOptions Defaults = new();

    private readonly CommandLine.Command _command = new("distil", "Make a new run that samples in one or two evaluations, taught by a trained run");
    private readonly RunOptions _run;
    private readonly MachineOptions _machine;

    private readonly CommandLine.Option<string?> _to = new("--to-run")
    {
        Description = "The run to create, beside the one that teaches [default: NAME-distilled]",
        HelpName = "NAME",
    };

    private readonly CommandLine.Option<int> _images = Number("--images", "How many images the new network makes while it learns", Defaults.Images);

    private readonly CommandLine.Option<int> _batch = Number("--batch-size", "Images per step", Defaults.BatchSize);

    private readonly CommandLine.Option<int> _evaluations = Number("--evaluations", "The evaluations to learn; fewer work too", Defaults.Evaluations);

    private readonly CommandLine.Option<double> _rate = Number("--learning-rate", "The new network's highest learning rate", Defaults.LearningRate);

    private readonly CommandLine.Option<double> _criticRate =
        Number("--critic-learning-rate", "The critic's highest learning rate", Defaults.CriticLearningRate);

    private readonly CommandLine.Option<ulong> _seed = Number("--seed", "The seed of every random number", Defaults.Seed);

    private DistilCommand()
    {
        _run = new(_command, "The run that teaches");
        _machine = new(_command);
        _command.AddGroup("Distillation", _to, _images, _batch, _evaluations, _rate, _criticRate, _seed);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new DistilCommand()._command.WithExample("--run clothes");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop) =>
        from source in _run.Required(parsed)
        from target in Target(parsed, source)
        from device in _machine.Prepare(parsed)
        from distilled in new DistillationRun(source, target, OptionsOf(parsed)).Write(device, view, stop).Do(_ => view.Result($"wrote {target.Path}"))
        from sampled in SampleWriter.Write(target, device, SamplingRequest.Default, _ => Option<StartingPictures>.None, target, RankMeeting.Alone, view, stop)
        select sampled;

    private Fin<RunFolder> Target(CommandLine.ParseResult parsed, RunFolder source)
    {
        var there = Path.TrimEndingDirectorySeparator(Path.GetRelativePath(".", source.Path));
        var name = parsed.GetValue(_to) ?? $"{Path.GetFileName(Path.GetFullPath(there))}-distilled";
        return RunOptions.CheckName("--to-run", name, "must be a plain name without a path")
            .Map(valid => new RunFolder(Path.Combine(Path.GetDirectoryName(there) ?? "", valid)));
    }

    private DistillationOptions OptionsOf(CommandLine.ParseResult parsed) => Defaults with
    {
        Images = parsed.GetValue(_images),
        BatchSize = parsed.GetValue(_batch),
        Evaluations = parsed.GetValue(_evaluations),
        LearningRate = parsed.GetValue(_rate),
        CriticLearningRate = parsed.GetValue(_criticRate),
        Seed = parsed.GetValue(_seed),
    };

    private static CommandLine.Option<T> Number<T>(string name, string description, T usual) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };
}

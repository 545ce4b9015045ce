using Ddpm.Host.Evaluation;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`train-plan`: a sampling plan of few evaluations, fitted to a trained run.</summary>
internal sealed class TrainPlanCommand
{
    private const int FewestImages = 16, MostEvaluations = 50;

    private readonly CommandLine.Command _command = new("train-plan", "Fit a sampling plan of few network evaluations to a trained run");
    private readonly RunOptions _run;
    private readonly DataOptions _data;
    private readonly MachineOptions _machine;

    private readonly CommandLine.Option<int> _evaluations = new("--evaluations")
    {
        Description = "Network evaluations per image, the guide's included",
        DefaultValueFactory = _ => 5,
    };

    private readonly CommandLine.Option<int> _guided = new("--guided-lines")
    {
        Description = "How many of the last lines ask the guide too; each of them costs two evaluations",
        DefaultValueFactory = _ => 0,
    };

    private readonly CommandLine.Option<string?> _guide = new("--guide")
    {
        Description = "The worse network: past (this run early in training), N (after epoch N) or another run [default: past]",
        HelpName = "GUIDE",
    };

    private readonly CommandLine.Option<string> _classifier = new("--classifier")
    {
        Description = "Judge candidates by features of this classifier; train one with evaluate train-classifier and another seed",
        Required = true,
        HelpName = "FILE",
    };

    private readonly CommandLine.Option<int> _images = new("--images")
    {
        Description = "How many images judge each candidate",
        DefaultValueFactory = _ => 512,
    };

    private readonly CommandLine.Option<int> _tries = new("--tries")
    {
        Description = "How many candidates to judge",
        DefaultValueFactory = _ => 400,
    };

    private readonly CommandLine.Option<ulong?> _seed = new("--seed")
    {
        Description = "The seed of the noise and of the search [default: the run's]",
    };

    private TrainPlanCommand()
    {
        _run = new(_command, "The run to fit a plan to");
        _data = new(_command);
        _machine = new(_command);
        _command.AddGroup("Plan", _evaluations, _guided, _guide);
        _command.AddGroup("Search", _classifier, _images, _tries, _seed);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new TrainPlanCommand()._command.WithExample("--run clothes --evaluations 5 --classifier other.safetensors");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop) =>
        from folder in _run.Required(parsed)
        from request in Request(parsed).OrUsage()
        from device in _machine.Prepare(parsed)
        from written in TrainedModel.Use(folder, device, _ => request.Guide, model =>
            from train in _data.LoadOf(parsed, model.Receipt, view, stop).Do(_ => model.Warn(view))
            from source in FeatureSource.Open(None, None, parsed.GetValue(_classifier)!, train, device, stop)
            from made in use(source, features => new PlanTraining(model, features, train, request).Write(folder, view, stop))
            select made)
        select written;

    private Validation<Error, PlanRequest> Request(CommandLine.ParseResult parsed)
    {
        var (evaluations, guided) = (parsed.GetValue(_evaluations), parsed.GetValue(_guided));
        return (
                Check.That(
                    "--evaluations", evaluations, evaluations is >= 2 and <= MostEvaluations, Invariant($"must lie in [2, {MostEvaluations}]")),
                Check.That(
                    "--guided-lines", guided, guided >= 0 && (evaluations < 2 || 2 * guided <= evaluations), "must be from 0 to half of --evaluations"),
                Check.AtLeast("--images", parsed.GetValue(_images), FewestImages),
                Check.AtLeast("--tries", parsed.GetValue(_tries), 1))
            .Apply((_, _, images, tries) => new PlanRequest(
                evaluations, guided, guided == 0 ? null : parsed.GetValue(_guide) ?? Pure.Options.Preset.PastGuide, images, tries, parsed.GetValue(_seed)));
    }
}

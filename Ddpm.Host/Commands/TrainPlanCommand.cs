using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`train-plan`: a sampling plan of few evaluations, fitted to a trained run.</summary>
internal sealed class TrainPlanCommand
{
    private const int FewestImages = 16, Most = LearntPlanFile.MostEvaluations;

    private readonly CommandLine.Command _command = new("train-plan", "Fit a sampling plan of few network evaluations to a trained run");
    private readonly RunOptions _run;
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

    private readonly CommandLine.Option<int> _images = new("--images")
    {
        Description = "How many long samples each candidate is compared with",
        DefaultValueFactory = _ => 256,
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
        _machine = new(_command);
        _command.AddGroup("Plan", _evaluations, _guided, _guide);
        _command.AddGroup("Search", _images, _tries, _seed);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new TrainPlanCommand()._command.WithExample("--run clothes --evaluations 5");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop) =>
        from folder in _run.Required(parsed)
        from request in Request(parsed).OrUsage()
        from device in _machine.Prepare(parsed)
        from written in TrainedModel.Use(folder, device, _ => request.Guide, model =>
        {
            model.Warn(view);
            return new PlanTraining(model, request).Write(folder, view, stop);
        })
        select written;

    private Validation<Error, PlanRequest> Request(CommandLine.ParseResult parsed)
    {
        var (evaluations, guided) = (parsed.GetValue(_evaluations), parsed.GetValue(_guided));
        return (
                Check.That(
                    "--evaluations", evaluations, evaluations is >= 2 and <= Most, Invariant($"must lie in [2, {Most}]")),
                Check.That(
                    "--guided-lines", guided, guided >= 0 && (evaluations < 2 || 2 * guided <= evaluations), "must be from 0 to half of --evaluations"),
                Check.AtLeast("--images", parsed.GetValue(_images), FewestImages),
                Check.AtLeast("--tries", parsed.GetValue(_tries), 1))
            .Apply((_, _, images, tries) => new PlanRequest(
                evaluations, guided, guided == 0 ? null : parsed.GetValue(_guide) ?? Pure.Options.Preset.PastGuide, images, tries, parsed.GetValue(_seed)));
    }
}

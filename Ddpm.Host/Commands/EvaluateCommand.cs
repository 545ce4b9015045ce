using Ddpm.Host.Data;
using Ddpm.Host.Evaluation;
using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Options;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`evaluate`: how close generated images are to real ones. EVALUATION.md is its protocol.</summary>
internal sealed class EvaluateCommand
{
    private const int UsualBoundImages = 256;

    private readonly CommandLine.Command _command = new("evaluate", "Measure how close a run's samples, or given images, are to real images");
    private readonly RunOptions _run;
    private readonly SamplerOptions _sampler;
    private readonly DataOptions _data;
    private readonly MachineOptions _machine;
    private readonly JudgingOptions _judging;

    private readonly CommandLine.Option<string?> _images = new("--images")
    {
        Description = "Evaluate these images instead of a run's samples: bytes, N×H×W or N×H×W×C",
        HelpName = "NPY",
    };

    private readonly CommandLine.Option<string?> _labels = new("--labels")
    {
        Description = "The classes of --images, N integers; adds the classification accuracy score",
        HelpName = "NPY",
    };

    private readonly CommandLine.Option<int> _boundImages = new("--bound-images")
    {
        Description = "Measure bits per dimension on this many test images, if the schedule is a Markov chain; 0 skips it",
        DefaultValueFactory = _ => UsualBoundImages,
    };

    private readonly CommandLine.Option<string?> _to = new("--to")
    {
        Description = "The folder for evaluation.json and neighbours.png [default: the run's]",
        HelpName = "DIR",
    };

    private EvaluateCommand()
    {
        _run = new(_command, "The run to evaluate");
        _sampler = new(_command, withNetwork: true);
        _data = new(_command);
        _machine = new(_command, samples: true);
        _judging = new(_command);
        _command.AddGroup("Measurement", _images, _labels, _boundImages, _to);
        _command.Add(EvaluateClassifierCommand.Create());
        _command.Add(EvaluateStepsCommand.Create());
        _command.SetAction(parsed => Session.RunTogether(
            parsed, (ranks, view, stop) => RankMeeting.Once(ranks, meeting => Run(parsed, meeting, view, stop))));
    }

    public static CommandLine.Command Create() => new EvaluateCommand()._command.WithExample("--run clothes --sampler unipc-2 --sampling-steps 20");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, RankMeeting meeting, IView view, CancellationToken stop) =>
        from named in _run.Named(parsed)
        from given in Given(parsed, named.IsSome, stop)
        from device in CheckNumbers(parsed).Bind(_ => CheckSampling(parsed, given.IsSome)).Bind(_ => _machine.Prepare(parsed))
            .Do(device => meeting.Facts = () => CommonFacts.Of(parsed, device))
        let target = new RunFolder(parsed.GetValue(_to) ?? named.Match(folder => folder.Path, () => "."))
        from written in given.Match(
            images => !meeting.Ranks.Leads
                ? unit // images in a file need no sampling
                : Write(parsed, EvaluationSubject.Of(images, (split, shape) => Load(parsed, split, shape, view, stop)), target, device, view, stop),
            () => _run.Required(parsed).Bind(folder => WriteRun(parsed, folder, target, device, meeting, view, stop)))
        select written;

    private Fin<Unit> WriteRun(
        CommandLine.ParseResult parsed, RunFolder folder, RunFolder target, Device device, RankMeeting meeting, IView view, CancellationToken stop)
    {
        var request = _judging.Request(parsed, usual => _sampler.Parsed(parsed, usual)) with { Precision = _machine.Precision(parsed) };
        return TrainedModel.Use(folder, device, request.GuideIn(folder), model =>
        {
            if (!meeting.Ranks.Leads)
            {
                return EvaluationSubject.Follow(model, request, meeting, view, stop);
            }

            var subject = EvaluationSubject.Of(
                folder, model, request, split => _data.LoadOf(parsed, model.Receipt, view, stop, split), parsed.GetValue(_boundImages), meeting, view,
                stop);
            return subject.Bind(samples => Write(parsed, samples, target, device, view, stop));
        });
    }

    private Fin<Unit> Write(CommandLine.ParseResult parsed, EvaluationSubject subject, RunFolder target, Device device, IView view, CancellationToken stop) =>
        EvaluationWriter.Write(subject, train => _judging.Features(parsed, train, device, stop), target, device, view, stop);

    private Fin<LoadedDataSet> Load(CommandLine.ParseResult parsed, DataSplit split, PictureShape shape, IView view, CancellationToken stop) =>
        _data.Load(parsed, _data.Dataset(parsed).IfNone(new TrainingOptions().Dataset), view, split, shape, stop);

    /// <summary>The images that the user named instead of a run.</summary>
    private Fin<LanguageExt.Option<GivenImages>> Given(CommandLine.ParseResult parsed, bool namesRun, CancellationToken stop) =>
        (parsed.GetValue(_images), parsed.GetValue(_labels), namesRun) switch
        {
            (null, null, true) => LanguageExt.Option<GivenImages>.None,
            (null, not null, _) => Error.New(ExitCode.Usage, "--labels needs images: name them with --images"),
            ({ } images, var labels, false) => GivenImages.Read(images, Optional(labels), stop).Map(Some),
            _ => Error.New(ExitCode.Usage, "what should be evaluated? Give either --run NAME or --images FILE.npy"),
        };

    private Fin<Unit> CheckNumbers(CommandLine.ParseResult parsed)
    {
        var count = parsed.GetValue(_boundImages);
        return (
                _judging.Count(parsed),
                Check.That("--bound-images", count, count is 0 or >= 2, "must be 0, or at least 2 to estimate the error"))
            .Apply((_, _) => unit).OrUsage();
    }

    /// <summary>No sampler makes the images of a file.</summary>
    private Fin<Unit> CheckSampling(CommandLine.ParseResult parsed, bool hasImages)
    {
        var sampling = hasImages ? parsed.Given([.. _sampler.All, .. _judging.OfSamples, _machine.OfSamples, _boundImages]) : [];
        return Outcomes.Require(
            sampling.IsEmpty, $"--images are evaluated unchanged: leave out {string.Join(" and ", sampling)}, which change how a run is sampled");
    }
}

using Ddpm.Host.Evaluation;
using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Pure.Data;
using Ddpm.Pure.Sampling;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`evaluate steps`: how many evaluations of the network each sampler needs.</summary>
internal sealed class EvaluateStepsCommand
{
    private readonly CommandLine.Command _command = new("steps", "Compare samplers at several numbers of network evaluations; keeps earlier measurements");
    private readonly RunOptions _run;
    private readonly DataOptions _data;
    private readonly MachineOptions _machine;
    private readonly JudgingOptions _judging;

    private readonly CommandLine.Option<string[]> _samplers = new("--samplers")
    {
        Description = "The samplers, each as NAME (with trailing spacing) or NAME:SPACING "
            + $"[default: {string.Join(" ", FewStepsRequest.DefaultSamplers)}]",
        AllowMultipleArgumentsPerToken = true,
        HelpName = "NAMES",
    };

    private readonly CommandLine.Option<int[]> _evaluations = new("--evaluations")
    {
        Description = $"Numbers of network evaluations per image [default: {string.Join(" ", FewStepsRequest.DefaultEvaluations)}]",
        AllowMultipleArgumentsPerToken = true,
        HelpName = "NUMBERS",
    };

    private readonly GuidanceOptions _guidance = new(withNetwork: true);

    private readonly CommandLine.Option<string?> _to = new("--to")
    {
        Description = "The folder for few-steps.json and few-steps.svg [default: the run's]",
        HelpName = "DIR",
    };

    private EvaluateStepsCommand()
    {
        _run = new(_command, "The run to sample from");
        _data = new(_command);
        _machine = new(_command);
        _judging = new(_command);
        _command.AddGroup("Guidance", [.. _guidance.Usual, .. _guidance.Detailed]);
        _command.AddGroup("Measurement", _samplers, _evaluations, _to);
        _command.SetAction(parsed => Session.RunTogether(
            parsed, (ranks, view, stop) => RankMeeting.Once(ranks, meeting => Run(parsed, meeting, view, stop))));
    }

    public static CommandLine.Command Create() =>
        new EvaluateStepsCommand()._command.WithExample("--run clothes --samplers unipc-2 ddim --evaluations 10 20");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, RankMeeting meeting, IView view, CancellationToken stop) =>
        from folder in _run.Required(parsed)
        from count in _judging.Count(parsed).OrUsage()
        from device in _machine.Prepare(parsed).Do(device => meeting.Facts = () => CommonFacts.Of(parsed, device))
        from written in TrainedModel.Use(
            folder, device, _ => Guided(parsed).Guide, model => Measure(parsed, model, count, folder, device, meeting, view, stop))
        select written;

    private SamplingOptions Guided(CommandLine.ParseResult parsed) => _guidance.Parsed(parsed, new());

    private Fin<Unit> Measure(
        CommandLine.ParseResult parsed, TrainedModel model, int count, RunFolder folder, Device device, RankMeeting meeting, IView view,
        CancellationToken stop)
    {
        model.Warn(view);
        var shape = new PictureShape(model.Network.Config.ImageSize, model.Network.Config.ImageChannels);
        var target = new RunFolder(parsed.GetValue(_to) ?? folder.Path);
        var (samplers, evaluations) = (parsed.GetValue(_samplers).ToArr(), parsed.GetValue(_evaluations).ToArr());
        var all = FewStepsRequest.All(model, samplers, evaluations, _judging.Request(parsed, _ => Guided(parsed)));
        if (!meeting.Ranks.Leads)
        {
            return all.Bind(requests => FewStepsMeasurement.Follow(model, requests, meeting, view, stop));
        }

        return from requests in all
               from train in _data.LoadOf(parsed, model.Receipt, view, stop)
               from test in _data.LoadOf(parsed, model.Receipt, view, stop, DataSplit.Test)
               from features in Comparison.CheckFit(Seq(train, test), shape, "the run's images").Bind(_ => _judging.Features(parsed, train, device, stop))
               from written in use(features, source => Comparison.With(source, train, test, count, view, stop)
                   .Bind(comparison => FewStepsMeasurement.Write(model, comparison, requests, folder, target, meeting, view, stop)))
               select written;
    }
}

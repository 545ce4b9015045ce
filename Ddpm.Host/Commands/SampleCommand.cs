using Ddpm.Gpu.Pretrained;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Ranks;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`sample`: images from a trained run.</summary>
internal sealed class SampleCommand
{
    private static readonly SamplingRequest Defaults = SamplingRequest.Default;

    private readonly CommandLine.Command _command = new("sample", "Generate images with a trained run, or with a model that comes with the program");
    private readonly RunOptions _run;
    private readonly PretrainedOption _pretrained = new("Make a run of this model and sample from it");
    private readonly SamplerOptions _sampler;
    private readonly PictureOptions _pictures;
    private readonly MachineOptions _machine;

    private readonly CommandLine.Option<int> _first = new("--first")
    {
        Description = "The number of the first image; --first 100 continues after a first hundred",
        DefaultValueFactory = _ => Defaults.First,
    };

    private readonly CommandLine.Option<int> _count = new("--count") { Description = "How many images", DefaultValueFactory = _ => Defaults.Count };

    private readonly CommandLine.Option<ulong> _seed = new("--seed")
    {
        Description = "The seed of the noise; the same seed gives the same images",
        DefaultValueFactory = _ => Defaults.Seed,
    };

    private readonly CommandLine.Option<string?> _class = new("--class")
    {
        Description = "Images of this class only, by name or number [default: all classes in turn, one row each]",
        HelpName = "CLASS",
    };

    private readonly CommandLine.Option<double[]> _sweep = new("--guidance-sweep")
    {
        Description = "Write only guidance.png: the same images at each of these guidance scales",
        AllowMultipleArgumentsPerToken = true,
        HelpName = "SCALES",
    };

    private readonly CommandLine.Option<bool?> _clip = new("--clip")
    {
        Description = "Clip each estimate of the image to [-1, 1] [default: true; false for original or inversion]",
    };

    private readonly CommandLine.Option<string?> _scale = new("--scale")
    {
        Description = "How to map values to pixels: fixed ([-1, 1]) or stretch (each image's range) [default: fixed; stretch for original]",
    };

    private readonly CommandLine.Option<int> _batch = new("--batch-size")
    {
        Description = "How many images to compute at a time; it never changes the images",
        DefaultValueFactory = _ => Defaults.BatchSize,
    };

    private readonly CommandLine.Option<string?> _to = new("--to")
    {
        Description = "The folder for samples.png, samples.npy, labels.npy and sampling.gif [default: the run's]",
        HelpName = "DIR",
    };

    private SampleCommand()
    {
        _run = new(_command, "The run to sample from", _pretrained.Option);
        _sampler = new(_command, withNetwork: true);
        _pictures = new(_command);
        _machine = new(_command, samples: true);
        _command.AddGroup("Images", _first, _count, _seed, _class, _sweep, _clip, _scale, _batch, _to);
        _command.SetAction(parsed => Session.RunTogether(
            parsed, (ranks, view, stop) => RankMeeting.Once(ranks, meeting => Run(parsed, meeting, view, stop))));
    }

    public static CommandLine.Command Create() => new SampleCommand()._command.WithExample("--run clothes --count 25");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, RankMeeting meeting, IView view, CancellationToken stop) =>
        from model in CheckGuidance(parsed).Bind(_ => _pretrained.Model(parsed, IsByClass(parsed) ? PretrainedModel.ByClass : PretrainedModel.Usual))
        from folder in model.Match(known => _run.Of(known, parsed), () => _run.Required(parsed))
        from device in _machine.Prepare(parsed).Do(device => meeting.Facts = () => CommonFacts.Of(parsed, device))
        from receipt in folder.Receipt().Do(receipt => Warn(parsed, receipt, view))
        let target = new RunFolder(parsed.GetValue(_to) ?? folder.Path)
        from written in parsed.GetValue(_sweep) is { Length: > 0 } scales
            ? _pictures.Without(parsed, _sweep).Bind(_ => SampleWriter.WriteSweep(folder, device, Request(parsed), scales, target, meeting, view, stop))
            : SampleWriter.Write(
                folder, device, Request(parsed), network => _pictures.Read(parsed, network, receipt, view, stop), target, meeting, view, stop)
        select written;

    private Fin<Unit> CheckGuidance(CommandLine.ParseResult parsed) => Outcomes.Require(
        parsed.GetValue(_sweep) is not { Length: > 0 } || !parsed.IsGiven(_sampler.GuidanceScale),
        "--guidance-scale and --guidance-sweep both set the guidance scale: give one of them");

    private bool IsByClass(CommandLine.ParseResult parsed) => parsed.IsGiven(_class) || parsed.IsGiven(_sweep);

    private SamplingRequest Request(CommandLine.ParseResult parsed)
    {
        bool? clip = parsed.GetValue(_clip) ?? (_pictures.Inverts(parsed) ? false : null);
        return new(
            parsed.GetValue(_first), parsed.GetValue(_count), parsed.GetValue(_seed), usual => _sampler.Parsed(parsed, usual), clip,
            parsed.GetValue(_scale), parsed.GetValue(_batch), parsed.GetValue(_class))
        {
            Precision = _machine.Precision(parsed),
        };
    }

    /// <summary>Warns if samples from noise start from less of an image than the network was trained with: they cannot be right.</summary>
    private void Warn(CommandLine.ParseResult parsed, RunReceipt receipt, IView view)
    {
        if (!_pictures.Named(parsed))
        {
            TrainingConfig.ScheduleOf(receipt.Options).Iter(schedule => schedule.Remark.Iter(remark => view.Line($"warning: {remark}")));
        }
    }
}

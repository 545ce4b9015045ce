using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`forward`: a figure of how images turn into noise.</summary>
internal sealed class ForwardCommand
{
    private static readonly TrainingOptions Defaults = new();

    private readonly CommandLine.Command _command = new("forward", "Draw real images, and the same images after 25, 50, 75 and 100 % of the noise steps");
    private readonly DataOptions _data;
    private readonly CommandLine.Option<int> _count = new("--count") { Description = "How many images", DefaultValueFactory = _ => 16 };
    private readonly DiffusionOptions _schedule;
    private readonly CommandLine.Option<ulong> _seed = RecipeOptions.Create<ulong>(nameof(TrainingOptions.Seed), "The seed of the noise");

    private readonly CommandLine.Option<string> _file = new("--file")
    {
        Description = "The picture to write",
        DefaultValueFactory = _ => "forward.png",
        HelpName = "PNG",
    };

    private ForwardCommand()
    {
        _data = new(_command);
        _schedule = DiffusionOptions.OfSchedule(_command, "Schedule");
        _command.AddGroup("Figure", _count, _seed, _file);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new ForwardCommand()._command.WithExample("--count 8 --file noise.png");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop)
    {
        var path = parsed.GetValue(_file)!;
        return from wanted in (Check.AtLeast("--count", parsed.GetValue(_count), 1), ScheduleOf(parsed))
                   .Apply((count, schedule) => (Count: count, Schedule: schedule)).OrUsage()
               from loaded in _data.Load(parsed, _data.Dataset(parsed).IfNone(Defaults.Dataset), view, stop)
               let images = loaded.Images.Take(ForwardPicture.Drawn(loaded.Images, wanted.Count, view))
               from written in AtomicFile.Write(path, Png.Encode(ForwardPicture.Draw(images, wanted.Schedule, parsed.GetValue(_seed))), stop)
                   .Do(_ => view.Result($"wrote {path}"))
               select written;
    }

    private Validation<LanguageExt.Common.Error, NoiseSchedule> ScheduleOf(CommandLine.ParseResult parsed)
    {
        var options = _schedule.Parsed(parsed, Defaults);
        return (TrainingConfig.ScheduleOf(options), TrainingConfig.CheckOwners(options)).Apply((schedule, _) => schedule);
    }
}

using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Random;
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
    private const int Gap = 1, Enlargement = 2;

    private static readonly TrainingOptions Defaults = new();

    private readonly CommandLine.Command _command = new("forward", "Draw real images, and the same images after 25, 50, 75 and 100 % of the noise steps");
    private readonly DataOptions _data;
    private readonly CommandLine.Option<int> _count = new("--count") { Description = "How many images", DefaultValueFactory = _ => 16 };
    private readonly CommandLine.Option<int> _steps = RecipeOptions.Create<int>(nameof(TrainingOptions.Steps));
    private readonly CommandLine.Option<string> _schedule = RecipeOptions.Create<string>(nameof(TrainingOptions.Schedule));
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
        _command.AddGroup("Figure", _count, _steps, _schedule, _seed, _file);
        _command.SetAction(parsed => Session.Run(parsed, (view, stop) => Run(parsed, view, stop)));
    }

    public static CommandLine.Command Create() => new ForwardCommand()._command.WithExample("--count 8 --file noise.png");

    private Fin<Unit> Run(CommandLine.ParseResult parsed, IView view, CancellationToken stop)
    {
        var path = parsed.GetValue(_file)!;
        return from wanted in (Check.AtLeast("--count", parsed.GetValue(_count), 1), ScheduleOf(parsed))
                   .Apply((count, schedule) => (Count: count, Schedule: schedule)).OrUsage()
               from loaded in _data.Load(parsed, _data.Dataset(parsed).IfNone(Defaults.Dataset), view, stop)
               let shown = Shown(loaded.Images, wanted.Count, view)
               from written in AtomicFile.Write(path, Png.Encode(Draw(shown, wanted.Schedule, parsed.GetValue(_seed))), stop)
                   .Do(_ => view.Result($"wrote {path}"))
               select written;
    }

    private Validation<LanguageExt.Common.Error, NoiseSchedule> ScheduleOf(CommandLine.ParseResult parsed) =>
        TrainingConfig.ScheduleOf(Defaults with { Schedule = parsed.GetValue(_schedule)!, Steps = parsed.GetValue(_steps) });

    private static ImageSet Shown(ImageSet images, int count, IView view)
    {
        var shown = SampleFiles.Drawn(Math.Min(count, images.Count), images.Height);
        if (shown < count)
        {
            view.Line($"the figure shows the first {shown} images");
        }

        return images.Take(shown);
    }

    /// <summary>The figure: x_t of every image at each panel's timestep, with the same noise as in training's first epoch.</summary>
    private static PixelImage Draw(ImageSet images, NoiseSchedule schedule, ulong seed)
    {
        var pixels = images.Height * images.Width * images.Channels;
        var (clean, noise) = (new float[images.Count * pixels], new float[images.Count * pixels]);
        PixelScale.ToModel(images.Pixels.Span, images.Channels, images.Height, images.Width, clean);
        for (var i = 0; i < images.Count; i++)
        {
            new RandomStream(seed, StreamName.TrainingNoise).At(i, 0).FillNormals(noise.AsSpan(i * pixels, pixels));
        }

        return ForwardFigure.Draw(schedule.Steps, [.. ForwardFigure.Panels(schedule.Steps).Map(panel => Panel(panel.Timestep))]);

        PixelImage Panel(LanguageExt.Option<int> timestep)
        {
            var level = timestep.Match(t => schedule[t], () => VariancePreservingLevel.Clean);
            // Divided by √(a² + σ²), which is 1 on chains: the picture of σ = 80 would be black and white alone.
            var values = clean.Zip(noise, (x0, epsilon) => (float)(ForwardProcess.Diffuse(level, x0, epsilon) / Math.Sqrt(level.Power))).ToArray();
            var levels = new byte[values.Length];
            new PixelScale.Fixed().ToLevels(values, images.Channels, images.Height, images.Width, levels);
            return ImageGrid.For(images.Count, images.Width, images.Height, gap: Gap).Draw(levels, images.Channels).Enlarge(Enlargement);
        }
    }
}

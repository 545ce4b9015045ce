using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
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

/// <summary>`forward`: a figure of how noise takes images over.</summary>
internal static class ForwardCommand
{
    private const int Gap = 1, Enlargement = 2;

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("forward", "Draw real images and the same at 25, 50, 75 and 100 % of the noise steps");
        var data = new DataOptions(command);
        var defaults = new TrainingOptions();
        CommandLine.Option<int> count = new("--count") { Description = "How many images", DefaultValueFactory = _ => 16 };
        CommandLine.Option<int> steps = new("--steps") { Description = "T, the steps of the noise schedule", DefaultValueFactory = _ => defaults.Steps };
        CommandLine.Option<string> schedule = new("--schedule") { Description = $"The noise schedule: {string.Join(", ", Choices.Schedules.Keys)}", DefaultValueFactory = _ => defaults.Schedule };
        CommandLine.Option<ulong> seed = new("--seed") { Description = "The seed of the noise", DefaultValueFactory = _ => defaults.Seed };
        CommandLine.Option<string> file = new("--file") { Description = "The picture to write", DefaultValueFactory = _ => "forward.png", HelpName = "PNG" };
        command.AddGroup("Figure", count, steps, schedule, seed, file);

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from wanted in (Check.AtLeast("--count", said.GetValue(count), 1),
                    TrainingConfig.ScheduleOf(defaults with { Schedule = said.GetValue(schedule)!, Steps = said.GetValue(steps) }))
                .Apply((images, levels) => (Count: images, Schedule: levels)).OrUsage()
            from loaded in data.Load(said, data.Dataset(said).IfNone(defaults.Dataset), view, stop)
            let shown = SampleFiles.Drawn(Math.Min(wanted.Count, loaded.Images.Count), loaded.Images.Height)
            let told = shown < wanted.Count ? fun(() => view.Line($"the figure shows the first {shown} images"))() : unit
            let figure = Draw(loaded.Images.Take(shown), wanted.Schedule, said.GetValue(seed))
            from _ in AtomicFile.Write(said.GetValue(file)!, Png.Encode(figure), stop)
            select fun(() => view.Result($"wrote {said.GetValue(file)}"))()));
        return command.WithExample("--count 8 --file noise.png");
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

        PixelImage Panel(LanguageExt.Option<int> timestep)
        {
            var level = timestep.Match(t => schedule[t], () => NoiseLevel.Clean);
            var values = clean.Zip(noise, (x0, epsilon) => (float)ForwardProcess.Diffuse(level, x0, epsilon)).ToArray();
            var levels = new byte[values.Length];
            new PixelScale.Fixed().ToLevels(values, images.Channels, images.Height, images.Width, levels);
            return ImageGrid.For(images.Count, images.Width, images.Height, gap: Gap).Draw(levels, images.Channels).Enlarge(Enlargement);
        }

        return ForwardFigure.Draw(schedule.Steps, [.. ForwardFigure.Panels(schedule.Steps).Map(panel => Panel(panel.Timestep))]);
    }
}

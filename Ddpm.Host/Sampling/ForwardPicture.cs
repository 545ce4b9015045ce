using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using Ddpm.Pure.Schedules;
using LanguageExt;

namespace Ddpm.Host.Sampling;

/// <summary>The figure of `forward`: how images turn into noise.</summary>
internal static class ForwardPicture
{
    private const int Gap = 1, Enlargement = 2;

    /// <summary>How many images the figure shows, of those asked for. A line says so if it is fewer.</summary>
    /// <param name="images">The images that there are.</param>
    /// <param name="count">The number asked for.</param>
    /// <param name="view">Shows the line.</param>
    public static int Drawn(ImageSet images, int count, IView view)
    {
        var shown = SampleFiles.Drawn(Math.Min(count, images.Count), images.Size);
        if (shown < count)
        {
            view.Line($"the figure shows the first {shown} images");
        }

        return shown;
    }

    /// <summary>The figure: x_t of every image at each panel's timestep, with the same noise as in training's first epoch.</summary>
    public static PixelImage Draw(ImageSet images, NoiseSchedule schedule, ulong seed)
    {
        var pixels = images.Height * images.Width * images.Channels;
        var (clean, noise) = (new float[images.Count * pixels], new float[images.Count * pixels]);
        PixelScale.ToModel(images.Pixels.Span, images.Channels, images.Height, images.Width, clean);
        for (var i = 0; i < images.Count; i++)
        {
            new RandomStream(seed, StreamName.TrainingNoise).At(i, 0).FillNormals(noise.AsSpan(i * pixels, pixels));
        }

        return ForwardFigure.Draw(schedule.Steps, [.. ForwardFigure.Panels(schedule.Steps).Map(panel => Panel(panel.Timestep))]);

        PixelImage Panel(Option<int> timestep)
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

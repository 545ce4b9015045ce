using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Images;
using Ddpm.Pure.Sampling;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Evaluation;

/// <summary>Samples as they would be written: on the fixed scale, rounded to 8 bits.</summary>
internal static class SamplesToJudge
{
    /// <summary>How many images are in work at a time.</summary>
    public const int AtATime = 2_000;

    /// <summary>Generates images, with their classes where the run knows classes.</summary>
    public static Fin<ImageSet> Of(TrainedModel model, SampleJob wanted, SamplingPlan plan, IView view, CancellationToken stop)
    {
        var (channels, size, count) = (model.Network.Config.ImageChannels, model.Network.Config.ImageSize, wanted.Images.Count);
        var pixels = channels * size.Pixels;
        var levels = new byte[checked(count * pixels)];
        var sampler = model.Sampler(plan);
        using var bar = view.Bar($"sampling {Counted.Of(count, "image")}");
        for (var first = 0; first < count; first += AtATime)
        {
            var (begin, here) = (first, Math.Min(AtATime, count - first));
            var made = sampler.Sample(
                wanted.Images with { First = wanted.Images.First + begin, Count = here }, [],
                (done, total) => bar.Report((int)((begin + (double)here * done / total) / count * 10_000), 10_000), stop);
            if (made.Case is Error fault)
            {
                return fault;
            }

            made.Iter(moments => moments[^1].ToLevels(new PixelScale.Fixed()).CopyTo(levels, begin * pixels));
        }

        return ImageSet.Of(count, size.Height, size.Width, channels, levels, wanted.Images.Condition.Map(condition =>
            (ReadOnlyMemory<byte>)Enumerable.Range(wanted.Images.First, count).Select(image => (byte)condition.ClassOf(image)).ToArray())).OrFailure();
    }
}

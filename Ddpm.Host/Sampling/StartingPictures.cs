using Ddpm.Gpu.Sampling;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Sampling;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Sampling;

/// <summary>How a given picture becomes the noisy x that a plan starts from.</summary>
internal enum PictureEncoding
{
    /// <summary>x = a·image + σ·ε.</summary>
    Noise,

    /// <summary>DDIM's inversion: the noise that DDIM turns into the image.</summary>
    Inversion,
}

/// <summary>A plan, and the pixels that it starts from.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Known">The pixels; none to start from noise.</param>
internal sealed record SamplingStart(SamplingPlan Plan, Option<KnownPixels> Known);

/// <summary>Pictures in [−1, 1] that sampling starts from, C·H·W numbers each.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Other">The picture at the other end of an interpolation.</param>
/// <param name="Mask">Which of its numbers are kept.</param>
/// <param name="Strength">The fraction of the plan that is run, in (0, 1].</param>
/// <param name="Encoding">How it becomes noisy.</param>
internal sealed record StartingPictures(float[] Image, Option<float[]> Other, Option<bool[]> Mask, double Strength, PictureEncoding Encoding)
{
    /// <summary>The part of a job's plan that starts from these pictures.</summary>
    /// <param name="model">The model, which encodes the pictures.</param>
    /// <param name="job">The job.</param>
    /// <param name="view">Shows the progress of encoding.</param>
    /// <param name="stop">Ends the encoding.</param>
    public Fin<SamplingStart> Start(TrainedModel model, SampleJob job, IView view, CancellationToken stop) =>
        from setting in job.Setting.Timesteps.OfStrength(Strength).Map(kept => job.Setting with { Timesteps = kept }).OrUsage()
        from plan in job.Sampler.Compile(setting).OrUsage()
        from start in Check(job.Images, plan).Bind(_ => Start(model, job.Images, setting, plan, view, stop))
        select start;

    private Fin<Unit> Check(SampleRequest images, SamplingPlan plan) => Outcomes.InOrder(
        () => Outcomes.Require(
            Encoding != PictureEncoding.Inversion || !plan.Lines.Exists(line => line.Noise.Draws),
            "--encode inversion needs a sampler that draws no noise: for example --sampler ddim"),
        () => Outcomes.Require(
            Other.IsNone || images.First == 0,
            "--first cannot be combined with --to-image: where an image lies between the two pictures depends on --count"));

    private Fin<SamplingStart> Start(
        TrainedModel model, SampleRequest images, SamplingSetting setting, SamplingPlan plan, IView view, CancellationToken stop)
    {
        var first = setting.Schedule[setting.Timesteps.Values[0]];
        LinearPair noised = new(first.A, first.Sigma), unchanged = new(1, 0);
        if (Other.IsNone && Encoding == PictureEncoding.Noise)
        {
            return new SamplingStart(
                plan with { Start = noised }, new KnownPixels(Repeated(Image, images.Count), Mask.Map(mask => (ReadOnlyMemory<bool>)mask)));
        }

        // A plan encodes the pictures too: the inversion, or one without lines that starts from the noised image. Both ends of an interpolation share their
        // noise.
        var encoding = Encoding == PictureEncoding.Inversion
            ? DdimInversion.Compile(setting).OrUsage()
            : new SamplingPlan(noised, Arr<SamplingLine>.Empty, ClipSample: false);

        // Inversion gives another noise for each class.
        var kinds = Encoding == PictureEncoding.Inversion ? Math.Min(images.Count, images.Condition.Map(condition => condition.Period).IfNone(1)) : 1;
        return from encoder in encoding
               from one in Encode(encoder, Image)
               from other in Other.Map(image => Encode(encoder, image)).Sequence()
               from known in Enumerable.Range(0, images.Count).Map(i => Between(one[i % kinds], other.Map(last => last[i % kinds]), i)).Sequence().OrFailure()
               select new SamplingStart(plan with { Start = unchanged }, new KnownPixels(known.SelectMany(pixels => pixels).ToArray(), None));

        Fin<float[][]> Encode(SamplingPlan encoder, float[] image)
        {
            using var bar = view.Bar("encoding a picture");
            return new ImageSampler(model.Trained, encoder)
                .Sample(images with { Count = kinds }, [], bar.Report, stop, new KnownPixels(Repeated(image, kinds), None))
                .Map(made => made[^1].Values.ToArray().Chunk(image.Length).ToArray());
        }

        Validation<Error, float[]> Between(float[] from, Option<float[]> to, int image) => to.Match(
            end => Interpolated(from, end, images.Count == 1 ? 0.5 : (double)image / (images.Count - 1)),
            () => from);
    }

    private static float[] Repeated(float[] image, int count) => [.. Enumerable.Repeat(image, count).SelectMany(pixels => pixels)];

    private static Validation<Error, float[]> Interpolated(float[] from, float[] to, double fraction) =>
        SphericalInterpolation.Between(from.Select(value => (double)value).ToArr(), to.Select(value => (double)value).ToArr(), fraction)
            .Map(values => values.Select(value => (float)value).ToArray());
}

using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Host.Sampling;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Numerics;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`sample`: pictures from a trained run.</summary>
internal static class SampleCommand
{
    /// <summary>What a plan is run with.</summary>
    private sealed record Start(SamplingPlan Plan, LanguageExt.Option<KnownPixels> Known);

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("sample", "Generate pictures with a trained run");
        var run = new RunOptions(command, "The run to sample from");
        var sampler = new SamplerOptions(command, withNetwork: true);
        var pictures = new PictureOptions(command);
        var machine = new MachineOptions(command);
        var defaults = SamplingRequest.Default;
        CommandLine.Option<int> count = new("--count") { Description = "How many images", DefaultValueFactory = _ => defaults.Count };
        CommandLine.Option<ulong> seed = new("--seed") { Description = "The seed of the noise: image i of a seed is always the same", DefaultValueFactory = _ => defaults.Seed };
        CommandLine.Option<bool?> clip = new("--clip") { Description = "Clip each estimate of the image to [-1, 1] [default: true; false for the original preset and with inversion]" };
        CommandLine.Option<string?> scale = new("--scale") { Description = "Values to pixels: fixed, or stretch (each image to its range) [default: fixed; stretch for original]" };
        CommandLine.Option<int> first = new("--first") { Description = "The number of the first image", DefaultValueFactory = _ => defaults.First };
        CommandLine.Option<int> batch = new("--batch-size") { Description = "How many images to have in work at a time; none depends on it", DefaultValueFactory = _ => defaults.BatchSize };
        CommandLine.Option<string?> chosen = new("--class") { Description = "Images of this class alone, by name or number [default: of each in turn, a row for each]", HelpName = "CLASS" };
        CommandLine.Option<double?> guidance = new("--guidance-scale") { Description = "How strongly the class counts: 1 as learnt; all but 0 and 1 take twice the time [default: 1]" };
        CommandLine.Option<double[]> sweep = new("--guidance-sweep") { Description = "Draw guidance.png instead, the same images at each of these guidance scales", AllowMultipleArgumentsPerToken = true, HelpName = "SCALES" };
        CommandLine.Option<string?> to = new("--to") { Description = "The folder for samples.png, samples.npy, labels.npy and sampling.gif [default: the run's]", HelpName = "DIR" };
        command.AddGroup("Images", first, count, seed, chosen, guidance, sweep, clip, scale, batch, to);

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from folder in run.Required(said)
            from alone in said.GetValue(sweep) is { Length: > 0 } && said.GetResult(guidance) is not null
                ? Error.New(ExitCode.Usage, "--guidance-scale and --guidance-sweep both say how strongly the class counts: give one of them")
                : FinSucc(unit)
            from device in machine.Prepare(said)
            from receipt in folder.Receipt()
            let request = new SamplingRequest(
                said.GetValue(first), said.GetValue(count), said.GetValue(seed), usual => sampler.Said(said, usual), said.GetValue(clip) ?? (pictures.Inverts(said) ? false : null), said.GetValue(scale), said.GetValue(batch), said.GetValue(chosen), said.GetValue(guidance))
            let target = new RunFolder(said.GetValue(to) ?? folder.Path)
            let __ = pictures.Named(said) ? unit : Warn(receipt, view)
            from _ in said.GetValue(sweep) is { Length: > 0 } scales
                ? pictures.Without(said, sweep).Bind(_ => Sweep(folder, device, request, scales, target, view, stop))
                : Sample(folder, device, request, network => pictures.Read(said, network, receipt, view, stop), target, view, stop)
            select unit));
        return command.WithExample("--run clothes --count 25");
    }

    /// <summary>Says where samples of a run cannot be right, as they start from less of an image than it was trained with.</summary>
    private static Unit Warn(RunReceipt receipt, IView view) =>
        TrainingConfig.ScheduleOf(receipt.Options).Match(schedule => schedule.Remark.Iter(remark => view.Line($"warning: {remark}")), _ => unit);

    /// <summary>Generates images from a run's checkpoint (see <see cref="RunReceipt.Sampled"/>) and writes the grid, the array and the animation.</summary>
    public static Fin<Unit> Sample(
        RunFolder folder, Device device, SamplingRequest request, Func<UNetConfig, Fin<LanguageExt.Option<Pictures>>> pictures, RunFolder target, IView view, CancellationToken stop) =>
        TrainedModel.Use(folder, device, model =>
            from wanted in SampleJob.From(request, model.Model, model.Receipt.Data.ClassName)
            let warned = model.Warn(view)
            from given in pictures(model.Network.Config)
            from _ in Folders.Create(target.Path)
            from timesteps in wanted.Timesteps(model, view, stop)
            from start in Begin(model.Network, model.Theta, wanted with { Setting = wanted.Setting with { Timesteps = timesteps } }, given, view, stop)
            from done in Write(model.Network, model.Theta, wanted, start, target, view, stop)
            select done);

    /// <summary>The same images at several guidance scales, a panel for each with a row for each class.</summary>
    private static Fin<Unit> Sweep(RunFolder folder, Device device, SamplingRequest request, double[] scales, RunFolder target, IView view, CancellationToken stop) =>
        TrainedModel.Use(folder, device, model =>
            from wanted in toSeq(scales).Map(scale => SampleJob.From(request with { GuidanceScale = scale }, model.Model, model.Receipt.Data.ClassName)).Sequence()
            let warned = model.Warn(view)
            from _ in Folders.Create(target.Path)
            from panels in wanted.Zip(toSeq(scales), (one, scale) =>
                from plan in one.Plan(model, view, stop)
                from panel in use(view.Bar(Invariant($"guidance scale {scale}")), bar => new ImageSampler(model.Network, plan).Sample(model.Theta, one.Images, [], bar.Report, stop)
                    .Map(moments => new FigurePanel(Invariant($"w = {scale}"), one.Files.Picture(moments[^1]))))
                select panel).Sequence()
            let path = target.Within("guidance.png")
            from __ in target.Write(path, Png.Encode(Figure.Draw("Guidance", panels)))
            select Told(view, path));

    /// <summary>The plan and what it starts from.</summary>
    private static Fin<Start> Begin(
        UNet network, Tensor theta, SampleJob wanted, LanguageExt.Option<Pictures> given, IView view, CancellationToken stop) => given.Match(
        pictures =>
            from setting in wanted.Setting.Timesteps.OfStrength(pictures.Strength).Map(kept => wanted.Setting with { Timesteps = kept }).OrUsage()
            from plan in wanted.Sampler.Compile(setting).OrUsage()
            from _ in pictures.Encoding == Encoding.Inversion && plan.Lines.Exists(line => line.Noise.Draws)
                ? FinFail<Unit>(Error.New(ExitCode.Usage, "--encode inversion needs a sampler that draws no noise: say --sampler ddim, for example"))
                : FinSucc(unit)
            from __ in pictures.Other.IsSome && wanted.Images.First > 0
                ? FinFail<Unit>(Error.New(ExitCode.Usage, "--first cannot be said with --to-image: where an image lies between two depends on --count"))
                : FinSucc(unit)
            from start in FromPictures(network, theta, wanted.Images, setting, plan, pictures, view, stop)
            select start,
        () => from plan in wanted.Sampler.Compile(wanted.Setting).OrUsage()
              select new Start(plan, None));

    private static Fin<Start> FromPictures(
        UNet network, Tensor theta, SampleRequest images, SamplingSetting setting, SamplingPlan plan, Pictures pictures, IView view, CancellationToken stop)
    {
        var first = setting.Schedule[setting.Timesteps.Values[0]];
        LinearPair noised = new(first.A, first.Sigma), asItIs = new(1, 0);
        if (pictures.Other.IsNone && pictures.Encoding == Encoding.Noise)
        {
            return new Start(plan with { Start = noised }, new KnownPixels(Repeated(pictures.Image, images.Count), pictures.Mask.Map(mask => (ReadOnlyMemory<bool>)mask)));
        }

        // What encodes is a plan too: the inversion, or one without lines that starts from the noised image. Both ends of an interpolation share their noise.
        var encoding = pictures.Encoding == Encoding.Inversion ? DdimInversion.Compile(setting).OrUsage() : new SamplingPlan(noised, Arr<SamplingLine>.Empty, ClipSample: false);

        // The noise that DDIM makes a picture of is another for each class.
        var kinds = pictures.Encoding == Encoding.Inversion ? Math.Min(images.Count, images.Condition.Map(condition => condition.Period).IfNone(1)) : 1;
        Fin<float[][]> Encode(SamplingPlan encoder, float[] image)
        {
            using var bar = view.Bar("encoding a picture");
            return new ImageSampler(network, encoder)
                .Sample(theta, images with { Count = kinds }, [], bar.Report, stop, new KnownPixels(Repeated(image, kinds), None))
                .Map(made => made[^1].Values.ToArray().Chunk(image.Length).ToArray());
        }

        return from encoder in encoding
               from one in Encode(encoder, pictures.Image)
               from other in pictures.Other.Map(image => Encode(encoder, image)).Sequence()
               from known in Enumerable.Range(0, images.Count).Map(i => other.Match(
                       last => Between(one[i % kinds], last[i % kinds], images.Count == 1 ? 0.5 : (double)i / (images.Count - 1)),
                       () => one[i % kinds])).Sequence().OrFailure()
               select new Start(plan with { Start = asItIs }, new KnownPixels(known.SelectMany(pixels => pixels).ToArray(), None));
    }

    private static float[] Repeated(float[] image, int count) => [.. Enumerable.Repeat(image, count).SelectMany(pixels => pixels)];

    private static Validation<Error, float[]> Between(float[] from, float[] to, double fraction) =>
        SphericalInterpolation.Between(from.Select(value => (double)value).ToArr(), to.Select(value => (double)value).ToArr(), fraction)
            .Map(values => values.Select(value => (float)value).ToArray());

    private static Fin<Unit> Write(UNet network, Tensor theta, SampleJob wanted, Start start, RunFolder target, IView view, CancellationToken stop)
    {
        var frames = AnimationFrame.Spread(start.Plan.Lines.Count);
        var (grid, array, animation) = (target.Within("samples.png"), target.Within("samples.npy"), target.Within("sampling.gif"));
        if (SampleFiles.Drawn(wanted.Images.Count, network.Config.ImageSize) is var drawn && drawn < wanted.Images.Count)
        {
            view.Line($"samples.png and sampling.gif show the first {drawn} of {wanted.Images.Count} images");
        }

        using var bar = view.Bar($"sampling {Counted.Of(wanted.Images.Count, "image")}");
        return from moments in new ImageSampler(network, start.Plan).Sample(theta, wanted.Images, [.. frames.Map(frame => frame.State)], bar.Report, stop, start.Known)
               from _ in wanted.Files.WriteArray(target, array, moments[^1]) // first: of many images no picture can be made
               from labels in wanted.Images.Condition
                   .Map(condition => SampleFiles.WriteLabels(target, target.Within("labels.npy"), Enumerable.Range(wanted.Images.First, wanted.Images.Count).Select(condition.ClassOf)).Map(_ => target.Within("labels.npy")))
                   .Sequence()
               from __ in wanted.Files.WriteGrid(target, grid, moments[^1])
               from ___ in wanted.Files.WriteAnimation(target, animation, frames, moments)
               select Told(view, [grid, array, .. labels, animation]);
    }

    private static Unit Told(IView view, params string[] paths) => paths.Iter(path => view.Result($"wrote {path}"));
}

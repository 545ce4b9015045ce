using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Networks;
using Ddpm.Gpu.Sampling;
using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Host.Runs;
using Ddpm.Pure.Images;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`sample`: pictures from a trained run.</summary>
internal static class SampleCommand
{
    private static readonly Map<string, ReverseVariance> Variances = Map(("beta", ReverseVariance.Beta), ("posterior", ReverseVariance.Posterior));

    private static readonly Map<string, PixelScale> Scales = Map<string, PixelScale>(("fixed", new PixelScale.Fixed()), ("stretch", new PixelScale.Stretch()));

    /// <summary>What a user may say about sampling; null means as the run's preset does.</summary>
    internal sealed record Request(int Count, ulong Seed, string Variance, bool? Clip, string? Scale, int BatchSize)
    {
        /// <summary>What `train` does at its end.</summary>
        public static Request Default { get; } = new(100, 1, "beta", null, null, 100);
    }

    /// <summary>A request, checked against the model that it is for.</summary>
    internal sealed record Checked(SampleRequest Images, SamplingPlan Plan, SampleFiles Files)
    {
        public static Fin<Checked> From(Request request, DiffusionModel model) =>
            (Check.AtLeast("--count", request.Count, 1), Check.AtLeast("--batch-size", request.BatchSize, 1),
                    Variances.Find("--variance", request.Variance),
                    Scales.Find("--scale", request.Scale ?? (model.Preset.StretchPixels ? "stretch" : "fixed")))
                .Apply((count, batch, variance, scale) => new Checked(
                    new SampleRequest(request.Seed, count, Math.Min(batch, count)),
                    AncestralSampler.Compile(
                        new(model.Schedule, model.Prediction, Timesteps.All(model.Schedule.Steps), request.Clip ?? model.Preset.ClipSample), variance),
                    new SampleFiles(scale)))
                .OrUsage();
    }

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("sample", "Generate pictures with a trained run");
        var run = new RunOptions(command, "The run to sample from");
        var machine = new MachineOptions(command);
        var defaults = Request.Default;
        CommandLine.Option<int> count = new("--count") { Description = "How many images", DefaultValueFactory = _ => defaults.Count };
        CommandLine.Option<ulong> seed = new("--seed") { Description = "The seed of the noise; image i of a seed is always drawn from the same noise", DefaultValueFactory = _ => defaults.Seed };
        CommandLine.Option<string> variance = new("--variance") { Description = "The reverse variance: beta or posterior", DefaultValueFactory = _ => defaults.Variance };
        CommandLine.Option<bool?> clip = new("--clip") { Description = "Clip each estimate of the image to [-1, 1]: true or false [default: true; false for the original preset]" };
        CommandLine.Option<string?> scale = new("--scale") { Description = "Values to pixels: fixed, or stretch (each image to its own range) [default: fixed; stretch for the original preset]" };
        CommandLine.Option<int> batch = new("--batch-size") { Description = "How many images at a time", DefaultValueFactory = _ => defaults.BatchSize };
        CommandLine.Option<string?> to = new("--to") { Description = "The folder for samples.png, samples.npy and sampling.gif [default: the run's]", HelpName = "DIR" };
        foreach (var option in (CommandLine.Option[])[count, seed, variance, clip, scale, batch, to])
        {
            command.Add(option);
        }

        command.SetAction(said => Session.Run(said, (view, stop) =>
            from folder in run.Required(said)
            from device in machine.Prepare(said)
            from receipt in folder.Receipt()
            from _ in Sample(
                folder, receipt, device, new(said.GetValue(count), said.GetValue(seed), said.GetValue(variance)!, said.GetValue(clip), said.GetValue(scale), said.GetValue(batch)),
                new RunFolder(said.GetValue(to) ?? folder.Path), view, stop)
            select unit));
        return command;
    }

    /// <summary>Generates images from a run's best checkpoint and writes the grid, the array and the animation.</summary>
    public static Fin<Unit> Sample(
        RunFolder folder, RunReceipt receipt, Device device, Request request, RunFolder target, IView view, CancellationToken stop) =>
        from name in FinSucc(receipt.Best ?? receipt.Last)
        from checkpoint in folder.ReadCheckpoint(name)
        from config in checkpoint.Header.Config.OrFailure().At(folder.Unusable(name!))
        from wanted in Checked.From(request, config.Model)
        from _ in Folders.Create(target.Path)
        from __ in use(new UNet(config.Model.Network, ScalarType.Float32, device), network =>
            from theta in Checkpoint.LoadWeights(checkpoint.File, network).At(folder.Unusable(name!))
            from written in use(theta, weights => Write(network, weights, wanted, target, view, stop))
            select written)
        select unit;

    private static Fin<Unit> Write(UNet network, Tensor theta, Checked wanted, RunFolder target, IView view, CancellationToken stop)
    {
        var frames = AnimationFrame.Spread(wanted.Plan.Lines.Count);
        var (grid, array, animation) = (target.Within("samples.png"), target.Within("samples.npy"), target.Within("sampling.gif"));
        using var bar = view.Bar($"sampling {wanted.Images.Count} images");
        return from moments in new ImageSampler(network, wanted.Plan).Sample(theta, wanted.Images, [.. frames.Map(frame => frame.State)], bar.Report, stop)
               from _ in wanted.Files.WriteGrid(grid, moments[^1])
               from __ in wanted.Files.WriteArray(array, moments[^1])
               from ___ in wanted.Files.WriteAnimation(animation, frames, moments)
               select Told(view, grid, array, animation);
    }

    private static Unit Told(IView view, params string[] paths) => paths.Iter(path => view.Line($"wrote {path}"));
}

using System.Diagnostics;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Threads;
using Ddpm.Gpu.Training;
using Ddpm.Host.Faults;
using Ddpm.Host.Progress;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Runs;

/// <summary>Distils a run to one that needs few evaluations.</summary>
/// <param name="Source">The run that teaches.</param>
/// <param name="Target">The folder of the new run. Nothing is written to it before the distillation has ended.</param>
/// <param name="Options">How.</param>
internal sealed record DistillationRun(RunFolder Source, RunFolder Target, DistillationOptions Options)
{
    /// <summary>Distils, and writes the new run.</summary>
    /// <param name="device">Where to compute.</param>
    /// <param name="view">Shows progress.</param>
    /// <param name="stop">Ends the work, which then leaves nothing.</param>
    public Fin<Unit> Write(Device device, IView view, CancellationToken stop) => CheckUnused().Bind(_ => TrainedModel.Use(Source, device, teacher =>
        from plan in Outcomes.Require(
                teacher.Receipt.Distilled is null, $"the run in {Source.Path} was distilled already: distil the run that taught it")
            .Bind(_ => DistillationPlan.Of(Options, teacher.Model).OrUsage())
        from written in use(Distiller(plan, teacher, device, view), distiller => Learn(plan, distiller, view, stop).Bind(_ => Save(teacher, distiller.Student)))
        select written));

    private static Distiller Distiller(DistillationPlan plan, TrainedModel teacher, Device device, IView view)
    {
        teacher.Warn(view);
        view.Line($"distilling to {Counted.Of(plan.Options.Evaluations, "evaluation")} at the timesteps "
            + string.Join(" ", plan.Sampling.Lines.Map(line => line.Timestep)));
        return new(plan, teacher.Trained, Replicas.For(device));
    }

    private static Fin<Unit> Learn(DistillationPlan plan, Distiller distiller, IView view, CancellationToken stop)
    {
        using var bar = view.Bar("distilling");
        var clock = Stopwatch.StartNew();
        for (var n = 0; n < plan.Steps; n++)
        {
            if (stop.IsCancellationRequested)
            {
                return Errors.Cancelled;
            }

            var step = plan.Step(n);
            var (student, critic) = distiller.Step(step);
            if (!critic.IsFinite || student.Exists(outcome => !outcome.IsFinite))
            {
                return Error.New(Invariant($"the loss of step {n} is not a number: distil with a lower --learning-rate"));
            }

            var rate = (n + 1) * plan.Options.BatchSize / clock.Elapsed.TotalSeconds;
            bar.Report(n + 1, plan.Steps, Invariant($"critic's loss {critic.Loss:F4}  {rate:F0} images/s"));
        }

        return unit;
    }

    private Fin<Unit> Save(TrainedModel teacher, Tensor theta)
    {
        using var state = TrainingState.From(theta);
        var (before, name) = (teacher.Receipt, RunFolder.CheckpointName(0));
        var header = new CheckpointHeader(
            before.Options, before.Data.Size, before.Data.Channels, TrainingProgress.Start, teacher.Model.Network.Classes);
        var receipt = new RunReceipt(
            before.Options, before.Data with { HeldOut = null }, MachineReceipt.Here(ComputeDevice.NameOf(teacher.Network.Device)), name, null,
            TrainingProgress.Start, true, new(), Checkpoint.WeightsSha256(teacher.Network, theta),
            new(Path.GetFileName(Path.GetFullPath(Source.Path)), teacher.WeightsSha256, Options));
        return Outcomes.InOrder(
            CheckUnused, // another process may have taken the name meanwhile
            Target.Create,
            () => Target.Write(Target.CheckpointPath(name), Safetensors.Write(Checkpoint.Save(header, teacher.Network, state))),
            () => Target.Write(receipt));
    }

    private Fin<Unit> CheckUnused() => Outcomes.Require(
        !File.Exists(Target.ReceiptPath), $"there is a run in {Target.Path} already: choose another name with --to-run");
}

using System.Diagnostics;
using Ddpm.Host.Progress;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Random;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using LanguageExt;
using static LanguageExt.Prelude;
using CommandLine = System.CommandLine;

namespace Ddpm.Host.Commands;

/// <summary>`bench`: how fast this machine computes.</summary>
internal static class BenchCommand
{
    private const int Repetitions = 15, Normals = 1 << 22, PlanLines = 1000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    public static CommandLine.Command Create()
    {
        var command = new CommandLine.Command("bench", "Measure the speed of the pure part: normals on one core, and the compiling of plans of 1000 lines");
        command.SetAction(said => Session.Run(said, (view, stop) =>
        {
            var destination = new float[Normals];
            var draws = new RandomStream(0, StreamName.TrainingNoise).At(0, 0);
            Tell(view, "normals, millions a second", () => draws.FillNormals(destination), seconds => Normals / seconds / 1e6, most: true, stop);

            var schedule = NoiseSchedule.Linear(PlanLines).IfFail(faults => throw new UnreachableException(faults.ToString()));
            foreach (var name in SamplingOptions.Samplers.Keys)
            {
                var options = new SamplingOptions { Sampler = name, SamplingSteps = PlanLines };
                Tell(
                    view, $"{name}, milliseconds to compile {PlanLines} timesteps",
                    () => _ = options.Compile(schedule, new Prediction.Epsilon(), clipSample: false).IsSuccess, seconds => seconds * 1e3, most: false, stop);
            }

            return FinSucc(unit);
        }));
        return command;
    }

    /// <summary>The best and the median of some repetitions.</summary>
    private static void Tell(IView view, string what, Action work, Func<double, double> figure, bool most, CancellationToken stop)
    {
        // Long enough for the runtime to have compiled its best code.
        for (var warm = Stopwatch.StartNew(); warm.Elapsed < WarmUp;)
        {
            stop.ThrowIfCancellationRequested();
            work();
        }

        var figures = Enumerable.Range(0, Repetitions).Select(_ =>
        {
            stop.ThrowIfCancellationRequested();
            var watch = Stopwatch.StartNew();
            work();
            return figure(watch.Elapsed.TotalSeconds);
        }).Order().ToArray();
        view.Line(FormattableString.Invariant($"{what,-55} best {(most ? figures[^1] : figures[0]):F2}, median {figures[Repetitions / 2]:F2}"));
    }
}

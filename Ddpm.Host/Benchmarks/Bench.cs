using System.Diagnostics;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Threads;
using Ddpm.Host.Diagnosis;
using Ddpm.Host.Progress;
using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Benchmarks;

/// <summary>How long a measurement takes, and when to stop.</summary>
internal sealed record Pace(TimeSpan Window, CancellationToken Stop);

/// <summary>What `bench` measures.</summary>
internal static class Bench
{
    private const int Normals = 1 << 20, PlanLines = 1000, MatrixSize = 1024, PeakRounds = 1 << 20;

    /// <summary>Measures, and tells each figure as it comes.</summary>
    /// <param name="config">What is trained.</param>
    /// <param name="device">On what.</param>
    /// <param name="rivals">What to measure in turn with ours.</param>
    /// <param name="rounds">How often.</param>
    /// <param name="view">Who is told.</param>
    /// <param name="pace">How long a measurement takes.</param>
    public static Fin<Seq<Figure>> Run(TrainingConfig config, Device device, Seq<Func<Replicas, Fin<IRival>>> rivals, int rounds, IView view, Pace pace)
    {
        var figures = LanguageExt.Seq<Figure>.Empty;
        void Tell(string name, string title, string unit, Spread value)
        {
            figures = figures.Add(new(name, title, unit, value));
            view.Result(FormattableString.Invariant($"{title,-46}{value}  {unit}"));
        }

        var (workers, batch) = (Replicas.For(device), config.Options.BatchSize);
        var size = config.Model.Network.ImageSize;
        view.Result(Invariant($"{Processor.Description}; {workers.Count} threads; device {ComputeDevice.NameOf(device)}; ")
            + Invariant($"the {config.NetworkName} network at {size} in {config.Options.Precision}, batch {batch}"));
        ComputeDevice.Advice(device, config.Model.Network, config.Precision).Iter(view.Line);
        using var bench = new NetworkBench(config, device, workers, network => ComputeDevice.Executor(network, config.Precision));
        try
        {
            return rivals
                .Fold(
                    Fin<Unit>.Succ(unit),
                    (before, rival) => before.Bind(_ => rival(workers)).Bind(made => Against(made, bench, rounds, view, Tell, pace)))
                .Map(_ =>
                {
                    Alone(config, device, bench, Tell, pace);
                    return figures;
                });
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }

    private delegate void Tell(string name, string title, string unit, Spread value);

    /// <summary>Ours and theirs in turn: what slows the machine down for a while slows both.</summary>
    private static Fin<Unit> Against(IRival rival, NetworkBench bench, int rounds, IView view, Tell tell, Pace pace)
    {
        using var held = rival;
        var pairs = new List<(Rates Ours, Rates Theirs)>();
        using var bar = view.Bar($"in turn with {rival.Name}");
        for (var round = 0; round < rounds; round++)
        {
            bar.Report(round, rounds);
            var theirs = rival.Measure(pace);
            if (theirs.IsFail)
            {
                return theirs.Map(_ => unit);
            }

            theirs.Iter(rates => pairs.Add((bench.Rates(pace), rates)));
        }

        void Compare(string name, string title, Func<Rates, Option<double>> rate)
        {
            var both = pairs.SelectMany(pair => rate(pair.Ours).Bind(ours => rate(pair.Theirs).Map(theirs => (Ours: ours, Theirs: theirs)))).ToArray();
            if (both.Length > 0)
            {
                tell($"{rival.Name}-{name}", $"{rival.Name}: {title}", "images/s", Spread.Of(both.Select(pair => pair.Theirs)));
                tell($"ratio-{rival.Name}-{name}", $"{title}, times {rival.Name}", "", Spread.Of(both.Select(pair => pair.Ours / pair.Theirs)));
            }
        }

        Compare("training", "training", rates => rates.Training);
        Compare("forward", "forward pass", rates => rates.Forward);
        return unit;
    }

    private static void Alone(TrainingConfig config, Device device, NetworkBench bench, Tell tell, Pace pace)
    {
        var batch = config.Options.BatchSize;
        var products = bench.Products;
        void Rate(string name, string title, Spread seconds, double operations, Spread matrix)
        {
            tell(name, title, "images/s", seconds.Per(batch));
            tell($"{name}-step", "", "ms a batch", seconds.Times(1e3));
            tell($"{name}-rate", "", "GFLOP/s", seconds.Per(operations * batch / 1e9));
            tell($"{name}-fraction", "", "of the matrix product", seconds.Per(operations * batch / 1e9 / matrix.Median));
        }

        var type = config.Precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var matrix = MatrixProduct(ScalarType.Float32, device, pace);
        var narrow = MatrixProduct(ScalarType.BFloat16, device, pace);
        var inside = type == ScalarType.BFloat16 ? narrow : matrix;
        var network = Spread.OfSeconds(pace.Window, pace.Stop, bench.Train, bench.Forward);
        Rate("training", "training", network[0], 6.0 * products, inside);
        Rate("forward", "forward pass, without gradient", network[1], 2.0 * products, inside);
        var parts = bench.Parts();
        try
        {
            var seconds = Spread.OfSeconds(pace.Window, pace.Stop, [bench.Noise, .. parts.Select(part => part.Act)]);
            var whole = seconds[^1].Median;
            void Share(string name, string title, double part) => tell($"share-{name}", $"share of a step: {title}", "", Spread.Of([part / whole]));
            Share("noise", "noise", seconds[0].Median);
            Share("data", "images, targets, bookkeeping", seconds[1].Median - seconds[0].Median);
            Share("forward", "forward", seconds[2].Median - seconds[1].Median);
            Share("backward", "backward", seconds[3].Median - seconds[2].Median);
            Share("update", "gradient's sum and Adam", seconds[4].Median - seconds[3].Median);
        }
        finally
        {
            foreach (var (_, held) in parts)
            {
                held.Dispose();
            }
        }

        tell("matrix-float32", "matrix product in float32, all threads", "GFLOP/s", matrix);
        tell("matrix-bfloat16", "matrix product in bfloat16, all threads", "GFLOP/s", narrow);
        var operations = (double)ProcessorPeak.Compute(PeakRounds);
        var core = Spread.OfSeconds(pace.Window, pace.Stop, () => ProcessorPeak.Compute(PeakRounds))[0].Per(operations / 1e9);
        tell("core-float32", "one core's multiply-adds between registers", "GFLOP/s", core);
        var destination = new float[Normals];
        var draws = new RandomStream(0, StreamName.TrainingNoise).At(0, 0);
        var normals = Spread.OfSeconds(pace.Window, pace.Stop, () => draws.FillNormals(destination))[0].Per(Normals / 1e6);
        tell("normals", "normals on one core", "millions/s", normals);
        var schedule = NoiseSchedule.Linear(PlanLines).OrThrow();
        var plans = Spread.OfSeconds(pace.Window / 10, pace.Stop, [.. Sampler.All.Keys.Select<string, Action>(name => () =>
            _ = new SamplingOptions { Sampler = name, SamplingSteps = PlanLines }.Compile(schedule, new Prediction.Epsilon(), clipSample: false).IsSuccess)]);
        foreach (var (name, seconds) in Sampler.All.Keys.Zip(plans))
        {
            tell($"plan-{name}", $"plan of {PlanLines} timesteps, {name}", "ms", seconds.Times(1e3));
        }

        using var process = Process.GetCurrentProcess();
        tell("peak-memory", "most memory of this process", "MiB", Spread.Of([process.PeakWorkingSet64 / 1048576.0]));
    }

    private static Spread MatrixProduct(ScalarType type, Device device, Pace pace)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (randn([MatrixSize, MatrixSize], device: device).to(type), randn([MatrixSize, MatrixSize], device: device).to(type));
        return Spread.OfSeconds(pace.Window, pace.Stop, () =>
        {
            using var product = a.matmul(b);
            if (device.type == TorchSharp.DeviceType.CUDA)
            {
                cuda.synchronize();
            }
        })[0].Per(2.0 * MatrixSize * MatrixSize * MatrixSize / 1e9);
    }
}

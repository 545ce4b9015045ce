using System.Diagnostics;
using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Ranks;
using Ddpm.Gpu.Threads;
using Ddpm.Host.Progress;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Training;
using LanguageExt;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Host.Benchmarks;

/// <summary>
/// `bench --scaling`: the costs of a training step and of messages, and what <see cref="RankScaling"/> predicts from them. Under mpirun, as many ranks measure
/// at the same time as there are cores for, and the others wait. Then all train together, and the prediction stands beside the measured time.
/// </summary>
/// <param name="config">What is trained.</param>
/// <param name="device">On what.</param>
/// <param name="ranks">The processes.</param>
/// <param name="view">Shows the figures; silent at all ranks but the first.</param>
/// <param name="pace">How long a measurement takes.</param>
internal sealed class ScalingBench(TrainingConfig config, Device device, RankGroup ranks, IView view, Pace pace)
{
    private const int ShareImages = 16, MostRanks = 256, Rounds = 200, LargeRounds = 20, Windows = 7;

    /// <summary>Links between machines: bits in a second, and a usual latency in seconds.</summary>
    private static readonly (string Name, double Bits, double Latency)[] Links =
    [
        ("1 Gbit/s", 1e9, 50e-6), ("10 Gbit/s", 1e10, 20e-6), ("100 Gbit/s", 1e11, 2e-6),
    ];

    private readonly List<Figure> _figures = [];
    private readonly Replicas _workers = Replicas.For(device);

    private int Shares => (config.Options.BatchSize - 1) / ShareImages + 1;

    /// <summary>Measures at every rank.</summary>
    public Fin<Seq<Figure>> Run()
    {
        var number = ranks.Size == 1 ? "1 rank" : Invariant($"{ranks.Size} ranks");
        view.Result(Invariant($"{Diagnosis.Processor.Description}; {number} of {_workers.Count} threads; device {ComputeDevice.NameOf(device)}; ")
            + Invariant($"the {config.NetworkName} network in {config.Options.Precision}, batch {config.Options.BatchSize}"));
        var measures = ranks.Rank == 0 || (ranks.Rank + 1) * _workers.Count <= Cores;
        var (costs, bytes) = measures ? Costs() : (default, 0);
        if (ranks.Size > 1 && ranks.GoesOn())
        {
            var (latency, transfer) = Messages(ranks.Tell(() => BitConverter.GetBytes(bytes)).Map(told => BitConverter.ToInt64(told.Span)).IfNone(0));
            Tell("message-latency", "a message between two ranks", "µs", latency.Times(1e6));
            Tell("message-rate", "bytes between two ranks", "GB/s", transfer.Per(bytes / 1e9));
            costs = costs with { Latency = latency.Median, Transfer = transfer.Median };
            Together(costs);
        }
        else
        {
            Predict("strong", "strong scaling: this batch on more ranks", costs, bytes, (model, count) => model.Strong(Shares, count));
            Predict("weak", "weak scaling: this batch on each rank", costs, bytes, (model, count) => model.Weak(Shares, count));
        }

        return _figures.ToSeq();
    }

    /// <summary>The cores that all ranks share, if all machines have as many ranks and cores.</summary>
    private int Cores => Launcher.Here.Match(
        launcher => Math.Min(MachineCores.Online, MachineCores.Allowed * launcher.LocalSize) * Math.Max(1, ranks.Size / launcher.LocalSize),
        () => MachineCores.Online);

    private RankScaling Model(RankCosts costs) => new(costs, _workers.Count, config.GradientSum);

    private void Tell(string name, string title, string unit, Spread value)
    {
        _figures.Add(new(name, title, unit, value));
        view.Result(FormattableString.Invariant($"{title,-46}{value}  {unit}"));
    }

    /// <summary>The costs of a step at this rank, while others measure theirs.</summary>
    private (RankCosts Costs, long Bytes) Costs()
    {
        using var scope = NewDisposeScope();
        using var bench = new NetworkBench(config, device, _workers, network => ComputeDevice.Executor(network, config.Precision));
        var (parts, update) = (bench.Parts(), bench.UpdateAlone());
        try
        {
            Tensor sum = zeros(bench.Weights, device: device), one = ones(bench.Weights, device: device);
            void Add() => _workers.ForEach(1, _ => sum.add_(one));
            var seconds = Spread.OfSeconds(pace.Window, pace.Stop, parts[2].Act, update.Act, Add);
            var bytes = sizeof(float) * bench.Weights;
            var share = seconds[0].Times(1.0 / ((Shares - 1) / _workers.Count + 1));
            Tell("share", $"gradient of a share of {ShareImages} images", "ms", share.Times(1e3));
            Tell("addition", "adding two gradients", "ms", seconds[2].Times(1e3));
            Tell("update", "updating the weights", "ms", seconds[1].Times(1e3));
            Tell("gradient-size", "a gradient", "MB", Spread.Of([bytes / 1e6]));
            return (new(share.Median, seconds[2].Median, seconds[1].Median, 0, 0), bytes);
        }
        finally
        {
            update.Held.Dispose();
            foreach (var (_, held) in parts)
            {
                held.Dispose();
            }
        }
    }

    /// <summary>Half the time that a message and its answer take between the first rank and the last, and what a gradient adds to it.</summary>
    private (Spread Latency, Spread Transfer) Messages(long bytes)
    {
        var latency = Echo(1, Rounds);
        return (latency, Echo((int)bytes, LargeRounds).Plus(-latency.Median));
    }

    /// <summary>Steps of all ranks together, beside the prediction.</summary>
    private void Together(RankCosts costs)
    {
        using var bench = new NetworkBench(config, device, _workers, network => ComputeDevice.Executor(network, config.Precision), ranks);
        var predicted = (Model(costs) with { Cores = Cores }).Step(Shares, ranks.Size);
        var told = ranks.Tell(() => BitConverter.GetBytes(1 + (int)(pace.Window.TotalSeconds / predicted)));
        var (steps, seconds) = (told.Map(bytes => BitConverter.ToInt32(bytes.Span)).IfNone(0), new List<double>());
        bench.Train(); // until then, nothing is compiled
        for (var window = 0; window < Windows; window++)
        {
            pace.Stop.ThrowIfCancellationRequested();
            if (!ranks.GoesOn())
            {
                return;
            }

            var watch = Stopwatch.StartNew();
            for (var step = 0; step < steps; step++)
            {
                bench.Train();
            }

            seconds.Add(watch.Elapsed.TotalSeconds / steps);
        }

        Tell("step-measured", Invariant($"a step of {ranks.Size} ranks, measured"), "ms", Spread.Of(seconds).Times(1e3));
        Tell("step-predicted", Invariant($"a step of {ranks.Size} ranks, predicted"), "ms", Spread.Of([predicted * 1e3]));
    }

    /// <summary>A table of efficiencies.</summary>
    private void Predict(string name, string title, RankCosts costs, long bytes, Func<RankScaling, int, double> efficiency)
    {
        view.Result($"{title} ({Shares} shares)");
        view.Result($"  {"ranks",5}{string.Concat(Links.Select(link => $"{link.Name,14}"))}");
        for (var count = 2; count <= MostRanks; count *= 2)
        {
            var found = Links.Select(link => efficiency(Model(costs with { Latency = link.Latency, Transfer = 8 * bytes / link.Bits }), count)).ToArray();
            view.Result(FormattableString.Invariant($"  {count,5}{string.Concat(found.Select(value => FormattableString.Invariant($"{value,14:F2}")))}"));
            foreach (var (link, value) in Links.Zip(found))
            {
                _figures.Add(new(Invariant($"{name}-{count}-{link.Bits / 1e9}gbit"), $"{title}, {link.Name}", "", Spread.Of([value])));
            }
        }
    }

    private Spread Echo(int length, int rounds)
    {
        var (message, partner) = (new byte[length], ranks.Size - 1);
        var seconds = new List<double>();
        for (var window = 0; window < Windows; window++)
        {
            var watch = Stopwatch.StartNew();
            for (var round = 0; round < rounds; round++)
            {
                if (ranks.Leads)
                {
                    ranks.Messages.Send(partner, message);
                    ranks.Messages.Receive(partner, message);
                }
                else if (ranks.Rank == partner)
                {
                    ranks.Messages.Receive(0, message);
                    ranks.Messages.Send(0, message);
                }
            }

            seconds.Add(watch.Elapsed.TotalSeconds / (2 * rounds));
        }

        return Spread.Of(seconds);
    }
}

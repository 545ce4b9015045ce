using System.Diagnostics;
using Ddpm.Gpu.Kernels;
using Ddpm.Gpu.Threads;

namespace Ddpm.Gpu.Devices;

/// <summary>
/// Measures how many threads compute fastest on this machine. A processor reports its number of threads, but not how many share a core's arithmetic, nor how
/// much of the machine a container may use. No result depends on the count.
/// </summary>
internal static class ThreadProbe
{
    private const int Rounds = 3, Piece = 1 << 18, PiecesOfThread = 20;
    private const double Enough = 0.9;

    private static readonly Lazy<int> Measured = new(() =>
    {
        if (!ComputeDevice.MultipliesAndAdds)
        {
            return Environment.ProcessorCount; // the trial would take minutes there
        }

        var counts = Candidates(Environment.ProcessorCount);
        var rates = new double[counts.Count];
        for (var round = 0; round < Rounds; round++)
        {
            for (var k = 0; k < rates.Length; k++)
            {
                rates[k] = Math.Max(rates[k], Rate(counts[k])); // whatever else the machine does only slows it down
            }
        }

        return Choose([.. counts.Zip(rates)]);
    });

    /// <summary>What was measured at the first call, which takes some tenths of a second.</summary>
    public static int Fastest => Measured.Value;

    /// <summary>What is tried: powers of two, and all.</summary>
    public static IReadOnlyList<int> Candidates(int processors) =>
        [.. Enumerable.Range(0, 31).Select(k => 1 << k).TakeWhile(count => count < processors), processors];

    /// <summary>
    /// The largest number of threads that is nearly as fast as the best one. Threads beyond the cores cost little. Too few threads, because other work
    /// disturbed the measurement, would leave a core idle for the whole run.
    /// </summary>
    public static int Choose(IReadOnlyList<(int Threads, double Rate)> rates)
    {
        var best = rates.Max(tried => tried.Rate);
        return rates.Where(tried => tried.Rate >= Enough * best).Max(tried => tried.Threads);
    }

    private static double Rate(int threads)
    {
        var watch = Stopwatch.StartNew();
        new Replicas(threads).ForEach(threads * PiecesOfThread, _ => ProcessorPeak.Compute(Piece));
        return threads / watch.Elapsed.TotalSeconds;
    }
}

using Ddpm.Gpu.Threads;
using Xunit;

namespace Ddpm.Properties.Devices;

public sealed class ReplicasTests
{
    /// <summary>More pieces at once than any other test has threads, so every thread holds a piece.</summary>
    [Fact]
    public async Task Pieces_within_pieces_are_computed_though_no_thread_is_free()
    {
        const int inner = 3;
        var outer = Math.Max(64, 2 * Environment.ProcessorCount);
        using var allHold = new Barrier(outer);
        var computed = new int[outer * inner];
        await Task.Run(() => new Replicas(outer).ForEach(outer, piece =>
        {
            allHold.SignalAndWait();
            new Replicas(2).ForEach(inner, number => Interlocked.Increment(ref computed[inner * piece + number]));
        })).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.All(computed, times => Assert.Equal(1, times));
    }
}

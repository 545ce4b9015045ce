using Ddpm.Gpu.Devices;
using Xunit;

namespace Ddpm.Properties.Kernels;

public sealed class ThreadProbeTests
{
    [Fact]
    public void Powers_of_two_are_tried_and_all_processors()
    {
        Assert.Equal([1], ThreadProbe.Candidates(1));
        Assert.Equal([1, 2, 4, 6], ThreadProbe.Candidates(6));
        Assert.Equal([1, 2, 4, 8], ThreadProbe.Candidates(8));
    }

    /// <summary>Two threads on one core's arithmetic are no slower than one; more than a machine gives may be.</summary>
    [Fact]
    public void The_most_threads_are_chosen_that_come_near_to_the_best()
    {
        Assert.Equal(8, ThreadProbe.Choose([(1, 1), (2, 2), (4, 4), (8, 3.7)]));
        Assert.Equal(4, ThreadProbe.Choose([(1, 1), (2, 2), (4, 4), (8, 3.5)]));
        Assert.Equal(2, ThreadProbe.Choose([(1, 1), (2, 1.02)]));
        Assert.Equal(1, ThreadProbe.Choose([(1, 5), (2, 4)]));
        Assert.InRange(ThreadProbe.Fastest, 1, Environment.ProcessorCount);
    }
}

using Ddpm.Host.Pictures;
using Xunit;

namespace Ddpm.Properties.Attacks;

/// <summary>The memory that pictures decoded at the same time share.</summary>
public sealed class PictureBudgetTests
{
    /// <summary>A budget is never spent twice, and what is more than all of it is read alone.</summary>
    [Fact]
    public void Pictures_read_at_a_time_share_a_budget()
    {
        var (budget, used, most, alone) = (new Budget(100), 0L, 0L, true);
        Parallel.For(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => budget.Use(i % 10 == 0 ? 150 : 1 + (i % 60), () =>
        {
            var share = i % 10 == 0 ? 150 : 1 + (i % 60);
            var now = Interlocked.Add(ref used, share);
            if (share == 150)
            {
                alone &= now == share;
            }
            else
            {
                InterlockedMax(ref most, now);
            }

            Thread.Yield();
            Interlocked.Add(ref used, -share);
            return now;
        }));
        Assert.True(alone);
        Assert.InRange(most, 1, 100);
    }

    private static void InterlockedMax(ref long most, long value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}

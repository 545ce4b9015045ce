using Ddpm.Pure.Optimisation;
using FsCheck;
using Xunit;

namespace Ddpm.Properties.Training;

public sealed class BatchSharesLaws
{
    [Law]
    public bool Shares_follow_each_other_and_hold_the_whole_batch(PositiveInt batch, PositiveInt replicas)
    {
        var shares = BatchShares.Of(batch.Get, replicas.Get);
        return shares.SelectMany(share => Enumerable.Range(share.First, share.Count)).SequenceEqual(Enumerable.Range(0, batch.Get));
    }

    [Law]
    public bool No_share_is_empty_and_sizes_differ_by_at_most_one(PositiveInt batch, PositiveInt replicas)
    {
        var shares = BatchShares.Of(batch.Get, replicas.Get);
        return shares.Count == Math.Min(batch.Get, replicas.Get)
            && shares.Min(share => share.Count) is var least && least >= 1 && shares.Max(share => share.Count) <= least + 1;
    }

    [Fact]
    public void The_largest_batch_is_shared_without_overflow() => Assert.Equal(
        int.MaxValue, BatchShares.Of(int.MaxValue, 16).Sum(share => (long)share.Count));
}

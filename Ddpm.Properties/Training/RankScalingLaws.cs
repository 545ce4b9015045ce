using Ddpm.Pure.Optimisation;
using FsCheck.Xunit;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Training;

/// <summary>The model of a step on several ranks.</summary>
[Properties(Arbitrary = [typeof(Generators)])]
public sealed class RankScalingLaws
{
    [Law]
    public bool One_rank_computes_adds_and_updates(byte shares, byte share, byte addition, byte update)
    {
        var count = 1 + shares % 40;
        var costs = new RankCosts(1 + share, 0, update, 7, 9);
        return Near(count * costs.Share + costs.Update, new RankScaling(costs).Step(count, 1), 1e-9)
            && Near(1, new RankScaling(costs with { Addition = addition }).Strong(count, 1), 0)
            && Near(1, new RankScaling(costs with { Addition = addition }).Weak(count, 1), 0);
    }

    /// <summary>Free messages and updates leave what a rank has more to compute than its part.</summary>
    [Law]
    public bool Without_costs_of_messages_the_fullest_rank_decides(byte shares, byte ranks, byte threads)
    {
        var (count, size, each) = (1 + shares % 200, 1 + ranks % 64, 1 + threads % 4);
        var largest = ((count - 1) / size + 1 - 1) / each + 1;
        var free = new RankScaling(new(1, 0, 0, 0, 0), each);
        return Near(largest, free.Step(count, size), 1e-12) && Near(1, free.Weak(count, size), 1e-12);
    }

    /// <summary>With even parts and free messages no core pauses.</summary>
    [Law]
    public bool Fewer_cores_than_threads_take_the_time_of_all_work_by_cores_and_more_change_nothing(byte ranks, byte threads, byte rounds, byte cores)
    {
        var (size, each, parts) = (1 << (ranks % 6), 1 + threads % 4, 1 + rounds % 5);
        var (all, some) = (size * each, 1 + cores % (size * each));
        double Step(int number) => new RankScaling(new(3, 0, 5, 0, 0), each, Cores: number).Step(all * parts, size);
        return Near((all * parts * 3.0 + all * 5.0) / some, Step(some), 1e-9) && Near(Step(int.MaxValue), Step(all + cores), 0);
    }

    /// <summary>Two ranks on one core take twice as long for their share, the addition and the update.</summary>
    [Fact]
    public void All_that_is_computed_takes_longer_on_fewer_cores() =>
        Assert.Equal(2 * (3 + 2 + 5), new RankScaling(new(Share: 3, Addition: 2, Update: 5, Latency: 0, Transfer: 0), Cores: 1).Step(2, 2));

    [Theory]
    [InlineData(8, 4, 1.0)]
    [InlineData(8, 3, 8.0 / 9)]
    [InlineData(8, 16, 0.5)]
    public void Strong_scaling_is_the_busy_part_of_the_ranks_time(int shares, int ranks, double part) =>
        Assert.Equal(part, new RankScaling(new(1, 0, 0, 0, 0)).Strong(shares, ranks), 1e-12);

    /// <summary>A share takes 2, and each of the messages up and down takes 1.</summary>
    [Theory]
    [InlineData(1, 2, 2.0 / 4)]
    [InlineData(5, 2, 10.0 / 12)]
    [InlineData(1, 4, 2.0 / 6)]
    public void Weak_scaling_is_the_time_of_one_rank_by_the_time_of_all(int shares, int ranks, double part) =>
        Assert.Equal(part, new RankScaling(new(2, 0, 0, 1, 0)).Weak(shares, ranks), 1e-12);

    [Law]
    public bool Dearer_messages_never_help(byte shares, byte ranks, byte latency, byte transfer)
    {
        var (count, size) = (1 + shares % 64, 1 + ranks % 64);
        double Step(double wait, double bytes) => new RankScaling(new(4, 1, 2, wait, bytes)).Step(count, size);
        var (free, dear) = (Step(0, 0), Step(latency / 16.0, transfer / 16.0));
        return dear >= free && (size > 1 || Near(free, dear, 0));
    }

    /// <summary>One share each. Up, a balanced sum waits for as many messages after one another as ranks can be halved. Down, so does the last rank.</summary>
    [Law]
    public bool Messages_of_a_balanced_sum_cost_as_much_as_ranks_can_be_halved_each_way(byte ranks, byte latency, byte transfer)
    {
        var size = 1 + ranks % 100;
        var step = new RankScaling(new(0, 0, 0, latency, transfer)).Step(size, size);
        return Near(2 * Math.Ceiling(Math.Log2(size)) * (latency + transfer), step, 1e-12);
    }

    /// <summary>One share each. Rank 0 makes all additions, so all other ranks send to it.</summary>
    [Law]
    public bool Of_a_sequential_sum_rank_0_receives_one_message_after_another(byte ranks, byte share, byte latency)
    {
        var size = 1 + ranks % 100;
        var step = new RankScaling(new(share, 0, 0, latency, 0), Sum: GradientSum.Sequential).Step(size, size);
        return Near(share + (size - 1 + Math.Ceiling(Math.Log2(size))) * latency, step, 1e-12);
    }

    /// <summary>2^k ranks with one share each: k messages up and k down, with an addition after each message on its way up.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void A_power_of_two_exchanges_in_as_many_messages_each_way(int levels)
    {
        var step = new RankScaling(new(Share: 100, Addition: 3, Update: 50, Latency: 2, Transfer: 5)).Step(1 << levels, 1 << levels);
        Assert.Equal(100 + levels * (7 + 3) + levels * 7 + 50, step);
    }
}

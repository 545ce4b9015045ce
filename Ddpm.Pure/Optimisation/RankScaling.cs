
namespace Ddpm.Pure.Optimisation;

/// <summary>What a training step and its messages cost a rank, in seconds.</summary>
/// <param name="Share">The gradient of one share of a batch, on one thread.</param>
/// <param name="Addition">Adding one gradient to another.</param>
/// <param name="Update">Updating the weights, which every rank does alike.</param>
/// <param name="Latency">What a message costs beside its bytes.</param>
/// <param name="Transfer">The bytes of one gradient on the way between two ranks.</param>
public readonly record struct RankCosts(double Share, double Addition, double Update, double Latency, double Transfer)
{
    /// <summary>One gradient from one rank to another.</summary>
    public double Message => Latency + Transfer;

    /// <summary>The costs where computing takes some times as long.</summary>
    internal RankCosts Slower(double shares, double update) => this with { Share = Share * shares, Addition = Addition * shares, Update = Update * update };
}

/// <summary>
/// How long a training step takes if several ranks compute it, by a model: the threads of a rank compute its shares, and it adds and sends in the order of
/// <see cref="RankedSum"/> meanwhile. A rank receives one message at a time. The sum then goes down <see cref="RankTree"/>, each rank telling one other after
/// the other, and all ranks update their weights.
/// </summary>
/// <param name="Costs">What it costs.</param>
/// <param name="Threads">The threads of a rank, ≥ 1. Each computes whole shares.</param>
/// <param name="Sum">The order of the sum.</param>
/// <param name="Cores">The cores that all ranks share, ≥ 1; the usual value gives each thread one.</param>
public sealed record RankScaling(RankCosts Costs, int Threads = 1, GradientSum Sum = GradientSum.Balanced, int Cores = int.MaxValue)
{
    /// <summary>The seconds of a step.</summary>
    /// <param name="shares">The shares of the batch, ≥ 1.</param>
    /// <param name="ranks">How many ranks, ≥ 1.</param>
    public double Step(int shares, int ranks)
    {
        var sum = RankedSum.Of(SumOrder.Of(Sum, shares), ranks);
        var busy = Enumerable.Range(0, ranks).Sum(rank => Math.Min(Threads, sum.Terms(rank).Count));
        var costs = Costs.Slower(Math.Max(1, (double)busy / Cores), Math.Max(1, (double)ranks * Threads / Cores));
        return Summed(sum, costs) + Told(0, ranks) + costs.Update;
    }

    /// <summary>Strong scaling, the same batch on more ranks: the part of the ranks' time that one rank would need, in (0, 1].</summary>
    /// <param name="shares">The shares of the batch, ≥ 1.</param>
    /// <param name="ranks">How many ranks, ≥ 1.</param>
    public double Strong(int shares, int ranks) => Step(shares, 1) / (ranks * Step(shares, ranks));

    /// <summary>Weak scaling, a batch that grows with the ranks: the time of one rank's step by the time of all ranks' step, in (0, 1].</summary>
    /// <param name="shares">The shares of each rank, ≥ 1.</param>
    /// <param name="ranks">How many ranks, ≥ 1.</param>
    public double Weak(int shares, int ranks) => Step(shares, 1) / Step(shares * ranks, ranks);

    /// <summary>When rank 0 has the sum, from the start of the step.</summary>
    private double Summed(RankedSum sum, RankCosts costs)
    {
        var order = sum.Order;
        var ready = new double[order.Terms + order.Additions.Count]; // when each value is there
        var received = new double[sum.Ranks]; // when each rank has its last message
        for (var rank = 0; rank < sum.Ranks; rank++)
        {
            var (first, count) = sum.Terms(rank);
            for (var n = 0; n < count; n++)
            {
                ready[first + n] = (n / Threads + 1) * costs.Share;
            }
        }

        for (var i = 0; i < order.Additions.Count; i++)
        {
            var (first, second) = order.Additions[i];
            var (owner, there) = (sum.Owner(first), ready[second]);
            if (sum.Owner(second) != owner)
            {
                there = received[owner] = Math.Max(there, received[owner]) + costs.Message;
            }

            ready[order.Terms + i] = Math.Max(ready[first], there) + costs.Addition;
        }

        return ready[^1];
    }

    /// <summary>How long the sum is on its way from a rank to all that it covers.</summary>
    private double Told(int rank, int ranks)
    {
        var (last, sent) = (0.0, 0.0);
        foreach (var child in RankTree.Children(rank, ranks).Reverse())
        {
            sent += Costs.Message;
            last = Math.Max(last, sent + Told(child, ranks));
        }

        return last;
    }
}

using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Optimisation;

/// <summary>A value of a sum that one rank computes and another needs.</summary>
/// <param name="Value">Its number in the <see cref="SumOrder"/>.</param>
/// <param name="From">The rank that has it.</param>
/// <param name="To">The rank that adds it to its partner.</param>
public readonly record struct RankMessage(int Value, int From, int To);

/// <summary>
/// A sum that several ranks compute together: who computes which terms, and which values go from one rank to another. Each rank has terms that follow one
/// another, as many as the others or one more. A term belongs to the rank that computes it, and an addition to the rank of its first number. So the sum is at
/// rank 0, and no number of ranks changes a bit of it.
/// </summary>
public sealed record RankedSum
{
    private readonly Arr<int> _owners; // of each value

    private RankedSum(SumOrder order, int ranks, Arr<int> owners)
    {
        (Order, Ranks, _owners) = (order, ranks, owners);
        Messages = order.Additions
            .Filter(addition => owners[addition.First] != owners[addition.Second])
            .Map(addition => new RankMessage(addition.Second, owners[addition.Second], owners[addition.First]));
    }

    /// <summary>What is added to what.</summary>
    public SumOrder Order { get; }

    /// <summary>How many ranks there are, ≥ 1; maybe more than terms.</summary>
    public int Ranks { get; }

    /// <summary>
    /// All messages, in the order of the additions that need them. If each rank sends and receives its own in this order, none waits for ever: the first
    /// message that is not done waits for nothing but work.
    /// </summary>
    public Arr<RankMessage> Messages { get; }

    /// <summary>Divides a sum.</summary>
    /// <param name="order">What is added to what.</param>
    /// <param name="ranks">Over how many ranks, ≥ 1.</param>
    public static RankedSum Of(SumOrder order, int ranks)
    {
        var owners = new int[order.Terms + order.Additions.Count];
        for (var rank = 0; rank < ranks; rank++)
        {
            var (first, count) = Terms(order.Terms, rank, ranks);
            System.Array.Fill(owners, rank, first, count);
        }

        for (var i = 0; i < order.Additions.Count; i++)
        {
            owners[order.Terms + i] = owners[order.Additions[i].First];
        }

        return new(order, ranks, toArray(owners));
    }

    /// <summary>The terms of a rank: its first, and how many.</summary>
    /// <param name="rank">A rank, in [0, ranks).</param>
    public (int First, int Count) Terms(int rank) => Terms(Order.Terms, rank, Ranks);

    /// <summary>The part of a rank where things that follow one another are divided over ranks.</summary>
    /// <param name="count">How many things, ≥ 0.</param>
    /// <param name="rank">A rank, in [0, ranks).</param>
    /// <param name="ranks">How many ranks there are, ≥ 1.</param>
    /// <returns>The first, and how many: with fewer things than ranks, one each for the first ranks.</returns>
    public static (int First, int Count) Terms(int count, int rank, int ranks) => count < ranks
        ? (Math.Min(rank, count), rank < count ? 1 : 0)
        : (Start(count, rank, ranks), Start(count, rank + 1, ranks) - Start(count, rank, ranks));

    /// <summary>The rank that computes a value.</summary>
    /// <param name="value">A value of the order.</param>
    public int Owner(int value) => _owners[value];

    /// <summary>The messages that a rank sends or receives, in the order in which it has to.</summary>
    /// <param name="rank">A rank, in [0, ranks).</param>
    public Arr<RankMessage> MessagesOf(int rank) => Messages.Filter(message => message.From == rank || message.To == rank);

    private static int Start(int count, int rank, int ranks) => (int)((long)count * rank / ranks);
}

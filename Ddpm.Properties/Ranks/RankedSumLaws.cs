using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Ranks;

/// <summary>Sums of up to 200 terms over up to 70 ranks.</summary>
public sealed class RankedSumLaws
{
    [Law]
    public bool Each_term_belongs_to_one_rank_and_no_rank_has_two_terms_more_than_another(GradientSum kind, byte terms, byte ranks)
    {
        var sum = Sum(kind, terms, ranks);
        var parts = Range(0, sum.Ranks).Map(sum.Terms).ToArr();
        return parts.Bind(part => Range(part.First, part.Count).ToArr()) == Range(0, sum.Order.Terms).ToArr()
            && parts.Map(part => part.Count).Max() - parts.Map(part => part.Count).Min() <= 1
            && parts.Map((rank, part) => Range(part.First, part.Count).ForAll(term => sum.Owner(term) == rank)).ForAll(own => own);
    }

    /// <summary>Every rank works off its own list: it sends what it has and waits for what it lacks. In whichever order ranks come, all finish.</summary>
    [Law(60)]
    public bool The_ranks_together_make_the_sequential_sum_to_the_bit_and_none_waits_for_ever(GradientSum kind, byte terms, byte ranks, ulong seed)
    {
        var sum = Sum(kind, terms, ranks);
        var numbers = Range(0, sum.Order.Terms)
            .Map(i => (float)(new RandomStream(seed, StreamName.TrainingNoise).At(i, 0).Uniform(0) - 0.5)).ToArray();
        var here = Enumerable.Range(0, sum.Ranks).Select(rank => Enumerable.Range(sum.Terms(rank).First, sum.Terms(rank).Count)
            .ToDictionary(term => term, term => numbers[term])).ToArray();
        var left = Enumerable.Range(0, sum.Ranks).Select(rank => new Queue<RankMessage>(sum.MessagesOf(rank))).ToArray();
        var under = new Dictionary<int, float>(); // on their way
        var moves = true;
        var turns = new RandomStream(seed, StreamName.Shuffling);
        for (var round = 0; moves; round++)
        {
            moves = false;
            foreach (var rank in Permutation.Of(turns.At(round, 0), sum.Ranks))
            {
                AddAll(sum, here[rank]);
                if (!left[rank].TryPeek(out var message))
                {
                    continue;
                }

                if (message.From == rank ? !here[rank].Remove(message.Value, out var value) : !under.Remove(message.Value, out value))
                {
                    continue;
                }

                (message.From == rank ? under : here[rank]).Add(message.Value, value);
                left[rank].Dequeue();
                moves = true;
            }
        }

        here.Iter(values => AddAll(sum, values));
        return left.All(messages => messages.Count == 0) && under.Count == 0
            && here.Skip(1).All(values => values.Count == 0)
            && here[0].Single() is var total && total.Key == 2 * sum.Order.Terms - 2 && total.Value.Equals(Sequential(sum.Order, numbers));
    }

    [Law]
    public bool A_balanced_sum_waits_for_as_many_messages_after_one_another_as_ranks_can_be_halved(byte terms, byte ranks)
    {
        var sum = Sum(GradientSum.Balanced, terms, ranks);
        var messages = new int[2 * sum.Order.Terms - 1];
        for (var i = 0; i < sum.Order.Additions.Count; i++)
        {
            var (first, second) = sum.Order.Additions[i];
            messages[sum.Order.Terms + i] = Math.Max(messages[first], messages[second] + (sum.Owner(first) == sum.Owner(second) ? 0 : 1));
        }

        return messages[^1] <= Math.Ceiling(Math.Log2(sum.Ranks));
    }

    [Law]
    public bool A_power_of_two_of_ranks_that_divides_the_terms_sends_one_message_less_than_there_are_ranks(byte level, byte each)
    {
        var ranks = 1 << (level % 6);
        return RankedSum.Of(SumOrder.Of(GradientSum.Balanced, ranks * (1 + each % 8)), ranks).Messages.Count == ranks - 1;
    }

    [Fact]
    public void Two_billion_things_are_divided_like_two() => Assert.Equal((1_500_000_000, 500_000_000), RankedSum.Terms(2_000_000_000, 3, 4));

    [Fact]
    public void Five_terms_over_two_ranks_need_one_message() => Assert.Equal(
        Array(new RankMessage(7, 1, 0)), RankedSum.Of(SumOrder.Of(GradientSum.Balanced, 5), 2).Messages);

    [Law]
    public bool The_tree_of_ranks_reaches_each_rank_once_and_a_rank_covers_those_up_to_its_next_sibling(byte count)
    {
        var ranks = 1 + count;
        Arr<int> Covered(int rank) => Array(rank) + RankTree.Children(rank, ranks).Bind(Covered);
        return Covered(0) == Range(0, ranks).ToArr()
            && Range(1, ranks - 1).ForAll(rank => RankTree.Parent(rank).Exists(parent => RankTree.Children(parent, ranks).Contains(rank)))
            && RankTree.Parent(0).IsNone;
    }

    private static void AddAll(RankedSum sum, Dictionary<int, float> values)
    {
        for (var i = 0; i < sum.Order.Additions.Count; i++)
        {
            var (first, second) = sum.Order.Additions[i];
            if (values.TryGetValue(first, out var one) && values.TryGetValue(second, out var other))
            {
                values.Remove(first);
                values.Remove(second);
                values.Add(sum.Order.Terms + i, one + other);
            }
        }
    }

    private static float Sequential(SumOrder order, float[] numbers) =>
        order.Additions.Fold(toArray(numbers), (values, addition) => values.Add(values[addition.First] + values[addition.Second])).Last();

    private static RankedSum Sum(GradientSum kind, byte terms, byte ranks) => RankedSum.Of(SumOrder.Of(kind, 1 + terms % 200), 1 + ranks % 70);
}

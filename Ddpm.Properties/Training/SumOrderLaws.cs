using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Training;

/// <summary>The order of a sum of up to 200 terms.</summary>
public sealed class SumOrderLaws
{
    [Law]
    public bool Every_value_but_the_sum_goes_into_one_later_addition(GradientSum kind, byte terms)
    {
        var order = Order(kind, terms);
        return order.Additions.Map((i, addition) => addition.First < order.Terms + i && addition.Second < order.Terms + i).ForAll(earlier => earlier)
            && order.Additions.Bind(addition => Array(addition.First, addition.Second)).Order().SequenceEqual(Enumerable.Range(0, 2 * order.Terms - 2))
            && order.Next(2 * order.Terms - 2).IsNone
            && order.Additions.Map((i, addition) =>
                order.Next(addition.First) == (order.Terms + i, addition.Second) && order.Next(addition.Second) == (order.Terms + i, addition.First))
                .ForAll(found => found);
    }

    [Law]
    public bool The_sequential_sum_adds_one_term_after_another(byte terms, ulong seed)
    {
        var numbers = Numbers(terms, seed);
        return Sum(Order(GradientSum.Sequential, terms), numbers) == numbers.Reduce((sum, next) => sum + next);
    }

    [Law]
    public bool The_balanced_sum_adds_the_sums_of_both_halves(byte terms, ulong seed)
    {
        static float Halves(float[] part) => part.Length == 1 ? part[0] : Halves(part[..(part.Length / 2)]) + Halves(part[(part.Length / 2)..]);

        var numbers = Numbers(terms, seed);
        return Sum(Order(GradientSum.Balanced, terms), numbers) == Halves([.. numbers]);
    }

    [Law]
    public bool A_balanced_sum_has_as_few_levels_as_possible_and_a_sequential_one_as_many(byte terms) =>
        Order(GradientSum.Balanced, terms).Levels == (int)Math.Ceiling(Math.Log2(1 + terms % 200))
        && Order(GradientSum.Sequential, terms).Levels == terms % 200;

    /// <summary>Whoever has a value adds it if its partner is there. Else it waits.</summary>
    [Law]
    public bool In_whichever_order_terms_arrive_the_sum_has_the_same_bits(GradientSum kind, byte terms, ulong seed)
    {
        var (order, numbers) = (Order(kind, terms), Numbers(terms, seed));
        var (waiting, sum) = (new Dictionary<int, float>(), float.NaN);
        foreach (var term in Permutation.Of(new RandomStream(seed, StreamName.Shuffling).At(0, 0), order.Terms))
        {
            var (value, number, waits) = (term, numbers[term], false);
            while (!waits && order.Next(value).Case is (int next, int partner))
            {
                if (waiting.Remove(partner, out var other))
                {
                    (value, number) = (next, number + other);
                }
                else
                {
                    waiting.Add(value, number);
                    waits = true;
                }
            }

            sum = waits ? sum : number;
        }

        return waiting.Count == 0 && sum.Equals(Sum(order, numbers));
    }

    [Fact]
    public void Five_terms_balance_as_two_and_three() => Assert.Equal(
        Array((0, 1), (3, 4), (2, 6), (5, 7)), SumOrder.Of(GradientSum.Balanced, 5).Additions);

    private static SumOrder Order(GradientSum kind, byte terms) => SumOrder.Of(kind, 1 + terms % 200);

    private static Arr<float> Numbers(byte terms, ulong seed) =>
        Range(0, 1 + terms % 200).Map(i => (float)(new RandomStream(seed, StreamName.TrainingNoise).At(i, 0).Uniform(0) - 0.5)).ToArr();

    private static float Sum(SumOrder order, Arr<float> numbers) =>
        order.Additions.Fold(numbers, (values, addition) => values.Add(values[addition.First] + values[addition.Second])).Last();
}

using Ddpm.Pure.Sampling;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LanguageExt;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Sampling;

/// <summary>Candidates, whole costs of each step, so that sums are exact and ways often equally cheap, and how many to visit.</summary>
public sealed record SearchCase(Timesteps Candidates, Arr<Arr<double>> Costs, int Count)
{
    public const int LargestCost = 9;

    public Timesteps Found => SearchedTimesteps.Search(Candidates, Costs, Count).Valid();

    /// <summary>The places of every path of that length. Paths that stay at noisier timesteps longer come first.</summary>
    public IEnumerable<int[]> Ways
    {
        get
        {
            IEnumerable<int[]> From(int[] way) => way.Length == Count
                ? [way]
                : Enumerable.Range(way[^1] + 1, Candidates.Values.Count - way[^1] - 1).SelectMany(next => From([.. way, next]));
            return From([0]);
        }
    }

    /// <summary>What a way costs, its step to the end included.</summary>
    public double CostOf(IReadOnlyList<int> way) => way.Select((from, k) => Costs[from][k + 1 < way.Count ? way[k + 1] : Candidates.Values.Count]).Sum();

    public double CostOf(Timesteps way) => CostOf([.. way.Values.Select(t => Candidates.Values.ToList().IndexOf(t))]);
}

[Properties(Arbitrary = [typeof(Searches)])]
public sealed class SearchedTimestepsLaws
{
    /// <summary>Of equally cheap ways the first in that order, as MinBy takes the first.</summary>
    [Law]
    public bool The_way_found_is_the_cheapest_of_all_ways(SearchCase c) =>
        c.Found.Values.SequenceEqual(c.Ways.MinBy(way => c.CostOf(way))!.Select(place => c.Candidates.Values[place]));

    [Law]
    public bool It_has_the_length_asked_for_begins_at_the_first_candidate_and_ends_where_they_end(SearchCase c) =>
        c.Found.Values.Count == c.Count && c.Found.Values[0] == c.Candidates.Values[0] && c.Found.End == c.Candidates.End
        && c.Found.Values.Zip(c.Found.Values.Skip(1)).All(pair => pair.Item1 > pair.Item2);

    [Law]
    public bool Dearer_steps_never_make_the_way_cheaper(SearchCase c, SearchCase other)
    {
        double More(int i, int j) => other.Costs[i % other.Costs.Count] is var row && row[j % row.Count] is var more && !double.IsNaN(more) ? more : 0;
        var dearer = c with { Costs = c.Costs.Map((i, row) => row.Map((j, cost) => cost + More(i, j)).ToArr()).ToArr() };
        return c.CostOf(c.Found) <= dearer.CostOf(dearer.Found) && dearer.CostOf(dearer.Found) <= c.CostOf(c.Found) + SearchCase.LargestCost * c.Count;
    }

    /// <summary>Every way has as many steps, so a toll on each moves none, and no unit of cost does.</summary>
    [Law]
    public bool Doubling_the_costs_and_a_toll_on_every_step_change_nothing(SearchCase c) =>
        (c with { Costs = c.Costs.Map(row => row.Map(cost => 2 * cost + 3)) }).Found == c.Found;

    [Fact]
    public void The_largest_cost_allowed_is_taken()
    {
        var costs = Range(0, 5).Map(_ => Range(0, 6).Map(_ => 1e300).ToArr()).ToArr();
        Assert.Equal([4, 3, 2], SearchedTimesteps.Search(Timesteps.All(5), costs, 3).Valid().Values.AsEnumerable());
    }

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        string[] Faults(Arr<Arr<double>> costs, int count) => SearchedTimesteps.Search(Timesteps.All(2), costs, count).Faults();
        Assert.Equal(
            ["costs must be 2 rows of 3 numbers, got 1", "sampling-steps must lie in [1, 2], the number of candidates, got 3"],
            Faults(Array(Array(0.0, 1, 2)), 3));
        Assert.Equal(["costs must be 2 rows of 3 numbers, got 2"], Faults(Array(Array(0.0, 1, 2), Array(0.0, 1)), 1));
        Assert.Equal(
            [
                "costs[0][1] must lie in [0, 1E+300], got NaN",
                "costs[0][2] must lie in [0, 1E+300], got -1",
                "costs[1][2] must lie in [0, 1E+300], got Infinity",
                "sampling-steps must lie in [1, 2], the number of candidates, got 0",
            ],
            Faults(Array(Array(-5.0, double.NaN, -1), Array(double.NaN, double.NaN, double.PositiveInfinity)), 0));
    }

    public static class Searches
    {
        /// <summary>Numbers that are not looked at are NaN.</summary>
        public static Arbitrary<SearchCase> All() =>
            (from n in Gen.Choose(1, 7)
             from count in Gen.Choose(1, n)
             from gaps in Gen.Choose(1, 5).ArrayOf(n)
             from largest in Gen.Elements(1, 3, SearchCase.LargestCost)
             from costs in Gen.Choose(0, largest).ArrayOf(n * (n + 1))
             from end in Gen.Elements(true, false)
             let values = Enumerable.Range(0, n).Select(i => gaps.Skip(i).Sum())
             let given = Timesteps.Of(new Arr<int>(values), 100).Valid()
             let rows = Enumerable.Range(0, n).Select(i =>
                 new Arr<double>(Enumerable.Range(0, n + 1).Select(j => j > i ? costs[i * (n + 1) + j] : double.NaN)))
             select new SearchCase(end ? given.EndingAtFirstLevel() : given, new Arr<Arr<double>>(rows), count)).ToArbitrary();
    }
}

using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Sampling;

/// <summary>
/// Timesteps found by search (GITS, Chen et al. 2024, 2405.11326): the cheapest path in a given number of steps from the noisiest of many candidates
/// to the end. The cost of each single step was measured on a few trajectories.
/// </summary>
public static class SearchedTimesteps
{
    /// <summary>With this limit no sum of costs overflows. After an overflow no path would be the cheapest.</summary>
    private const double LargestCost = 1e300;

    /// <summary>Finds the cheapest path by dynamic programming, O(steps·n²).</summary>
    /// <param name="candidates">n timesteps. The path always visits the first one and ends where they end.</param>
    /// <param name="costs">
    /// costs[i][j], i &lt; j ≤ n: the error of one step from candidate i to candidate j, or to the end for j = n. n rows of n + 1 numbers in [0, 10³⁰⁰].
    /// Numbers with j ≤ i are ignored.
    /// </param>
    /// <param name="count">How many timesteps to visit, in [1, n].</param>
    /// <returns>The timesteps, or every fault. Between two paths of equal cost, the one that stays at noisier timesteps longer.</returns>
    public static Validation<Error, Timesteps> Search(Timesteps candidates, Arr<Arr<double>> costs, int count)
    {
        var n = candidates.Values.Count;
        var rightSize = costs.Count == n && costs.ForAll(row => row.Count == n + 1);
        var size = Check.That("costs", costs.Count, rightSize, Invariant($"must be {n} rows of {n + 1} numbers"));
        var inRange = costs.Map((i, row) => row.Map((j, cost) => Check.That(
            Invariant($"costs[{i}][{j}]"), cost, j <= i || cost is >= 0 and <= LargestCost, "must lie in [0, 1E+300]")).Sequence()).Sequence();
        return (size, inRange, Check.That("sampling-steps", count, count >= 1 && count <= n, Invariant($"must lie in [1, {n}], the number of candidates")))
            .Apply((_, _, steps) => candidates.Keep(Cheapest(costs, n, steps)));
    }

    private static Arr<int> Cheapest(Arr<Arr<double>> costs, int n, int count)
    {
        // best[i]: the cost of the path from i to the end in k steps; next[k][i]: the end of the first of k steps from i.
        var best = costs.Map(row => row[n]).ToArray();
        var next = new int[count + 1][];
        next[1] = Enumerable.Repeat(n, n).ToArray();
        for (var k = 2; k <= count; k++)
        {
            var longer = new double[n];
            next[k] = new int[n];
            for (var i = 0; i < n; i++)
            {
                longer[i] = double.PositiveInfinity;
                for (var j = i + 1; j < n; j++)
                {
                    if (costs[i][j] + best[j] < longer[i])
                    {
                        (longer[i], next[k][i]) = (costs[i][j] + best[j], j);
                    }
                }
            }

            best = longer;
        }

        var way = new int[count];
        for (var k = 1; k < count; k++)
        {
            way[k] = next[count - k + 1][way[k - 1]];
        }

        return new(way);
    }
}

using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Optimisation;

/// <summary>
/// The ways between ranks, the processes that compute together: a binomial tree with rank 0 at the root. Rank r covers the ranks from r to
/// r + 2^k − 1, where 2^k is the lowest bit of r that is 1; rank 0 covers all. What rank 0 tells reaches all in ⌈log₂ ranks⌉ messages, one after another.
/// </summary>
public static class RankTree
{
    /// <summary>The rank that tells a rank, and that hears of it; none for rank 0.</summary>
    /// <param name="rank">A rank, ≥ 0.</param>
    public static Option<int> Parent(int rank) => rank == 0 ? None : Some(rank & (rank - 1));

    /// <summary>The ranks that a rank tells, the nearest first. Each covers as many ranks as there are from it to the next.</summary>
    /// <param name="rank">A rank, in [0, ranks).</param>
    /// <param name="ranks">How many ranks there are, ≥ 1.</param>
    public static Arr<int> Children(int rank, int ranks) => toArray(Enumerable.Range(0, 31)
        .Select(level => 1 << level)
        .TakeWhile(step => rank + (long)step < ranks && (rank & step) == 0)
        .Select(step => rank + step));
}

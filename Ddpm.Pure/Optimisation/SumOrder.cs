using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Optimisation;

/// <summary>A way to choose the order in which the gradients of a batch's shares are added. Floating-point sums depend on it.</summary>
public enum GradientSum
{
    /// <summary>A balanced binary tree: the sum of the first half of the shares plus the sum of the second half.</summary>
    Balanced,

    /// <summary>One share after another. Runs before edition 5 have it.</summary>
    Sequential,
}

/// <summary>
/// The order of a sum, as a program of additions. Who adds, and when, changes no bit: each addition waits for its two numbers, and a + b has the same bits as
/// b + a (IEEE 754, section 6.3).
/// </summary>
public sealed record SumOrder
{
    private readonly Arr<(int Addition, int Partner)> _next; // of each value but the last

    private SumOrder(int terms, Arr<(int First, int Second)> additions)
    {
        (Terms, Additions) = (terms, additions);
        var next = new (int, int)[terms + additions.Count - 1];
        for (var i = 0; i < additions.Count; i++)
        {
            var (first, second) = additions[i];
            (next[first], next[second]) = ((terms + i, second), (terms + i, first));
        }

        _next = toArray(next);
    }

    /// <summary>n ≥ 1, the numbers to add. They are the values 0 to n − 1.</summary>
    public int Terms { get; }

    /// <summary>The n − 1 additions. Addition i makes value n + i of two earlier values. The last value is the sum.</summary>
    public Arr<(int First, int Second)> Additions { get; }

    /// <summary>The additions on the longest way from a term to the sum.</summary>
    public int Levels
    {
        get
        {
            var levels = new int[Terms + Additions.Count];
            for (var i = 0; i < Additions.Count; i++)
            {
                levels[Terms + i] = 1 + Math.Max(levels[Additions[i].First], levels[Additions[i].Second]);
            }

            return levels[^1];
        }
    }

    /// <summary>The order for a number of terms.</summary>
    /// <param name="kind">How to choose it.</param>
    /// <param name="terms">n ≥ 1.</param>
    public static SumOrder Of(GradientSum kind, int terms)
    {
        var additions = new List<(int, int)>();
        int Added(int first, int second)
        {
            additions.Add((first, second));
            return terms + additions.Count - 1;
        }

        int Half(int first, int count) => count == 1 ? first : Added(Half(first, count / 2), Half(first + count / 2, count - count / 2));

        _ = kind switch
        {
            GradientSum.Balanced => Half(0, terms),
            GradientSum.Sequential => Enumerable.Range(0, terms).Aggregate(Added),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return new(terms, toArray(additions));
    }

    /// <summary>The addition that a value goes into.</summary>
    /// <param name="value">A value, in [0, 2n − 1).</param>
    /// <returns>The value that the addition makes, and the other value that it needs; none for the sum.</returns>
    public Option<(int Sum, int Partner)> Next(int value) => value == Terms + Additions.Count - 1 ? Option<(int, int)>.None : _next[value];
}

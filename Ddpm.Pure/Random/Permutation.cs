using LanguageExt;

namespace Ddpm.Pure.Random;

/// <summary>Random orders of 0 … n−1.</summary>
public static class Permutation
{
    /// <summary>
    /// A random permutation by Fisher and Yates' shuffle from the front: place i receives one of the n − i remaining items, chosen by the draw at position i.
    /// Every n ≥ 0 gives a bijection.
    /// </summary>
    public static Arr<int> Of(Draws draws, int n)
    {
        var order = new int[n];
        for (var i = 0; i < n; i++)
        {
            order[i] = i;
        }

        for (var i = 0; i < n; i++)
        {
            var j = i + draws.Below(i, n - i);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return new(order);
    }
}

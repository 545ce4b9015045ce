namespace Ddpm.Pure.Data;

/// <summary>
/// Natural order of names: 2 before 10. Text other than numbers compares by character code, and so do two spellings of one number.
/// </summary>
internal sealed class NaturalOrder : IComparer<string>
{
    private NaturalOrder()
    {
    }

    /// <summary>The order.</summary>
    public static NaturalOrder Comparer { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return string.CompareOrdinal(x, y);
        }

        var (i, j) = (0, 0);
        while (i < x.Length && j < y.Length)
        {
            var (one, other) = (Digits(x, i), Digits(y, j));
            if (one == 0 || other == 0)
            {
                if (x[i] != y[j])
                {
                    return x[i].CompareTo(y[j]);
                }

                (i, j) = (i + 1, j + 1);
                continue;
            }
            var order = Numbers(x.AsSpan(i, one).TrimStart('0'), y.AsSpan(j, other).TrimStart('0'));
            if (order != 0)
            {
                return order;
            }

            (i, j) = (i + one, j + other);
        }
        var rest = (x.Length - i).CompareTo(y.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(x, y);
    }

    private static int Digits(string text, int from)
    {
        var end = from;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - from;
    }

    private static int Numbers(ReadOnlySpan<char> one, ReadOnlySpan<char> other) =>
        one.Length != other.Length ? one.Length.CompareTo(other.Length) : one.SequenceCompareTo(other);
}

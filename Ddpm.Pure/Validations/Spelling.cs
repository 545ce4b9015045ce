using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Validations;

/// <summary>Suggestions for misspelt words, and short lists of names.</summary>
internal static class Spelling
{
    /// <summary>Names, each without what it shares with the name before it: dpmpp-1, -2m, -3m.</summary>
    public static IEnumerable<string> Abbreviated(IEnumerable<string> names)
    {
        var (stem, shortened) = ("", new List<string>());
        foreach (var name in names)
        {
            var continues = stem.Length > 0 && name.StartsWith(stem + "-", StringComparison.Ordinal);
            shortened.Add(continues ? name[stem.Length..] : name);
            var digit = name.AsSpan().IndexOfAnyInRange('0', '9');
            stem = continues ? stem : digit > 0 ? name[..(digit - 1)] : name;
        }

        return shortened;
    }

    /// <summary>
    /// The edit distance of two words: the fewest insertions, deletions, changes and swaps of neighbouring letters, each place edited once (Damerau 1964;
    /// optimal string alignment).
    /// </summary>
    public static int Distance(string one, string other)
    {
        var rows = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var changed = rows[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(changed, 1 + Math.Min(rows[i - 1, j], rows[i, j - 1]));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], 1 + rows[i - 2, j - 2]);
                }
            }
        }

        return rows[one.Length, other.Length];
    }

    /// <summary>
    /// The nearest known word; among equally near words, the first. None if its distance exceeds both 2 and a third of its letters.
    /// </summary>
    public static Option<string> Nearest(string typed, Seq<string> known) =>
        toSeq(known.OrderBy(word => Distance(typed, word)).ToArray())
            .HeadOrNone()
            .Filter(word => Distance(typed, word) <= Math.Max(2, word.Length / 3));
}

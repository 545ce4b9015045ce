using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Validations;

/// <summary>What somebody may have meant.</summary>
public static class Spelling
{
    /// <summary>How many letters have to be put in, taken out, changed or swapped with their neighbour to make one word of another (Damerau 1964, each place once).</summary>
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

    /// <summary>The nearest of some words, the first of those equally near; none where a third of its letters, and two at least, would not do.</summary>
    public static Option<string> Nearest(string said, Seq<string> known) => toSeq(known.OrderBy(word => Distance(said, word)).ToArray()).HeadOrNone()
        .Filter(word => Distance(said, word) <= Math.Max(2, word.Length / 3));
}

using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Images;

/// <summary>Odd pictures, counted.</summary>
public static class PictureCounts
{
    /// <summary>Levels of a camera or scanner of 12 bits, kept in 16.</summary>
    public const int TwelveBits = 4096;

    /// <summary>A line for each kind of odd pictures that there are.</summary>
    /// <param name="pictures">What is odd about each.</param>
    /// <param name="background">What transparent ones lie on.</param>
    public static Seq<string> Remarks(Seq<PictureTraits> pictures, Background background)
    {
        Seq<string> Count(PictureTraits trait, string one, string more) => pictures.Count(traits => traits.HasFlag(trait)) switch
        {
            0 => Seq<string>(),
            1 => Seq1($"1 picture {one}"),
            var count => Seq1(Invariant($"{count} pictures {more}")),
        };
        var became = $"transparent in parts, which became {background}: --background names another colour";
        return Count(PictureTraits.Transparent, $"is {became}", $"are {became}")
            + Count(PictureTraits.Invisible, "is wholly transparent", "are wholly transparent")
            + Count(PictureTraits.OneColour, "is of one colour all over", "are of one colour all over")
            + Count(PictureTraits.Dark, "of 16 bits stays below 4096 and is nearly black", "of 16 bits stay below 4096 and are nearly black");
    }
}

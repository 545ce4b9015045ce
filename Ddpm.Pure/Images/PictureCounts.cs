using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Images;

/// <summary>Counts the unusual pictures of a data set.</summary>
internal static class PictureCounts
{
    /// <summary>The number of levels of a 12-bit camera or scanner. Its pictures are often stored with 16 bits.</summary>
    public const int TwelveBits = 4096;

    /// <summary>One warning for each trait that occurs.</summary>
    /// <param name="pictures">The traits of each picture.</param>
    /// <param name="background">The background behind transparent pictures.</param>
    public static Seq<string> Warnings(Seq<PictureTraits> pictures, Background background)
    {
        Seq<string> Count(PictureTraits trait, string one, string more) => pictures.Count(traits => traits.HasFlag(trait)) switch
        {
            0 => Seq<string>(),
            1 => Seq1($"1 picture {one}"),
            var count => Seq1(Invariant($"{count} pictures {more}")),
        };
        var became = $"partly transparent, and {background} is behind the transparent parts: --background changes that";
        return Count(PictureTraits.Transparent, $"is {became}", $"are {became}")
            + Count(PictureTraits.Invisible, "is fully transparent", "are fully transparent")
            + Count(PictureTraits.OneColour, "has only one colour", "have only one colour")
            + Count(PictureTraits.Dark, "of 16 bits stays below 4096 and is nearly black", "of 16 bits stay below 4096 and are nearly black");
    }
}

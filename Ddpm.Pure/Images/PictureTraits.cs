namespace Ddpm.Pure.Images;

/// <summary>What is odd about a picture: it can be used, but perhaps is not what its owner thinks.</summary>
[Flags]
public enum PictureTraits
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Some of it is transparent.</summary>
    Transparent = 1,

    /// <summary>All of it is.</summary>
    Invisible = 2,

    /// <summary>All of its pixels are of one colour.</summary>
    OneColour = 4,

    /// <summary>It has 16 bits for a level, and none is above 4095: as if it were of 12 bits, and nearly black.</summary>
    Dark = 8,
}

namespace Ddpm.Pure.Images;

/// <summary>Unusual traits of a picture. The picture is usable, but perhaps not what its owner expects.</summary>
[Flags]
internal enum PictureTraits
{
    /// <summary>No unusual trait.</summary>
    None = 0,

    /// <summary>Some of it is transparent.</summary>
    Transparent = 1,

    /// <summary>All of it is transparent.</summary>
    Invisible = 2,

    /// <summary>All of its pixels have one colour.</summary>
    OneColour = 4,

    /// <summary>It has 16 bits a level, but no level above 4095: probably a 12-bit picture, which looks nearly black.</summary>
    Dark = 8,
}

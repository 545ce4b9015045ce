
namespace Ddpm.Pure.Formats.Pictures;

/// <summary>The readable picture formats.</summary>
internal enum PictureFormat
{
    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG: baseline, extended or progressive, 8 bits, Huffman-coded.</summary>
    Jpeg,

    /// <summary>WebP, lossy or lossless; no animation.</summary>
    Webp,

    /// <summary>The first frame of a GIF.</summary>
    Gif,

    /// <summary>An uncompressed Windows bitmap.</summary>
    Bmp,

    /// <summary>The first picture of a TIFF, in strips.</summary>
    Tiff,
}


namespace Ddpm.Pure.Formats.Pictures;

/// <summary>The formats of pictures that are read.</summary>
public enum PictureFormat
{
    /// <summary>Portable Network Graphics.</summary>
    Png,

    /// <summary>JPEG: baseline, extended or progressive, 8 bits, Huffman-coded.</summary>
    Jpeg,

    /// <summary>WebP, lossy or lossless; no animation.</summary>
    Webp,

    /// <summary>The first frame of a GIF.</summary>
    Gif,

    /// <summary>A Windows bitmap that is not compressed.</summary>
    Bmp,
}

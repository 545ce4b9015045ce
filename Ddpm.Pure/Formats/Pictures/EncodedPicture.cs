using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>
/// A picture file, checked without decoding its pixels: its format by signature, its size, and that none of its data is missing. A decoder gets
/// <see cref="Content"/>, never the file. The content has no metadata, because most surprises hide there.
/// </summary>
/// <param name="Format">The format according to the file's first bytes.</param>
/// <param name="Width">Pixels in a stored row.</param>
/// <param name="Height">Stored rows.</param>
/// <param name="Content">The file without metadata and everything else that decoding does not need.</param>
/// <param name="BitDepth">The bits of a level: 16, or 8 for 8 or fewer.</param>
/// <param name="Orientation">The orientation of the stored pixels: Exif's number, 1 to 8.</param>
/// <param name="Deflated">The zlib-compressed parts of the pixels in PNG and TIFF; empty for other compressions.</param>
internal sealed record EncodedPicture(
    PictureFormat Format, int Width, int Height, ReadOnlyMemory<byte> Content, int BitDepth = 8, int Orientation = 1,
    Arr<DeflatedPart> Deflated = default)
{
    /// <summary>The most pixels of one picture, and of all pictures decoded at the same time: 8192×8192.</summary>
    public const int MostPixels = 64 << 20;

    /// <summary>The most bytes of a picture's file.</summary>
    public const int MostBytes = 64 << 20;

    /// <summary>The formats in words.</summary>
    public const string Formats = "PNG, JPEG, WebP, GIF, BMP and TIFF";

    /// <summary>The number of pixels.</summary>
    public long Pixels => (long)Width * Height;

    /// <summary>Checks a file.</summary>
    /// <returns>The picture; or the fault of the file. Never throws, whatever the bytes.</returns>
    public static Fin<EncodedPicture> Read(ReadOnlyMemory<byte> file) => FormatOf(file.Span).Match(
        format => format switch
        {
            PictureFormat.Png => PngFile.Read(file),
            PictureFormat.Jpeg => JpegFile.Read(file),
            PictureFormat.Webp => WebpFile.Read(file),
            PictureFormat.Gif => GifFile.Read(file),
            PictureFormat.Bmp => BmpFile.Read(file),
            PictureFormat.Tiff => TiffFile.Read(file),
            _ => throw new ArgumentOutOfRangeException(nameof(file), format, "no such format"),
        },
        () => Error.New(file.IsEmpty ? "it is empty" : $"its content is not in one of the formats {Formats}"));

    /// <summary>The format according to a file's first bytes.</summary>
    public static Option<PictureFormat> FormatOf(ReadOnlySpan<byte> file) =>
        file.StartsWith(PngFile.Signature) ? PictureFormat.Png
        : file is [0xff, 0xd8, 0xff, ..] ? PictureFormat.Jpeg
        : file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) ? PictureFormat.Webp
        : file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8) ? PictureFormat.Gif
        : file.StartsWith("BM"u8) ? PictureFormat.Bmp
        : file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8) ? PictureFormat.Tiff
        : Option<PictureFormat>.None;

    /// <summary>Checks that a size can be decoded.</summary>
    internal static Option<Error> FaultOf(long width, long height) =>
        width < 1 || height < 1 ? Error.New(Invariant($"its header announces {width}×{height} pixels"))
        : width * height > MostPixels ? Error.New(Invariant($"it has {width}×{height} pixels, but at most {MostPixels} are supported"))
        : Option<Error>.None;

    internal static Error CutShort(string what) => Error.New($"it is damaged or cut short: {what}");
}

using System.Text;

namespace Ddpm.Pure.Images;

/// <summary>The simplest file of a picture that viewers know: PGM for grey, PPM for colour (Poskanzer's netpbm, binary).</summary>
public static class Netpbm
{
    /// <summary>The file of a picture.</summary>
    public static byte[] Write(PixelImage picture) =>
        [.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"P{(picture.Channels == 1 ? 5 : 6)}\n{picture.Width} {picture.Height}\n255\n")), .. picture.Pixels.Span];
}

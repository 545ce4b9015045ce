using System.Text;

namespace Ddpm.Pure.Images;

/// <summary>The simplest picture format that viewers know: binary PGM for grey, PPM for colour (Poskanzer's netpbm).</summary>
public static class Netpbm
{
    /// <summary>The file of a picture.</summary>
    public static byte[] Write(PixelImage picture)
    {
        var header = FormattableString.Invariant($"P{(picture.Channels == 1 ? 5 : 6)}\n{picture.Width} {picture.Height}\n255\n");
        return [.. Encoding.ASCII.GetBytes(header), .. picture.Pixels.Span];
    }
}

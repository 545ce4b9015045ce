using Ddpm.Pure.Images;
using ImageMagick;
using ImageMagick.Formats;

namespace Ddpm.Host.Pictures;

/// <summary>Portable Network Graphics.</summary>
public static class Png
{
    /// <summary>A PNG file of 8-bit grey or RGB: nothing is lost, and the same picture always gives the same bytes.</summary>
    public static byte[] Encode(PixelImage picture)
    {
        using var image = new MagickImage(picture.Pixels.Span, new MagickReadSettings
        {
            Format = picture.Channels == 1 ? MagickFormat.Gray : MagickFormat.Rgb,
            Width = (uint)picture.Width,
            Height = (uint)picture.Height,
            Depth = 8,
        });
        // Said, for Magick would choose the colour type by content, and write the time and its own idea of what a grey level is.
        image.Settings.SetDefine(MagickFormat.Png, "color-type", picture.Channels == 1 ? "0" : "2");
        image.Settings.SetDefine(MagickFormat.Png, "bit-depth", "8");
        image.Settings.SetDefines(new PngWriteDefines { ExcludeChunks = PngChunkFlags.All });
        return image.ToByteArray(MagickFormat.Png);
    }
}

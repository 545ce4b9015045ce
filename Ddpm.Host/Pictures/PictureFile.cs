using Ddpm.Pure.Images;
using ImageMagick;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Pictures;

/// <summary>Pictures that a user brings: PNG or JPEG.</summary>
public static class PictureFile
{
    private const long MostBytes = 64 << 20;
    private const uint MostPixels = 16384;

    /// <summary>Reads a picture, cuts its middle to a square and scales that.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">Height and width wanted.</param>
    /// <param name="channels">1 for grey, 3 for colour.</param>
    /// <returns>The picture, or why the file cannot be used.</returns>
    public static Fin<PixelImage> Read(string path, int size, int channels)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return Error.New($"there is no picture {path}");
            }

            if (file.Length > MostBytes)
            {
                return Error.New($"{path} cannot be read as a picture: it has {file.Length} bytes, and more than {MostBytes} are not read");
            }

            using var image = new MagickImage();
            image.Ping(path);
            if (image.Format is not (MagickFormat.Png or MagickFormat.Jpeg) || image.Width > MostPixels || image.Height > MostPixels)
            {
                return Error.New($"{path} cannot be read as a picture: it must be a PNG or JPEG of at most {MostPixels}×{MostPixels} pixels, got {image.Format}, {image.Width}×{image.Height}");
            }

            image.Read(path);
            image.AutoOrient();
            image.BackgroundColor = MagickColors.Black;
            image.Alpha(AlphaOption.Remove);
            var edge = Math.Min(image.Width, image.Height);
            image.Crop(new MagickGeometry((int)(image.Width - edge) / 2, (int)(image.Height - edge) / 2, edge, edge));
            image.ResetPage();
            image.Resize((uint)size, (uint)size);
            image.ColorSpace = channels == 1 ? ColorSpace.Gray : ColorSpace.sRGB;
            image.Depth = 8;
            return PixelImage.Create(size, size, channels, image.ToByteArray(channels == 1 ? MagickFormat.Gray : MagickFormat.Rgb));
        }
        catch (Exception e) when (e is MagickException or IOException or UnauthorizedAccessException)
        {
            return Error.New($"{path} cannot be read as a picture: {e.Message.Split('\n')[0]}");
        }
    }
}

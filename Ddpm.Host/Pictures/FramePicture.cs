using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Formats.Pictures;
using LanguageExt;
using LanguageExt.Common;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Pictures;

/// <summary>The frames of an animation as small pictures of their own.</summary>
internal static class FramePicture
{
    private const int LargestFile = 1 << 30, Quality = 60;

    /// <summary>Reads frames of a GIF, one at a time, however many there are.</summary>
    /// <param name="path">The file, whose frames cover its canvas as those of `sample` do.</param>
    /// <param name="most">The most frames wanted, at even distances; the last is one of them.</param>
    /// <returns>The frames as WebP; or what is wrong with the file.</returns>
    public static Fin<Seq<byte[]>> ReadWebp(string path, int most) =>
        Folders.Read(path, LargestFile).Bind(bytes => GifFile.Frames(bytes)).Bind(frames =>
        {
            if (!frames.ForAll(frame => frame.IsWhole))
            {
                return Error.New("its frames do not cover the canvas, so sample did not write it");
            }

            var every = ((frames.Count - 1) / most) + 1;
            var chosen = toSeq(frames.Where((_, i) => (frames.Count - 1 - i) % every == 0).ToArray());
            return chosen.Map(frame => frame.Picture().Bind(Webp)).Sequence();
        }).At($"{path} cannot be read as an animation");

    private static Fin<byte[]> Webp(EncodedPicture frame) => PictureDecoder.Decode<Rgb24>(frame).Map(image =>
    {
        using (image)
        using (var file = new MemoryStream())
        {
            image.Save(file, new WebpEncoder { FileFormat = WebpFileFormatType.Lossy, Quality = Quality, Method = WebpEncodingMethod.Fastest });
            return file.ToArray();
        }
    });
}

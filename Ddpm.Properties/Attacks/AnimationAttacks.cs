using System.Text;
using Ddpm.Host.Pictures;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Images;
using ImageMagick;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Attacks.SamplePictures;

namespace Ddpm.Properties.Attacks;

/// <summary>Animations in place of pictures, and other files in place of animations.</summary>
public sealed class AnimationAttacks
{
    [Fact]
    public void An_animation_as_webp_is_refused_and_of_a_gif_the_first_frame_is_read()
    {
        using var frames = new MagickImageCollection();
        foreach (var colour in (MagickColor[])[MagickColors.Red, MagickColors.Blue])
        {
            frames.Add(new MagickImage(colour, 20, 20));
        }

        Assert.Contains("it is an animated WebP", Read(frames.ToByteArray(MagickFormat.WebP)).Message(), StringComparison.Ordinal);
        Assert.Equal([255, 0, 0], Picture(frames.ToByteArray(MagickFormat.Gif)).Pixels[..3].ToArray());
    }

    /// <summary>The report shows the animation of a run's folder, where somebody may have put another file.</summary>
    [Fact]
    public void An_animation_is_read_frame_by_frame_and_another_file_in_its_place_is_refused()
    {
        var path = Path.GetTempFileName();
        try
        {
            Fin<Seq<byte[]>> Frames(byte[] file)
            {
                File.WriteAllBytes(path, file);
                return FramePicture.ReadWebp(path, most: 10);
            }

            PixelImage Plain(int level) => PixelImage.Create(8, 8, 1, [.. Enumerable.Repeat((byte)level, 64)]);
            var film = Gif.Encode(Enumerable.Range(0, 25).Select(i => new TimedPicture(Plain(10 * i), 5)));
            var frames = Frames(film).Valid();
            Assert.Equal(9, frames.Count); // every third, the last among them
            foreach (var (i, frame) in frames.ToArray().Index())
            {
                using var decoded = new MagickImage(frame, MagickFormat.WebP);
                using var pixels = decoded.GetPixels();
                Assert.InRange(pixels.ToByteArray("R")![0], (30 * i) - 6, (30 * i) + 6);
            }

            foreach (var content in PictureAttacks.OtherContents())
            {
                Assert.Contains("cannot be read as an animation", Frames(Encoding.Latin1.GetBytes((string)content[0])).Message(), StringComparison.Ordinal);
            }

            for (var tenth = 0; tenth < 10; tenth++)
            {
                _ = Frames(film[..(film.Length * tenth / 10)]).Message();
            }

            // A hundred frames of 8192×8192 pixels in a few bytes each.
            byte[] frame8192 = [0x2c, 0, 0, 0, 0, 0, 0x20, 0, 0x20, 0, 2, 2, 0x4c, 0x01, 0];
            var frames8192 = Enumerable.Repeat(frame8192, 100).SelectMany(bytes => bytes);
            byte[] bomb = [.. "GIF89a"u8, 0, 0x20, 0, 0x20, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, .. frames8192, 0x3b];
            var (read, allocated) = Decoding.Allocated(() => Frames(bomb));
            Assert.Contains("its data end before its picture does", read.Message(), StringComparison.Ordinal);
            Assert.InRange(allocated, 0, Decoding.Allowance * 2);
        }
        finally
        {
            File.Delete(path);
        }
    }
}

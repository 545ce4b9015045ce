using System.Runtime.InteropServices;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Formats.Pictures;
using Ddpm.Pure.Images;
using LanguageExt;
using LanguageExt.Common;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.PixelFormats;

namespace Ddpm.Host.Pictures;

/// <summary>Pictures that a user brings. We read the bytes, and what they are is decided from them alone.</summary>
internal static class PictureFile
{
    /// <summary>Reads a picture, cuts the middle of the upright picture to the shape of the image and scales that.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shape">What it is to become.</param>
    /// <param name="background">What shows through it.</param>
    /// <returns>The picture, or why the file cannot be used.</returns>
    public static Fin<ReadPicture> Read(string path, PictureShape shape, Background background) =>
        Read(path, shape, background, PixelBudget.Unlimited);

    /// <summary>As above, beside others that are read at the same time and share a budget.</summary>
    internal static Fin<ReadPicture> Read(string path, PictureShape shape, Background background, PixelBudget budget)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return Error.New($"there is no picture {path}");
            }

            // A pipe, a socket, a device and the files of /proc say that they hold nothing. None of them is opened: a pipe would wait for whoever writes.
            var length = (file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file).Length;
            return (length == 0
                ? Error.New("it is empty, or not an ordinary file")
                : length > EncodedPicture.MostBytes
                    ? Error.New($"it has {length} bytes, but at most {EncodedPicture.MostBytes} are supported")
                    : budget.Files.Use(length, () =>
                        from bytes in Folders.Read(path, EncodedPicture.MostBytes)
                        from picture in Of(bytes, shape, background, budget)
                        select picture)).At($"{path} cannot be read as a picture");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Error.New($"{path} cannot be read as a picture: {e.Message.Split('\n')[0]}");
        }
    }

    /// <summary>Reads a picture from its file's bytes.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="shape">The size and channels of the result.</param>
    /// <param name="background">The colour behind transparent pixels.</param>
    /// <param name="budget">Limits the memory of pictures that are read at the same time; null for no limit.</param>
    /// <returns>The picture, or what is wrong with it. Never throws, whatever the bytes.</returns>
    internal static Fin<ReadPicture> Of(ReadOnlyMemory<byte> file, PictureShape shape, Background background, PixelBudget? budget = null) =>
        EncodedPicture.Read(file).Bind(encoded => (budget ?? PixelBudget.Unlimited).Pixels.Use(encoded.Pixels, () =>
            from middle in encoded.BitDepth == 16 ? MiddleOf16Bits(encoded, shape.Size, background) : MiddleOf8Bits(encoded, shape.Size, background)
            let orientation = Orientation.OfExif(encoded.Orientation)
            let stored = orientation.Turned(shape.Size)
            let scaled = orientation.Upright(Resampling.To(middle.Picture, stored.Width, stored.Height))
            select middle with { Picture = shape.Channels == 1 ? scaled.Grey() : scaled }));

    private static Fin<ReadPicture> MiddleOf8Bits(EncodedPicture encoded, ImageSize size, Background background) =>
        PictureDecoder.Decode<Rgba32>(encoded).Map(image =>
        {
            using (image)
            {
                return Middle(image, encoded.Orientation, size, background);
            }
        });

    private static Fin<ReadPicture> MiddleOf16Bits(EncodedPicture encoded, ImageSize size, Background background) =>
        PictureDecoder.Decode<Rgba64>(encoded).Map(image =>
        {
            using (image)
            using (var rounded = image.CloneAs<Rgba32>(PictureDecoder.Bounded))
            {
                var dark = Enumerable.Range(0, image.Height).All(y => !MemoryMarshal.ToEnumerable<Rgba64>(image.DangerousGetPixelRowMemory(y))
                    .Any(pixel => Math.Max(pixel.R, Math.Max(pixel.G, pixel.B)) >= PictureCounts.TwelveBits));
                var middle = Middle(rounded, encoded.Orientation, size, background);
                return middle with { Traits = middle.Traits | (dark ? PictureTraits.Dark : PictureTraits.None) };
            }
        });

    /// <summary>The middle of a picture before its background.</summary>
    private static ReadPicture Middle(Image<Rgba32> image, int orientation, ImageSize size, Background background)
    {
        var (left, top, cut) = Orientation.OfExif(orientation).Middle(new(image.Height, image.Width), size);
        var (pixels, stride) = (new byte[3 * cut.Pixels], 3 * cut.Width);
        var (opaque, visible) = (true, false);
        for (var y = 0; y < cut.Height; y++)
        {
            var row = image.DangerousGetPixelRowMemory(top + y).Span.Slice(left, cut.Width);
            foreach (var pixel in row)
            {
                opaque &= pixel.A == byte.MaxValue;
                visible |= pixel.A > 0;
            }

            background.Flatten(MemoryMarshal.AsBytes(row), pixels.AsSpan(y * stride, stride));
        }

        var plain = pixels.AsSpan(3).SequenceEqual(pixels.AsSpan(0, pixels.Length - 3)); // each pixel is as the one before it
        PictureTraits If(bool odd, PictureTraits trait) => odd ? trait : PictureTraits.None;
        return new(
            PixelImage.Create(cut.Width, cut.Height, 3, pixels),
            If(!opaque, PictureTraits.Transparent) | If(!visible, PictureTraits.Invisible) | If(plain, PictureTraits.OneColour));
    }
}

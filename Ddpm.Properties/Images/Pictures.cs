using Ddpm.Pure.Images;
using FsCheck;
using FsCheck.Fluent;

namespace Ddpm.Properties.Images;

/// <summary>A batch of equally large 8-bit images, N×H×W×C.</summary>
public sealed record ImageBatch(int Count, int Width, int Height, int Channels, byte[] Levels)
{
    public int Size => Width * Height * Channels;

    public byte this[int image, int x, int y, int channel] => Levels[image * Size + (y * Width + x) * Channels + channel];

    public PixelImage Picture(int image) => PixelImage.Create(Width, Height, Channels, Levels.AsSpan(image * Size, Size));
}

/// <summary>Generators of images, small enough that a hundred of them take no time.</summary>
public static class Pictures
{
    public static Gen<ImageBatch> Batches(int channels, int most = 12) =>
        from count in Gen.Choose(1, most)
        from width in Gen.Choose(1, 6)
        from height in Gen.Choose(1, 6)
        from levels in Generators.Bytes(count * width * height * channels)
        select new ImageBatch(count, width, height, channels, levels);

    public static Arbitrary<ImageBatch> ImageBatches() => Gen.Elements(1, 3).SelectMany(channels => Batches(channels)).ToArbitrary();

    public static Arbitrary<PixelImage> PixelImages() =>
        Gen.Elements(1, 3).SelectMany(channels => Batches(channels, most: 1)).Select(batch => batch.Picture(0)).ToArbitrary();

    /// <summary>Whether a picture shows another picture, grey or with the same channels, with its corner at a place.</summary>
    public static bool Shows(this PixelImage whole, PixelImage part, int left, int top)
    {
        if (left + part.Width > whole.Width || top + part.Height > whole.Height)
        {
            return false;
        }

        // From the right, where the texts of these laws have ink: paper is found everywhere.
        for (var x = part.Width - 1; x >= 0; x--)
        {
            for (var y = 0; y < part.Height; y++)
            {
                for (var c = 0; c < whole.Channels; c++)
                {
                    if (whole[left + x, top + y, c] != part[x, y, part.Channels == 1 ? 0 : c])
                    {
                        return false;
                    }
                }
            }
        }

        return true;
    }
}

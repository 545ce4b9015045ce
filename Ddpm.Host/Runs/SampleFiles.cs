using Ddpm.Gpu.Sampling;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>Generated images as files.</summary>
/// <param name="Scale">How values become pixels.</param>
/// <param name="Rows">The label of the row that an image, by its place, is drawn in; none for one grid without labels.</param>
public sealed record SampleFiles(PixelScale Scale, Option<Func<int, string>> Rows = default)
{
    /// <summary>The sides of a grid, enlarged, are at most so long: more images than fit are no picture to look at.</summary>
    private const int Enlargement = 2, LongestSide = 6144;

    // All are drawn up to the first number; of more, as many as the second: who looks at a picture wants to see them, and ten thousand make a film of 92 MB.
    private const int MostDrawn = 400, DrawnOfMore = 100;

    /// <summary>How many images of a size are drawn, of those that there are.</summary>
    public static int Drawn(int count, int size)
    {
        var across = Math.Max(1, LongestSide / (Enlargement * (size + 2)));
        return count <= Math.Min(MostDrawn, across * across) ? count : Math.Min(DrawnOfMore, across * across);
    }

    /// <summary>Writes a grid into a folder as PNG, enlarged so that small images can be seen.</summary>
    public Fin<Unit> WriteGrid(RunFolder folder, string path, GeneratedImages images) => folder.Write(path, Png.Encode(Picture(images)));

    /// <summary>The picture of a grid, enlarged.</summary>
    public PixelImage Picture(GeneratedImages images) => Rows.Match(label => Labelled(First(images), label), () => Grid(images).Enlarge(Enlargement));

    /// <summary>Writes the images as an array of bytes, N×H×W or N×H×W×C.</summary>
    public Fin<Unit> WriteArray(RunFolder folder, string path, GeneratedImages images)
    {
        var shape = Array<long>(images.Count, images.Size, images.Size);
        return NpyArray.Create(NpyType.U1, images.Channels == 1 ? shape : shape.Add(images.Channels), Levels(images)).Match(
            array => folder.Write(path, Npy.Write(array)),
            faults => FinFail<Unit>(faults.Head));
    }

    /// <summary>Writes the class of each image as an array of bytes.</summary>
    public static Fin<Unit> WriteLabels(RunFolder folder, string path, IEnumerable<int> classes)
    {
        byte[] labels = [.. classes.Select(label => checked((byte)label))];
        return NpyArray.Create(NpyType.U1, Array<long>(labels.Length), labels).Match(array => folder.Write(path, Npy.Write(array)), faults => FinFail<Unit>(faults.Head));
    }

    /// <summary>Writes an animation of grids as GIF, not enlarged: noise does not compress, and twice the size would be twenty megabytes.</summary>
    public Fin<Unit> WriteAnimation(RunFolder folder, string path, Arr<AnimationFrame> frames, IReadOnlyList<GeneratedImages> moments) =>
        folder.Write(path, Gif.Encode(frames.Zip(moments, (frame, images) => new TimedPicture(Grid(images), frame.Delay))));

    /// <summary>A row for each label, in the order in which they first come.</summary>
    private PixelImage Labelled(GeneratedImages images, Func<int, string> label)
    {
        var (levels, pixels) = (Levels(images), images.Channels * images.Size * images.Size);
        return LabelledRows.Draw(Enumerable.Range(0, images.Count).GroupBy(label).Select(row => (row.Key, ImageGrid.For(row.Count(), images.Size, images.Size, row.Count())
            .Draw(row.SelectMany(image => levels.AsSpan(image * pixels, pixels).ToArray()).ToArray(), images.Channels).Enlarge(Enlargement))));
    }

    private PixelImage Grid(GeneratedImages images)
    {
        var first = First(images);
        return ImageGrid.For(first.Count, first.Size, first.Size).Draw(Levels(first), first.Channels);
    }

    private static GeneratedImages First(GeneratedImages images)
    {
        var drawn = Drawn(images.Count, images.Size);
        return images with { Count = drawn, Values = images.Values[..(drawn * images.Channels * images.Size * images.Size)] };
    }

    private byte[] Levels(GeneratedImages images)
    {
        var levels = new byte[images.Values.Length];
        Scale.ToLevels(images.Values.Span, images.Channels, images.Size, images.Size, levels);
        return levels;
    }
}

using Ddpm.Gpu.Sampling;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>Generated images as bytes, N×H×W×C.</summary>
/// <param name="Count">N.</param>
/// <param name="Channels">C.</param>
/// <param name="Size">H and W.</param>
/// <param name="Bytes">N·H·W·C bytes.</param>
internal sealed record ImageLevels(int Count, int Channels, ImageSize Size, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The first images.</summary>
    public ImageLevels Take(int count) => this with { Count = count, Bytes = Bytes[..(count * Channels * Size.Pixels)] };
}

/// <summary>Generated images as files.</summary>
/// <param name="Scale">How values become pixels.</param>
/// <param name="Rows">The label of the row that an image, by its place, is drawn in; none for one grid without labels.</param>
internal sealed record SampleFiles(PixelScale Scale, Option<Func<int, string>> Rows = default)
{
    /// <summary>The longest side of an enlarged grid. More images than fit make no picture to look at.</summary>
    private const int Enlargement = 2, LongestSide = 6144;

    // Up to the first number, all images are drawn. Of more, the second number: a reader wants to see them, and ten thousand make an animation of 92 MB.
    private const int MostDrawn = 400, DrawnOfMore = 100;

    /// <summary>How many images of a size are drawn, of those that there are.</summary>
    public static int Drawn(int count, ImageSize size)
    {
        var across = Math.Max(1, LongestSide / (Enlargement * (Math.Max(size.Height, size.Width) + 2)));
        return count <= Math.Min(MostDrawn, across * across) ? count : Math.Min(DrawnOfMore, across * across);
    }

    /// <summary>The images as bytes: every file of them is made from these.</summary>
    public ImageLevels LevelsOf(GeneratedImages images) => new(images.Count, images.Channels, images.Size, images.ToLevels(Scale));

    /// <summary>Writes a grid into a folder as PNG, enlarged so that small images can be seen.</summary>
    public Fin<Unit> WriteGrid(RunFolder folder, string path, ImageLevels images) => folder.Write(path, Png.Encode(Picture(images)));

    /// <summary>The picture of a grid, enlarged.</summary>
    public PixelImage Picture(ImageLevels images) => Rows.Match(label => Labelled(First(images), label), () => Grid(images).Enlarge(Enlargement));

    /// <summary>Writes the images as an array of bytes, N×H×W or N×H×W×C.</summary>
    public static Fin<Unit> WriteArray(RunFolder folder, string path, ImageLevels images)
    {
        var shape = Array<long>(images.Count, images.Size.Height, images.Size.Width);
        return WriteBytes(folder, path, images.Channels == 1 ? shape : shape.Add(images.Channels), images.Bytes);
    }

    /// <summary>Writes the class of each image as an array of bytes.</summary>
    public static Fin<Unit> WriteLabels(RunFolder folder, string path, IEnumerable<int> classes)
    {
        byte[] labels = [.. classes.Select(label => checked((byte)label))];
        return WriteBytes(folder, path, Array<long>(labels.Length), labels);
    }

    /// <summary>Writes an animation of grids as GIF, not enlarged: noise does not compress, and twice the size would be twenty megabytes.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The file.</param>
    /// <param name="frames">When each frame is shown.</param>
    /// <param name="moments">The images of each frame but the last.</param>
    /// <param name="last">The images of the last frame.</param>
    public Fin<Unit> WriteAnimation(RunFolder folder, string path, Arr<AnimationFrame> frames, IEnumerable<GeneratedImages> moments, ImageLevels last)
    {
        var grids = moments.Select(images => Grid(LevelsOf(First(images)))).Append(Grid(last));
        return folder.Write(path, Gif.Encode(frames.Zip(grids, (frame, grid) => new TimedPicture(grid, frame.Delay))));
    }

    private static Fin<Unit> WriteBytes(RunFolder folder, string path, Arr<long> shape, ReadOnlyMemory<byte> bytes) =>
        NpyArray.Of(NpyType.U1, shape, bytes).Match(array => folder.Write(path, Npy.Write(array)), faults => FinFail<Unit>(faults.Head));

    /// <summary>A row for each label, in the order in which they first come.</summary>
    private static PixelImage Labelled(ImageLevels images, Func<int, string> label)
    {
        var pixels = images.Channels * images.Size.Pixels;
        PixelImage Row(int[] places)
        {
            byte[] row = [.. places.SelectMany(image => images.Bytes.Slice(image * pixels, pixels).ToArray())];
            return ImageGrid.For(places.Length, images.Size.Width, images.Size.Height, places.Length).Draw(row, images.Channels).Enlarge(Enlargement);
        }

        return LabelledRows.Draw(Enumerable.Range(0, images.Count).GroupBy(label).Select(row => (row.Key, Row([.. row]))));
    }

    private static PixelImage Grid(ImageLevels images)
    {
        var first = First(images);
        return ImageGrid.For(first.Count, first.Size.Width, first.Size.Height).Draw(first.Bytes.Span, first.Channels);
    }

    private static ImageLevels First(ImageLevels images) => images.Take(Drawn(images.Count, images.Size));

    private static GeneratedImages First(GeneratedImages images)
    {
        var drawn = Drawn(images.Count, images.Size);
        return images with { Count = drawn, Values = images.Values[..(drawn * images.Channels * images.Size.Pixels)] };
    }
}

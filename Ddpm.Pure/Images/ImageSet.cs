using Ddpm.Pure.Formats;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Images;

/// <summary>
/// N images of one size as unsigned bytes, N×H×W×C row-major, with or without a label for each.
/// Two sets are equal when sizes, pixels and labels are.
/// </summary>
public sealed record ImageSet
{
    private ImageSet(int count, int height, int width, int channels, ReadOnlyMemory<byte> pixels, Option<ReadOnlyMemory<byte>> labels) =>
        (Count, Height, Width, Channels, Pixels, Labels) = (count, height, width, channels, pixels, labels);

    /// <summary>N, the number of images, at least 0.</summary>
    public int Count { get; }

    /// <summary>H, the rows of an image, at least 1.</summary>
    public int Height { get; }

    /// <summary>W, the columns of an image, at least 1.</summary>
    public int Width { get; }

    /// <summary>H and W.</summary>
    public ImageSize Size => new(Height, Width);

    /// <summary>C, the values of a pixel, at least 1: 1 is grey, 3 is red, green, blue.</summary>
    public int Channels { get; }

    /// <summary>The pixels, N×H×W×C, 0 to 255.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>The class of each image, N bytes, if the set has labels.</summary>
    public Option<ReadOnlyMemory<byte>> Labels { get; }

    /// <summary>The largest label plus 1; 0 without labels.</summary>
    public int Classes => Labels.Match(labels => labels.IsEmpty ? 0 : labels.ToArray().Max() + 1, () => 0);

    /// <summary>Checks that sizes, pixels and labels belong together.</summary>
    /// <param name="count">N ≥ 0.</param>
    /// <param name="height">H ≥ 1.</param>
    /// <param name="width">W ≥ 1.</param>
    /// <param name="channels">C ≥ 1.</param>
    /// <param name="pixels">N·H·W·C bytes. The set keeps a view of them, and of the labels: the caller must not change them afterwards.</param>
    /// <param name="labels">N bytes, or none.</param>
    /// <returns>The set, or every fault.</returns>
    public static Validation<Error, ImageSet> Of(
        int count, int height, int width, int channels, ReadOnlyMemory<byte> pixels, Option<ReadOnlyMemory<byte>> labels)
    {
        var faults = Seq(("count", count, 0), ("height", height, 1), ("width", width, 1), ("channels", channels, 1))
            .Filter(size => size.Item2 < size.Item3)
            .Map(size => Error.New($"{size.Item1} of an image set must be at least {size.Item3}, got {size.Item2}"));
        // A product of four sizes below 2³¹ fits 128 bits.
        if (faults.IsEmpty && (Int128)count * height * width * channels is var needed && needed != pixels.Length)
        {
            faults += Seq1(Error.New($"{count} images of {height}×{width}×{channels} need {needed} bytes of pixels, got {pixels.Length}"));
        }

        faults += toSeq(labels).Filter(l => l.Length != count).Map(l => Error.New($"{count} images need {count} labels, got {l.Length}"));
        return faults.IsEmpty
            ? Success<Error, ImageSet>(new ImageSet(count, height, width, channels, pixels, labels))
            : Fail<Error, ImageSet>(faults);
    }

    /// <summary>The images of an IDX file, without labels.</summary>
    /// <param name="file">The file's bytes, not compressed: N×H×W.</param>
    /// <returns>The images, or the fault of the file.</returns>
    public static Fin<ImageSet> Read(ReadOnlyMemory<byte> file) =>
        from array in Idx.Read(file)
        from images in FromIdx(array, None).ToFin()
        select images;

    /// <summary>Images from IDX arrays, without copying.</summary>
    /// <param name="images">N×H×W (grey) or N×H×W×C.</param>
    /// <param name="labels">N labels, or none.</param>
    /// <returns>The set, or every fault.</returns>
    public static Validation<Error, ImageSet> FromIdx(IdxArray images, Option<IdxArray> labels)
    {
        var shape = images.Shape;
        var faults =
            (shape.Count is 3 or 4
                ? Seq<Error>()
                : Seq1(Error.New($"images are an array of 3 or 4 axes (N×H×W or N×H×W×C), got {IdxArray.Describe(shape)}"))) +
            toSeq(labels).Filter(l => l.Shape.Count != 1)
                .Map(l => Error.New($"labels are an array of 1 axis, got {IdxArray.Describe(l.Shape)}"));
        return faults.IsEmpty
            ? Of(shape[0], shape[1], shape[2], shape.Count == 4 ? shape[3] : 1, images.Data, labels.Map(l => l.Data))
            : Fail<Error, ImageSet>(faults);
    }

    /// <summary>The first <paramref name="n"/> images with their labels; all images if there are fewer, and none if <paramref name="n"/> is below 1.</summary>
    public ImageSet Take(int n)
    {
        var count = Math.Clamp(n, 0, Count);
        return new ImageSet(
            count, Height, Width, Channels, Pixels[..(count * Height * Width * Channels)], Labels.Map(labels => labels[..count]));
    }

    /// <summary>Some of the images in [−1, 1], N×C×H×W, as networks take them (<see cref="PixelScale"/>).</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    public float[] ToModel(int first, int count)
    {
        var each = Height * Width * Channels;
        var values = new float[count * each];
        PixelScale.ToModel(Pixels.Span.Slice(first * each, count * each), Channels, Height, Width, values);
        return values;
    }

    /// <inheritdoc/>
    public bool Equals(ImageSet? other) =>
        other is not null
        && (Count, Height, Width, Channels) == (other.Count, other.Height, other.Width, other.Channels)
        && Pixels.Span.SequenceEqual(other.Pixels.Span)
        && Labels.Match(
            Some: labels => other.Labels.Match(Some: others => labels.Span.SequenceEqual(others.Span), None: () => false),
            None: () => other.Labels.IsNone);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, Height, Width, Channels);
}

using Ddpm.Pure.Images;
using Ddpm.Pure.Metrics;

namespace Ddpm.Host.Evaluation;

/// <summary>A few images, each with the training images nearest to it: a model that has learnt by heart shows the same picture twice.</summary>
internal static class NeighbourPicture
{
    private const int Images = 10, Nearest = 5, Gap = 2, Enlargement = 2;

    /// <summary>The figure: the images in a column, and their neighbours in rows, the nearest first.</summary>
    public static PixelImage Draw(ImageSet images, ImageSet train)
    {
        var (count, pixels) = (Math.Min(Images, images.Count), images.Height * images.Width * images.Channels);
        PixelImage Grid(int columns, IEnumerable<ReadOnlyMemory<byte>> pictures) => ImageGrid.For(count * columns, images.Width, images.Height, columns, Gap)
            .Draw(pictures.SelectMany(picture => picture.ToArray()).ToArray(), images.Channels).Enlarge(Enlargement);
        var shown = Enumerable.Range(0, count).Select(i => images.Pixels.Slice(i * pixels, pixels)).ToArray();
        var nearest = Math.Min(Nearest, train.Count);
        var near = shown.SelectMany(picture => NearestNeighbours.Of(picture.Span, train, nearest))
            .Select(found => train.Pixels.Slice(found.Image * pixels, pixels));
        return Figure.Draw("Nearest training images", [new("sample", Grid(1, shown)), new("nearest by pixels", Grid(nearest, near))]);
    }
}

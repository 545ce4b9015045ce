using Ddpm.Gpu.Sampling;
using Ddpm.Host.Files;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>Generated images as files.</summary>
/// <param name="Scale">How values become pixels.</param>
public sealed record SampleFiles(PixelScale Scale)
{
    private const int Enlargement = 2;

    /// <summary>Writes a grid as PNG, enlarged so that small images can be seen.</summary>
    public Fin<Unit> WriteGrid(string path, GeneratedImages images) => AtomicFile.Write(path, Png.Encode(Grid(images).Enlarge(Enlargement)));

    /// <summary>Writes the images as an array of bytes, N×H×W or N×H×W×C.</summary>
    public Fin<Unit> WriteArray(string path, GeneratedImages images)
    {
        var shape = Array<long>(images.Count, images.Size, images.Size);
        return NpyArray.Create(NpyType.U1, images.Channels == 1 ? shape : shape.Add(images.Channels), Levels(images)).Match(
            array => AtomicFile.Write(path, Npy.Write(array)),
            faults => FinFail<Unit>(faults.Head));
    }

    /// <summary>Writes an animation of grids as GIF, not enlarged: noise does not compress, and twice the size would be twenty megabytes.</summary>
    public Fin<Unit> WriteAnimation(string path, Arr<AnimationFrame> frames, IReadOnlyList<GeneratedImages> moments) =>
        AtomicFile.Write(path, Gif.Encode(frames.Zip(moments, (frame, images) => new TimedPicture(Grid(images), frame.Delay))));

    private PixelImage Grid(GeneratedImages images) =>
        ImageGrid.For(images.Count, images.Size, images.Size).Draw(Levels(images), images.Channels);

    private byte[] Levels(GeneratedImages images)
    {
        var levels = new byte[images.Values.Length];
        Scale.ToLevels(images.Values.Span, images.Channels, images.Size, images.Size, levels);
        return levels;
    }
}

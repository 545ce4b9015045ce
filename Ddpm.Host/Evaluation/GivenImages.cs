using System.Security.Cryptography;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Evaluation;

/// <summary>Images that a user names, instead of a run's samples.</summary>
/// <param name="Images">The images, with their labels if the user names those too.</param>
/// <param name="Report">What is known about them.</param>
internal sealed record GivenImages(ImageSet Images, SamplesReport Report)
{
    /// <summary>Reads images, and their labels if there are any, from files of NumPy.</summary>
    public static Fin<GivenImages> Read(string images, Option<string> labels, CancellationToken stop) =>
        from bytes in Folders.Read(images, stop)
        from array in ArrayOf(bytes).Bind(Levels).At(images)
        from classes in labels.Map(path => Folders.Read(path, stop).Bind(read => ArrayOf(read).Bind(Classes).At(path))).Sequence()
        from set in Set(array, classes).At(images)
        select new GivenImages(set, new(images, set.Count, Convert.ToHexStringLower(SHA256.HashData(bytes.Span))));

    /// <summary>The array of a file, or a hint if it is an .npz file.</summary>
    private static Fin<NpyArray> ArrayOf(ReadOnlyMemory<byte> file) => file.Span.StartsWith("PK"u8)
        ? Error.New("it is a zip file, such as an .npz of several arrays: save one array with numpy.save")
        : Npy.Read(file);

    private static Fin<NpyArray> Levels(NpyArray array) => array.Type == NpyType.U1
        ? array
        : Error.New(
            $"it holds {array.Type}, but images must be bytes from 0 to 255: "
            + "save them with numpy.save(file, levels.round().clip(0, 255).astype('uint8')), after multiplying values in [0, 1] by 255");

    /// <summary>Labels as bytes. The file may hold any integers: NumPy's default has 64 bits.</summary>
    private static Fin<ReadOnlyMemory<byte>> Classes(NpyArray array)
    {
        if (array.Type == NpyType.U1)
        {
            return array.Data;
        }

        if (array.Type != NpyType.I8 && array.Type != NpyType.I4 && array.Type != NpyType.U4)
        {
            return Error.New($"it holds {array.Type}, but labels must be integers");
        }

        var size = array.Type.ItemBytes;
        var classes = new byte[array.Data.Length / size];
        for (var i = 0; i < classes.Length; i++)
        {
            var integer = array.Data.Span.Slice(i * size, size);
            if (integer[1..].ContainsAnyExcept((byte)0))
            {
                return Error.New(Invariant($"label {i} is not in [0, 255]"));
            }

            classes[i] = integer[0];
        }

        return (ReadOnlyMemory<byte>)classes;
    }

    private static Fin<ImageSet> Set(NpyArray array, Option<ReadOnlyMemory<byte>> labels)
    {
        var shape = array.Shape.Map(size => (int)Math.Min(size, int.MaxValue)).ToArr();
        if (shape.Count is not (3 or 4) || shape[0] < Comparison.FewestImages || (shape.Count == 4 && shape[3] is not (1 or 3)))
        {
            return Error.New(
                $"it is an array of {string.Join("×", shape)}, but must hold at least four images: N×H×W, or N×H×W×C with C = 1 or 3");
        }

        return ImageSet.Of(shape[0], shape[1], shape[2], shape.Count == 4 ? shape[3] : 1, array.Data, labels).OrFailure();
    }
}

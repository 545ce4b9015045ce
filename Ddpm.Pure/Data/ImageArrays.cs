using System.Buffers.Binary;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>The arrays of an .npz archive that are the images and the labels of a split, by the names that people give them.</summary>
/// <param name="Images">The name of the images: unsigned bytes, N×H×W, or N×H×W×C with 1 or 3 channels.</param>
/// <param name="Labels">The name of the labels: N or N×1 whole numbers from 0 to 255. The archive may lack them.</param>
internal sealed record ImageArrays(string Images, string Labels)
{
    // MedMNIST; Keras; usual names; arrays that were saved without names.
    private static readonly Arr<ImageArrays>
        Train = Array(("train_images", "train_labels"), ("x_train", "y_train"), ("images", "labels"), ("arr_0", "arr_1")).Map(Pair),
        Test = Array(("test_images", "test_labels"), ("x_test", "y_test")).Map(Pair);

    /// <summary>The names of all arrays that are images.</summary>
    public static string Known(DataSplit split) => string.Join(", ", Pairs(split).Map(pair => pair.Images));

    /// <summary>The arrays of a split.</summary>
    /// <param name="names">The names of the arrays in the archive.</param>
    /// <param name="split">The split.</param>
    /// <returns>The names; or an error that lists the names that are known and those that are there.</returns>
    public static Fin<ImageArrays> Of(Seq<string> names, DataSplit split) =>
        Pairs(split).Find(pair => names.Contains(pair.Images)).ToFin(Error.New(
            $"it has no {(split == DataSplit.Train ? "training" : "test")} images: the array of images must be called {Known(split)}; "
            + (names.IsEmpty ? "it has no array" : $"it has {Listed(names)}")));

    /// <summary>The images and labels of a split.</summary>
    /// <param name="images">The array of images.</param>
    /// <param name="labels">The array of labels, if any.</param>
    /// <returns>At least one image; or every fault.</returns>
    public Validation<Error, ImageSet> Set(NpyArray images, Option<NpyArray> labels) => (ShapeOf(images), LabelsOf(images, labels))
        .Apply((shape, classes) => ImageSet.Of(shape[0], shape[1], shape[2], shape[3], images.Data, classes))
        .Bind(set => set);

    private Validation<Error, int[]> ShapeOf(NpyArray images)
    {
        var shape = images.Shape;
        return images.Type == NpyType.U1
            && (shape.Count == 3 || (shape.Count == 4 && shape[3] is 1 or 3))
            && shape.ForAll(extent => extent is >= 1 and <= int.MaxValue)
            ? Success<Error, int[]>([(int)shape[0], (int)shape[1], (int)shape[2], shape.Count == 4 ? (int)shape[3] : 1])
            : Fail<Error, int[]>(Error.New(
                $"the images {Quotation.Quote(Images)} must be unsigned bytes of shape N×H×W, N×H×W×1 or N×H×W×3, but they are {Described(images)}"));
    }

    private Validation<Error, Option<ReadOnlyMemory<byte>>> LabelsOf(NpyArray images, Option<NpyArray> labels)
    {
        if (labels.Case is not NpyArray array)
        {
            return Success<Error, Option<ReadOnlyMemory<byte>>>(None);
        }

        var count = images.Shape.HeadOrNone().IfNone(0);
        if (array.Shape != Array(count) && array.Shape != Array(count, 1L))
        {
            return Wrong($"must have the shape {count} or {count}×1, one for each image, but they are {Described(array)}");
        }

        var numbers = new byte[count];
        for (var i = 0; i < numbers.Length; i++)
        {
            var number = array.Type.Descr switch
            {
                "|u1" => array.Data.Span[i],
                "<i4" => BinaryPrimitives.ReadInt32LittleEndian(array.Data.Span[(4 * i)..]),
                "<u4" => BinaryPrimitives.ReadUInt32LittleEndian(array.Data.Span[(4 * i)..]),
                "<i8" => BinaryPrimitives.ReadInt64LittleEndian(array.Data.Span[(8 * i)..]),
                _ => -1,
            };
            if (number is < 0 or > byte.MaxValue)
            {
                return Wrong(array.Type == NpyType.F4 || array.Type == NpyType.F8
                    ? $"must be whole numbers, but they are {Described(array)}"
                    : Invariant($"must be numbers from 0 to 255, but number {i} is {number}"));
            }

            numbers[i] = (byte)number;
        }

        return Success<Error, Option<ReadOnlyMemory<byte>>>(Some<ReadOnlyMemory<byte>>(numbers));

        Validation<Error, Option<ReadOnlyMemory<byte>>> Wrong(string fault) =>
            Fail<Error, Option<ReadOnlyMemory<byte>>>(Error.New($"the labels {Quotation.Quote(Labels)} {fault}"));
    }

    private static Arr<ImageArrays> Pairs(DataSplit split) => split == DataSplit.Train ? Train : Test;

    private static ImageArrays Pair((string Images, string Labels) names) => new(names.Images, names.Labels);

    private static string Described(NpyArray array) => $"{array.Type} of shape {(array.Shape.IsEmpty ? "()" : string.Join('×', array.Shape))}";

    private static string Listed(Seq<string> names) =>
        string.Join(", ", names.Take(8).Map(Quotation.Quote)) + (names.Count > 8 ? Invariant($" and {names.Count - 8} more") : "");
}

using System.Text;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>One way in which CIFAR-10 and CIFAR-100 are distributed: the names of the files, and how they are read.</summary>
/// <param name="Title">The name to show.</param>
/// <param name="Train">The files of the training images.</param>
/// <param name="Test">The file of the test images.</param>
/// <param name="Names">The file with the names of the classes. It may be missing.</param>
/// <param name="Classes">The number of classes.</param>
/// <param name="Read">Reads a file of images.</param>
/// <param name="ReadNames">Reads the file of names.</param>
internal sealed record CifarLayout(
    string Title, Arr<string> Train, string Test, string Names, int Classes, Func<ReadOnlyMemory<byte>, Fin<CifarBatch>> Read,
    Func<ReadOnlyMemory<byte>, Fin<Arr<string>>> ReadNames)
{
    private const int Ten = 10, Hundred = 100;

    /// <summary>All layouts: binary files and Python's pickles. CIFAR-100's coarse labels are not used.</summary>
    public static Arr<CifarLayout> All { get; } = Array<CifarLayout>(
        new(
            "CIFAR-10", Numbered("data_batch_{0}.bin"), "test_batch.bin", "batches.meta.txt", Ten, file => CifarBatch.FromBinary(file, 1, Ten), Lines),
        new(
            "CIFAR-10", Numbered("data_batch_{0}"), "test_batch", "batches.meta", Ten, file => CifarBatch.FromPickle(file, "labels", Ten),
            file => CifarBatch.NamesFromPickle(file, "label_names")),
        new("CIFAR-100", Array("train.bin"), "test.bin", "fine_label_names.txt", Hundred, file => CifarBatch.FromBinary(file, 2, Hundred), Lines),
        new(
            "CIFAR-100", Array("train"), "test", "meta", Hundred, file => CifarBatch.FromPickle(file, "fine_labels", Hundred),
            file => CifarBatch.NamesFromPickle(file, "fine_label_names")));

    /// <summary>The files of one split.</summary>
    public Arr<string> Of(DataSplit split) => split == DataSplit.Train ? Train : Array(Test);

    private static Arr<string> Numbered(string pattern) => Range(1, 5).Map(number => string.Format(null, pattern, number)).ToArr();

    /// <summary>One name on each line.</summary>
    private static Fin<Arr<string>> Lines(ReadOnlyMemory<byte> file) =>
        Encoding.UTF8.GetString(file.Span).Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).ToArr();
}

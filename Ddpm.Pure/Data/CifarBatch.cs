using Ddpm.Pure.Formats;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>Images of a file of CIFAR-10 or CIFAR-100 (Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images").</summary>
/// <param name="Pixels">N×32×32×3.</param>
/// <param name="Labels">N.</param>
internal sealed record CifarBatch(ReadOnlyMemory<byte> Pixels, ReadOnlyMemory<byte> Labels)
{
    /// <summary>The height and width of the images.</summary>
    public const int Size = 32;

    /// <summary>The channels of the images.</summary>
    public const int Channels = 3;

    private const int Plane = Size * Size, Each = Plane * Channels;

    /// <summary>Reads a binary file: records of some labels and 3072 levels, the red, green and blue plane of an image.</summary>
    /// <param name="file">The file.</param>
    /// <param name="labels">The labels of an image; the last one counts.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>At least one image; or the fault of the file.</returns>
    public static Fin<CifarBatch> FromBinary(ReadOnlyMemory<byte> file, int labels, int classes)
    {
        var record = labels + Each;
        var (count, rest) = Math.DivRem(file.Length, record);
        if (count == 0 || rest != 0)
        {
            return Error.New(Invariant($"it has {file.Length} bytes, but its records have {record} bytes each: it is damaged, cut short or another file"));
        }

        var (pixels, classOf) = (new byte[(long)count * Each], new byte[count]);
        for (var i = 0; i < count; i++)
        {
            var image = file.Span.Slice(i * record, record);
            classOf[i] = image[labels - 1];
            Interleave(image[labels..], pixels.AsSpan(i * Each, Each));
        }

        return Of(pixels, classOf, classes);
    }

    /// <summary>Reads a pickled dictionary: data, an array of N×3072 unsigned bytes, and labels, a list of N numbers. Keys are texts or bytes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="labels">The key of the labels.</param>
    /// <param name="classes">The number of classes.</param>
    /// <returns>At least one image; or the fault of the file.</returns>
    public static Fin<CifarBatch> FromPickle(ReadOnlyMemory<byte> file, string labels, int classes) => Entries(file).Bind(entries =>
        from data in Entry(entries, "data")
        from numbers in Entry(entries, labels).Bind(list => Numbers(list, labels))
        from levels in data is PickleValue.ByteArray { Shape: { Count: 2 } shape } array && shape[1] == Each && shape[0] == numbers.Length && shape[0] > 0
            ? NumpyVocabulary.Elements(array)
            : Error.New($"its entry 'data' is not an array of {numbers.Length}×{Each} unsigned bytes, one row for each of its {Quote(labels)}")
        from batch in Of(Interleaved(levels.Span), numbers, classes)
        select batch);

    /// <summary>The names of the classes in a pickled dictionary.</summary>
    /// <param name="file">The file.</param>
    /// <param name="key">Their key.</param>
    public static Fin<Arr<string>> NamesFromPickle(ReadOnlyMemory<byte> file, string key) => Entries(file).Bind(entries => Entry(entries, key)).Bind(list =>
        list is PickleValue.Listing names && names.Items.TrueForAll(name => NumpyVocabulary.Text(name).IsSome)
            ? FinSucc(names.Items.Select(name => NumpyVocabulary.Text(name).IfNone("")).ToArr())
            : Error.New($"its entry {Quote(key)} is not a list of names"));

    private static Fin<CifarBatch> Of(byte[] pixels, byte[] labels, int classes)
    {
        var wrong = System.Array.FindIndex(labels, label => label >= classes);
        return wrong < 0
            ? new CifarBatch(pixels, labels)
            : Error.New(Invariant($"its image {wrong} has the label {labels[wrong]}, but there are {classes} classes: it is damaged or another file"));
    }

    private static Fin<PickleValue.Dictionary> Entries(ReadOnlyMemory<byte> file) => new PickleMachine(file, new NumpyVocabulary()).Run().Bind(value =>
        value is PickleValue.Dictionary dictionary ? FinSucc(dictionary) : Error.New("its pickle is not a dictionary"));

    private static Fin<PickleValue> Entry(PickleValue.Dictionary entries, string key) =>
        entries.Entries.Find(entry => NumpyVocabulary.Text(entry.Key) == key).Item is { } item ? item : Error.New($"its pickle lacks the entry {Quote(key)}");

    private static Fin<byte[]> Numbers(PickleValue list, string key) =>
        list is PickleValue.Listing { Items: var items } && items.TrueForAll(item => item is PickleValue.Integer { Number: >= 0 and <= byte.MaxValue })
            ? items.Select(item => (byte)((PickleValue.Integer)item).Number).ToArray()
            : Error.New($"its entry {Quote(key)} is not a list of numbers from 0 to 255");

    private static byte[] Interleaved(ReadOnlySpan<byte> planes)
    {
        var pixels = new byte[planes.Length];
        for (var at = 0; at < planes.Length; at += Each)
        {
            Interleave(planes.Slice(at, Each), pixels.AsSpan(at, Each));
        }

        return pixels;
    }

    /// <summary>Puts an image's planes into H×W×C order.</summary>
    private static void Interleave(ReadOnlySpan<byte> planes, Span<byte> pixels)
    {
        for (var i = 0; i < Each; i++)
        {
            pixels[i] = planes[(i % Channels * Plane) + (i / Channels)];
        }
    }
}

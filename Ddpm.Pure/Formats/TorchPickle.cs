using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>
/// Reads a pickled state dict and nothing else, with <see cref="TorchVocabulary"/>.
/// </summary>
internal static class TorchPickle
{
    private const int OldProtocol = 1001, MostBeforeMagic = 16;

    /// <summary>The magic number of PyTorch before 1.6, after the pickle's protocol: a number of ten bytes, and the end of the first pickle.</summary>
    private static ReadOnlySpan<byte> OldMagic => [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    /// <summary>The tensors by name, in file order.</summary>
    /// <param name="pickle">The content of data.pkl.</param>
    public static Fin<Seq<(string Name, TorchView View)>> Read(ReadOnlyMemory<byte> pickle) =>
        new PickleMachine(pickle, new TorchVocabulary()).Run().Bind(Tensors);

    /// <summary>Whether a file is from PyTorch before 1.6: pickles, then the storages.</summary>
    public static bool IsOld(ReadOnlySpan<byte> file) => file[..Math.Min(file.Length, MostBeforeMagic + OldMagic.Length)].IndexOf(OldMagic) >= 0;

    /// <summary>Reads the pickles of a file from PyTorch before 1.6: the protocol, the machine, the dictionary and the order of the storages.</summary>
    /// <param name="file">A file for which <see cref="IsOld"/> holds.</param>
    /// <returns>The tensors by name, the keys of the storages in order, and the start of the storages; or the fault of the file.</returns>
    public static Fin<(Seq<(string Name, TorchView View)> Tensors, Seq<string> Storages, int End)> ReadOld(ReadOnlyMemory<byte> file)
    {
        var at = file.Span.IndexOf(OldMagic) + OldMagic.Length;
        Fin<PickleValue> Next()
        {
            var machine = new PickleMachine(file[at..], new TorchVocabulary());
            var value = machine.Run();
            at += machine.At;
            return value;
        }

        return from protocol in Next().Bind(KnownProtocol)
               from machine in Next().Bind(LittleEndian)
               from tensors in Next().Bind(Tensors)
               from storages in Next().Bind(StorageKeys)
               select (tensors, storages, at);
    }

    private static Fin<PickleValue> KnownProtocol(PickleValue protocol) =>
        protocol is PickleValue.Integer { Number: OldProtocol } ? protocol : Error.New("it has an unknown version of PyTorch's format");

    private static Fin<PickleValue> LittleEndian(PickleValue machine) =>
        machine is PickleValue.Dictionary dictionary
        && dictionary.Entries.Exists(entry => entry is (PickleValue.Text { Content: "little_endian" }, PickleValue.Truth { IsTrue: true }))
            ? machine
            : Error.New("its numbers are not little-endian");

    private static Fin<Seq<string>> StorageKeys(PickleValue order) =>
        order is PickleValue.Listing listing && listing.Items.TrueForAll(key => key is PickleValue.Text)
            ? toSeq(listing.Items.Select(key => ((PickleValue.Text)key).Content).ToArray())
            : Error.New("it does not list its storages in order");

    private static Fin<Seq<(string Name, TorchView View)>> Tensors(PickleValue value)
    {
        if (value is not PickleValue.Dictionary dictionary)
        {
            return Error.New("it is not a dictionary of tensors: save model.state_dict() alone");
        }

        var (names, tensors) = (new System.Collections.Generic.HashSet<string>(), new List<(string Name, TorchView View)>());
        foreach (var entry in dictionary.Entries)
        {
            if (entry is not (PickleValue.Text name, _))
            {
                return Error.New("a name in its dictionary is not text");
            }

            if (entry.Item is not PickleValue.Tensor tensor)
            {
                return Error.New($"{Quote(name.Content)} is not a tensor: save model.state_dict() alone");
            }

            if (!names.Add(name.Content))
            {
                return Error.New($"tensor {Quote(name.Content)} appears more than once: names must differ");
            }

            tensors.Add((name.Content, tensor.View));
        }

        return toSeq(tensors.ToArray());
    }
}

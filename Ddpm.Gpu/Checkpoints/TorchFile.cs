using System.IO.Compression;
using System.Runtime.InteropServices;
using Ddpm.Pure.Formats;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Checkpoints;

/// <summary>
/// Reads a state dict from a `torch.save` file. Since PyTorch 1.6 the file is a zip archive with a pickle and the tensors' storages; before, it was pickles
/// followed by the storages. Reading executes nothing. Time and memory are proportional to the file: each storage is read once, and a dense tensor is a slice
/// of its storage, not a copy.
/// </summary>
public static class TorchFile
{
    private const string Pickle = "data.pkl";

    // All tensors together may hold at most this many times the file's bytes. Tied weights share their numbers.
    private const int MostShared = 4;

    /// <summary>Whether a file is a zip archive or a pickle. A safetensors file is neither: it begins with a length.</summary>
    internal static bool IsMeant(ReadOnlySpan<byte> file) =>
        file.StartsWith("PK"u8) || (file.Length > 1 && file[0] == 0x80 && file[1] is >= 2 and <= 5 && !IsHeader(file));

    /// <summary>Reads the tensors of a state dict.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <returns>The tensors under their names, in C order; or the fault of the file.</returns>
    public static Fin<SafetensorsFile> Read(ReadOnlyMemory<byte> file) => file.Span.StartsWith("PK"u8) ? Zip(file)
        : TorchPickle.IsOld(file.Span) ? Old(file)
        : Error.New("it is not a file that torch.save wrote: "
            + "save model.state_dict() with torch.save, or as safetensors");

    /// <summary>Whether a file begins with a safetensors header. The header is shorter than 100 MB, so the last bytes of its length are 0.</summary>
    private static bool IsHeader(ReadOnlySpan<byte> file) => file.Length > 8 && file[8] == '{' && !file[4..8].ContainsAnyExcept((byte)0);

    private static Fin<SafetensorsFile> Zip(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var archive = new ZipArchive(Stream(file), ZipArchiveMode.Read);
            var left = (long)file.Length;
            return from pickle in Optional(archive.Entries.FirstOrDefault(entry => entry.Name == Pickle))
                       .ToFin(Error.New("it is a zip archive without data.pkl, so torch.save did not write it"))
                   let folder = pickle.FullName[..^Pickle.Length]
                   from order in Optional(archive.GetEntry(folder + "byteorder")).Map(entry => Content(entry, ref left)).Sequence().Bind(LittleEndian)
                   from program in Content(pickle, ref left)
                   from views in TorchPickle.Read(program)
                   from tensors in Tensors(
                       file.Length, views, key => Optional(archive.GetEntry($"{folder}data/{key}")).Map(entry => Content(entry, ref left)))
                   select tensors;
        }
        catch (InvalidDataException)
        {
            return Error.New("it is damaged, or not a zip archive that torch.save wrote");
        }
    }

    private static Fin<Option<ReadOnlyMemory<byte>>> LittleEndian(Option<ReadOnlyMemory<byte>> order) =>
        order.ForAll(text => text.Span.SequenceEqual("little"u8)) ? order : Error.New("its numbers are not little-endian");

    /// <summary>
    /// Reads a file from PyTorch before 1.6. After the pickles come the storages: for each, its number of elements in eight bytes, then the elements.
    /// </summary>
    private static Fin<SafetensorsFile> Old(ReadOnlyMemory<byte> file) => TorchPickle.ReadOld(file).Bind<SafetensorsFile>(pickles =>
    {
        var types = new Dictionary<string, SafetensorsType>();
        foreach (var (_, view) in pickles.Tensors)
        {
            types.TryAdd(view.Storage, view.Type);
        }

        var (storages, at) = (new Dictionary<string, ReadOnlyMemory<byte>>(), pickles.End);
        foreach (var key in pickles.Storages)
        {
            if (!types.TryGetValue(key, out var type))
            {
                return Error.New($"storage {Quote(key)} belongs to no tensor");
            }

            var count = file.Length - at < sizeof(long) ? -1 : MemoryMarshal.Read<long>(file.Span[at..]);
            if (count < 0 || count > (file.Length - at - sizeof(long)) / type.ItemBytes
                || !storages.TryAdd(key, file.Slice(at + sizeof(long), (int)count * type.ItemBytes)))
            {
                return Error.New($"storage {Quote(key)} in it ends too early or appears twice: it is damaged or cut short");
            }

            at += sizeof(long) + ((int)count * type.ItemBytes);
        }

        return at < file.Length
            ? Error.New($"{file.Length - at} bytes follow after its last storage: it is damaged")
            : Tensors(file.Length, pickles.Tensors, key => storages.TryGetValue(key, out var storage) ? Some(FinSucc(storage)) : None);
    });

    /// <summary>Reads the tensors from their storages.</summary>
    /// <param name="fileLength">The length of the file, in bytes.</param>
    /// <param name="views">The place of each tensor in its storage.</param>
    /// <param name="read">Reads the storage of a key, which may be missing or damaged. It is called once for each key.</param>
    private static Fin<SafetensorsFile> Tensors(
        long fileLength, Seq<(string Name, TorchView View)> views, Func<string, Option<Fin<ReadOnlyMemory<byte>>>> read)
    {
        var storages = new Dictionary<string, ReadOnlyMemory<byte>>();
        var tensors = new List<SafetensorsTensor>();
        var left = (UInt128)fileLength * MostShared;
        foreach (var (name, view) in views)
        {
            if (!storages.TryGetValue(view.Storage, out var storage))
            {
                var found = read(view.Storage).IfNone(() => Error.New($"tensor {Quote(name)} lies in storage {Quote(view.Storage)}, which is missing"));
                if (found.IsFail)
                {
                    return (Error)found;
                }

                storages.Add(view.Storage, storage = (ReadOnlyMemory<byte>)found);
            }

            var made = Tensor(name, view, storage, left);
            if (made.IsFail)
            {
                return (Error)made;
            }

            tensors.Add((SafetensorsTensor)made);
            left -= (UInt128)tensors[^1].Data.Length;
        }

        return One(SafetensorsFile.Of(tensors, HashMap<string, string>()));
    }

    private static Fin<SafetensorsTensor> Tensor(string name, TorchView view, ReadOnlyMemory<byte> storage, UInt128 left)
    {
        if (view.Shape.Count != view.Strides.Count || view.Shape.Exists(size => size < 0) || view.Strides.Exists(stride => stride < 0) || view.Offset < 0)
        {
            return Error.New($"tensor {Quote(name)} has an impossible shape");
        }

        if ((UInt128)storage.Length != (UInt128)view.Count * (UInt128)view.Type.ItemBytes)
        {
            return Error.New($"storage {Quote(view.Storage)} has {storage.Length} bytes, which do not fit {view.Count} numbers of type {view.Type.Name}");
        }

        var (count, last) = (UInt128.One, (UInt128)view.Offset);
        foreach (var (size, stride) in view.Shape.Zip(view.Strides))
        {
            count = UInt128.Min(count * (UInt128)size, ulong.MaxValue);
            last = UInt128.Min(last + (UInt128)Math.Max(0, size - 1) * (UInt128)stride, ulong.MaxValue);
        }

        if (count > 0 && last >= (UInt128)view.Count)
        {
            return Error.New($"tensor {Quote(name)} reaches beyond its storage");
        }

        return count * (UInt128)view.Type.ItemBytes > left
            ? Error.New($"tensor {Quote(name)} and the tensors before it hold far more numbers than the file")
            : One(SafetensorsTensor.Of(name, view.Type, view.Shape, Elements(storage, view, (int)count)));
    }

    /// <summary>The elements in C order, gathered by strides.</summary>
    private static ReadOnlyMemory<byte> Elements(ReadOnlyMemory<byte> storage, TorchView view, int count)
    {
        var (bytes, shape, strides) = (view.Type.ItemBytes, view.Shape.ToArray(), view.Strides.ToArray());
        if (count == 0 || IsDense(shape, strides))
        {
            return count == 0 ? ReadOnlyMemory<byte>.Empty : storage.Slice((int)view.Offset * bytes, count * bytes);
        }

        var (data, index, at) = (new byte[count * bytes], new long[shape.Length], view.Offset);
        for (var i = 0; i < count; i++)
        {
            storage.Span.Slice((int)(at * bytes), bytes).CopyTo(data.AsSpan(i * bytes));
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                at += strides[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                (at, index[axis]) = (at - shape[axis] * strides[axis], 0);
            }
        }

        return data;
    }

    /// <summary>Whether the elements lie in C order without gaps. The stride of an extent of 1 does not matter.</summary>
    private static bool IsDense(long[] shape, long[] strides)
    {
        var next = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            if (shape[axis] != 1 && strides[axis] != next)
            {
                return false;
            }

            next *= shape[axis];
        }

        return true;
    }

    /// <summary>The content of an archive entry. Checks its checksum, because the zip reader does not.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="left">The bytes that the rest of the file can hold. It decreases by the entry's length.</param>
    private static Fin<ReadOnlyMemory<byte>> Content(ZipArchiveEntry entry, ref long left)
    {
        if (entry.Length != entry.CompressedLength)
        {
            return Error.New($"{Quote(entry.FullName)} in it is compressed, which torch.save never does");
        }

        if (entry.Length > left)
        {
            return Error.New(
                $"{Quote(entry.FullName)} in it and the parts before it have more bytes than the file, so they overlap: it is damaged or malicious");
        }

        left -= entry.Length;
        using var stream = entry.Open();
        var content = new byte[entry.Length];
        if (stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length)
        {
            return Error.New($"{Quote(entry.FullName)} in it ends too early");
        }

        return Crc32.Of(content) == entry.Crc32
            ? (ReadOnlyMemory<byte>)content
            : Error.New($"{Quote(entry.FullName)} in it does not match its checksum: it is damaged, or was saved with "
                + "torch.serialization.set_crc32_options(False); copy or save it again");
    }

    private static MemoryStream Stream(ReadOnlyMemory<byte> file) => MemoryMarshal.TryGetArray(file, out var array)
        ? new(array.Array!, array.Offset, array.Count, writable: false)
        : new(file.ToArray(), writable: false);

    private static Fin<T> One<T>(Validation<Error, T> made) => made.Match(Fin<T>.Succ, faults => faults.Head);
}

using System.IO.Compression;
using Ddpm.Pure.Formats;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Formats.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Gpu.Checkpoints;

/// <summary>
/// A state dict as `torch.save` writes it since PyTorch 1.6: a zip archive of a pickle and the tensors' storages. Read without executing anything, and without more room than the
/// file justifies: entries must be stored as they are, which is how PyTorch stores them, and no element is read into two tensors.
/// </summary>
public static class TorchFile
{
    private const string Pickle = "data.pkl";

    /// <summary>Reads the tensors of a state dict.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <returns>The tensors under their names, in C order; or what is wrong with the file.</returns>
    public static Fin<SafetensorsFile> Read(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(file.ToArray(), writable: false), ZipArchiveMode.Read);
            return from pickle in Optional(archive.Entries.FirstOrDefault(entry => entry.Name == Pickle))
                       .ToFin(Error.New("it is a zip archive without data.pkl, so torch.save has not written it"))
                   let folder = pickle.FullName[..^Pickle.Length]
                   from order in Order(archive, folder)
                   from program in Content(pickle)
                   from views in TorchPickle.Read(program)
                   from tensors in views.Fold(FinSucc((Left: (long)file.Length, Made: Seq<SafetensorsTensor>())), (at, view) =>
                       from so in at
                       from tensor in Tensor(archive, folder, view.Name, view.View, so.Left)
                       select (so.Left - tensor.Data.Length, so.Made.Add(tensor)))
                   from made in One(SafetensorsFile.Create(tensors.Made, HashMap<string, string>()))
                   select made;
        }
        catch (InvalidDataException)
        {
            return Error.New("it is no zip archive, as torch.save writes it since PyTorch 1.6");
        }
    }

    private static Fin<Unit> Order(ZipArchive archive, string folder) =>
        from order in Optional(archive.GetEntry(folder + "byteorder")).Map(Content).Sequence()
        from little in order.ForAll(text => text.Span.SequenceEqual("little"u8)) ? FinSucc(unit) : Error.New("its numbers are not little-endian")
        select little;

    private static Fin<SafetensorsTensor> Tensor(ZipArchive archive, string folder, string name, TorchView view, long left)
    {
        if (view.Shape.Count != view.Strides.Count || view.Shape.Count > 32 || view.Shape.Exists(size => size < 0) || view.Strides.Exists(stride => stride < 0) || view.Offset < 0)
        {
            return Error.New($"tensor {Quote(name)} has a shape that none can have");
        }

        var (count, last) = (UInt128.One, (UInt128)view.Offset);
        foreach (var (size, stride) in view.Shape.Zip(view.Strides))
        {
            (count, last) = (UInt128.Min(count * (UInt128)size, ulong.MaxValue), UInt128.Min(last + (UInt128)Math.Max(0, size - 1) * (UInt128)stride, ulong.MaxValue));
        }

        return from entry in Optional(archive.GetEntry($"{folder}data/{view.Storage}")).ToFin(Error.New($"tensor {Quote(name)} lies in storage {Quote(view.Storage)}, which is missing"))
               from fits in entry.Length >= 0 && (UInt128)entry.Length == (UInt128)view.Count * (UInt128)view.Type.ItemBytes
                   ? FinSucc(unit)
                   : Error.New($"storage {Quote(view.Storage)} has {entry.Length} bytes, and {view.Count} numbers of {view.Type.Name} need others")
               from inside in count == 0 || last < (UInt128)view.Count ? FinSucc(unit) : Error.New($"tensor {Quote(name)} reaches beyond its storage")
               from room in count * (UInt128)view.Type.ItemBytes <= (UInt128)left ? FinSucc(unit) : Error.New($"tensor {Quote(name)} and those before it hold more numbers than the file")
               from storage in Content(entry)
               from made in One(SafetensorsTensor.Create(name, view.Type, view.Shape, Gathered(storage, view, (int)count)))
               select made;
    }

    /// <summary>The elements in C order, wherever the strides have them.</summary>
    private static ReadOnlyMemory<byte> Gathered(ReadOnlyMemory<byte> storage, TorchView view, int count)
    {
        var (bytes, shape, strides) = (view.Type.ItemBytes, view.Shape.ToArray(), view.Strides.ToArray());
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

    private static Fin<ReadOnlyMemory<byte>> Content(ZipArchiveEntry entry)
    {
        if (entry.Length != entry.CompressedLength)
        {
            return Error.New($"{Quote(entry.FullName)} in it is compressed, which torch.save never does");
        }

        using var stream = entry.Open();
        var content = new byte[entry.Length];
        return stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) == content.Length
            ? (ReadOnlyMemory<byte>)content
            : Error.New($"{Quote(entry.FullName)} in it ends too early");
    }

    private static Fin<T> One<T>(Validation<Error, T> made) => made.Match(Fin<T>.Succ, faults => faults.Head);
}

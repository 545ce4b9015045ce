using System.IO.Compression;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>An archive of arrays from numpy.savez or numpy.savez_compressed, with images and perhaps labels.</summary>
internal static class NpzFile
{
    private const string Ending = ".npy";

    // What deflate makes of a byte at most (zlib's documentation: 1032 to 1).
    private const int MostDense = 1032;

    /// <summary>One part of the data set.</summary>
    public static Fin<LoadedDataSet> Load(string path, DataRequest request) => Folders.Read(path)
        .Bind(file => Read(file, request.Split).At($"{path} cannot be used"))
        .Map(set => LoadedDataSet.Own(request, Path.GetFileName(path), path, set, Arr<string>.Empty, path, background: null));

    /// <summary>The images of a split. Never throws, whatever the bytes.</summary>
    public static Fin<Pure.Images.ImageSet> Read(ReadOnlyMemory<byte> file, DataSplit split)
    {
        try
        {
            using var archive = new ZipArchive(Folders.StreamOf(file), ZipArchiveMode.Read);
            var entries = toSeq(archive.Entries.Where(entry => entry.FullName.EndsWith(Ending, StringComparison.Ordinal)).ToArray());
            return from arrays in ImageArrays.Of(entries.Map(entry => entry.FullName[..^Ending.Length]), split)
                   from images in Array(entries, arrays.Images)
                   from labels in entries.Exists(entry => entry.FullName == arrays.Labels + Ending)
                       ? Array(entries, arrays.Labels).Map(Some)
                       : FinSucc(Option<NpyArray>.None)
                   from set in arrays.Set(images, labels).OrFailure()
                   select set;
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or IOException or ArgumentException)
        {
            return Error.New("it is damaged, or not a zip archive that numpy.savez wrote");
        }
    }

    private static Fin<NpyArray> Array(Seq<ZipArchiveEntry> entries, string name) =>
        Content(entries.Find(entry => entry.FullName == name + Ending).IfNone(() => throw new InvalidDataException())).Bind(Npy.Read)
            .At($"its array {Quotation.Quote(name)}");

    private static Fin<ReadOnlyMemory<byte>> Content(ZipArchiveEntry entry)
    {
        if (entry.Length > System.Array.MaxLength || entry.Length / MostDense > entry.CompressedLength)
        {
            return Error.New($"it announces {entry.Length} bytes, more than its {entry.CompressedLength} stored bytes or one array can hold");
        }

        using var stream = entry.Open();
        var content = new byte[entry.Length];
        var length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return length < content.Length || stream.ReadByte() >= 0 ? Error.New("its length is not what the archive announces: it is damaged")
            : Crc32.Of(content) != entry.Crc32 ? Error.New("it does not match its checksum: it is damaged; get the file again")
            : (ReadOnlyMemory<byte>)content;
    }
}

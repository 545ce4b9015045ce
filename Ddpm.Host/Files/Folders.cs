using System.Runtime.InteropServices;
using Ddpm.Host.Faults;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Files;

/// <summary>Reading files and making folders, with errors that say what to do.</summary>
internal static class Folders
{
    private const int LargestArray = 0x7FFFFFC7 - 1; // Array.MaxLength, and one byte to see the end
    private const int Piece = 1 << 16;

    private static IEnumerable<string> Ancestors(string path)
    {
        for (var folder = path; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            yield return folder;
        }
    }

    /// <summary>Makes a folder and those above it, names on the disk included.</summary>
    public static Fin<Unit> Create(string path)
    {
        try
        {
            // A folder's name is on the disk once the folder that holds it is.
            var made = Ancestors(Path.GetFullPath(path)).TakeWhile(folder => !Directory.Exists(folder)).ToArray();
            Directory.CreateDirectory(path);
            made.Iter(folder => FileOperations.Disk.FlushFolder(Path.GetDirectoryName(folder)!));
            return unit;
        }
        catch (Exception e) when (FileFault.IsOne(e) || e is ArgumentException)
        {
            return Error.New($"cannot create the folder {path}: {Why(path, e)}; choose another place, or create it yourself");
        }
    }

    /// <summary>Makes a folder whose name inside another the program chose: no link is followed to it.</summary>
    /// <param name="folder">The folder that a person named.</param>
    /// <param name="path">The folder to make, below it.</param>
    public static Fin<Unit> CreateInside(string folder, string path) =>
        AtomicFile.Obstacle(folder, path) is { } obstacle ? Error.New($"cannot create the folder {path}: {obstacle}") : Create(path);

    private static string Why(string path, Exception e) =>
        path.Contains('\0', StringComparison.Ordinal) ? FileFault.Reason(e)
        : Ancestors(Path.GetFullPath(path)).FirstOrDefault(Path.Exists) is { } there && !Directory.Exists(there) ? $"{there} is {FileEntry.Behind(there).Words}"
        : FileFault.Reason(e);

    /// <summary>Opens a regular file for reading. Others may write, replace or delete it meanwhile: a reader must not stop a run from writing.</summary>
    /// <exception cref="IOException">It is no regular file, or cannot be opened. A pipe is not waited for.</exception>
    public static FileStream OpenShared(string path) => FileEntry.Behind(path) is { Kind: not (FileKind.File or FileKind.Nothing) } other
        ? throw new IOException($"it is {other.Words}, not a file")
        : Open(path);

    /// <summary>A whole regular file. What is something else is refused, without waiting.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The most bytes that it may have.</param>
    public static Fin<ReadOnlyMemory<byte>> Read(string path, int most = LargestArray) => Trying(path, () =>
    {
        using var file = OpenShared(path);
        if (file.Length > most)
        {
            return Error.New($"cannot read {path}: it has {file.Length} bytes, but at most {most} can be read");
        }

        var bytes = new byte[file.Length + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length == bytes.Length
            ? Error.New($"cannot read {path}: it holds more bytes than its size, {file.Length}")
            : new ReadOnlyMemory<byte>(bytes, 0, length);
    });

    /// <summary>As above, of a file that a person named: a pipe is read to its end too, as in <c>--config &lt;(echo {})</c>.</summary>
    /// <param name="path">The file or the pipe.</param>
    /// <param name="stop">Ends the waiting for a pipe with <see cref="Errors.Cancelled"/>.</param>
    /// <param name="most">The most bytes that are read.</param>
    public static Fin<ReadOnlyMemory<byte>> Read(string path, CancellationToken stop, int most = LargestArray) =>
        FileEntry.Behind(path).Kind == FileKind.Pipe ? Waiting.For(() => Trying(path, () => ReadPipe(path, most)), stop) : Read(path, most);

    private static Fin<ReadOnlyMemory<byte>> ReadPipe(string path, int most)
    {
        using var pipe = Open(path);
        var (bytes, piece) = (new MemoryStream(), new byte[Piece]);
        for (int read; (read = pipe.Read(piece)) > 0; bytes.Write(piece, 0, read))
        {
            if (bytes.Length + read > most)
            {
                return Error.New($"cannot read {path}: more than {most} bytes come out of it");
            }
        }

        return new ReadOnlyMemory<byte>(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>A stream over bytes, without copying them if an array holds them.</summary>
    public static MemoryStream StreamOf(ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out var array)
        ? new(array.Array!, array.Offset, array.Count, writable: false)
        : new(bytes.ToArray(), writable: false);

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private static Fin<ReadOnlyMemory<byte>> Trying(string path, Func<Fin<ReadOnlyMemory<byte>>> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (FileFault.IsOne(e) || e is ArgumentException)
        {
            return Error.New($"cannot read {path}: {FileFault.Reason(e)}");
        }
    }
}

using Ddpm.Host.Faults;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Files;

/// <summary>
/// Writes files so that whoever looks, after a power cut too, finds the old content or the new one and never a part: a temporary file in
/// the same folder is filled and flushed to the disk, renamed over the target, and then the folder is flushed. Nothing but regular files is replaced.
/// Only this, and logs that grow line by line, write files.
/// </summary>
internal static class AtomicFile
{
    /// <summary>
    /// How the names of temporary files end. One that is left over was abandoned by a process that was killed, and may be deleted.
    /// </summary>
    public const string TemporarySuffix = ".ddpm-partial";

    /// <summary>Makes the file hold exactly these bytes.</summary>
    public static Fin<Unit> Write(string path, ReadOnlyMemory<byte> content, CancellationToken stop = default) =>
        Write(path, stream => stream.Write(content.Span), stop);

    /// <summary>Makes the file hold what the writer puts into the stream.</summary>
    /// <param name="path">The file, as a person named it. Its folder must exist. Links are followed; a pipe and a device are written into.</param>
    /// <param name="writer">Fills the stream and leaves it open. What it throws other than the errors of files passes through, once the
    /// temporary file is gone.</param>
    /// <param name="stop">Ends the waiting for whoever reads a pipe with <see cref="Errors.Cancelled"/>.</param>
    public static Fin<Unit> Write(string path, Action<Stream> writer, CancellationToken stop = default) => Write(FileOperations.Disk, path, writer, stop);

    /// <summary>As <see cref="Write(string, Action{Stream}, CancellationToken)"/>, on another file system.</summary>
    /// <returns>
    /// Nothing, or one line that says why not. The file is then as it was before, unless the line says that only the flush of its
    /// folder failed.
    /// </returns>
    public static Fin<Unit> Write(FileOperations operations, string path, Action<Stream> writer, CancellationToken stop = default)
    {
        if (NamesNoFile(path))
        {
            return NoFile(path);
        }

        return FileEntry.Behind(path) switch
        {
            { Kind: FileKind.Pipe or FileKind.Device } => Waiting.For(() => WriteInto(path, writer), stop),
            { Kind: FileKind.Disk or FileKind.Socket } other => Error.New($"cannot write {path}: it is {other.Words}; choose another name"),
            _ => Target(path).Bind(target => Replace(operations, path, target, writer)),
        };
    }

    /// <summary>
    /// Makes a file hold what the writer puts into the stream, whose name inside a folder the program chose. Whoever made the folder may have put links there:
    /// none is followed, and whatever is no regular file is refused.
    /// </summary>
    /// <param name="operations">The file system.</param>
    /// <param name="folder">The folder that a person named. It may be a link itself.</param>
    /// <param name="path">The file, somewhere below it.</param>
    /// <param name="writer">Fills the stream and leaves it open.</param>
    public static Fin<Unit> WriteInside(FileOperations operations, string folder, string path, Action<Stream> writer) =>
        NamesNoFile(path) ? NoFile(path)
        : Obstacle(folder, path) is { } obstacle ? Error.New($"cannot write {path}: {obstacle}")
        : Replace(operations, path, Path.GetFullPath(path), writer);

    /// <summary>What stands in the way of writing a path below a folder without following links; null for nothing.</summary>
    internal static string? Obstacle(string folder, string path)
    {
        var at = folder;
        foreach (var name in Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar))
        {
            if (FileEntry.Named(at = Path.Combine(at, name)) is { Kind: not (FileKind.Nothing or FileKind.Folder or FileKind.File) } other)
            {
                return $"{at} is {other.Words}, not a file or a folder; remove it, or choose another folder";
            }
        }

        return null;
    }

    private static bool NamesNoFile(string path) => string.IsNullOrEmpty(Path.GetFileName(path)) || path.Contains('\0');

    private static Error NoFile(string path) =>
        Error.New($"cannot write '{path.Replace("\0", "\\0", StringComparison.Ordinal)}': it names no file; add a file name");

    /// <summary>The file that a path leads to; it need not exist.</summary>
    private static Fin<string> Target(string path)
    {
        try
        {
            return FileEntry.Named(path).Kind == FileKind.Link ? File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName : Path.GetFullPath(path);
        }
        catch (Exception e) when (FileFault.IsOne(e))
        {
            return Error.New($"cannot write {path}: {FileFault.Reason(e)}");
        }
    }

    private static Fin<Unit> WriteInto(string path, Action<Stream> writer)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            writer(stream);
            return unit;
        }
        catch (Exception e) when (FileFault.IsOne(e))
        {
            return Error.New($"cannot write into {path}: {FileFault.Reason(e)}");
        }
    }

    private static Fin<Unit> Replace(FileOperations operations, string path, string target, Action<Stream> writer)
    {
        if (Directory.Exists(target))
        {
            return Error.New($"cannot write {path}: it is a folder; choose another name or move the folder away");
        }

        var folder = Path.GetDirectoryName(target)!;
        var temporary = $"{target}.{Guid.NewGuid():N}{TemporarySuffix}";
        var replaced = false;
        try
        {
            operations.WriteNew(temporary, writer);
            try
            {
                operations.Replace(temporary, target);
            }
            catch (Exception e) when (FileFault.IsHeld(e))
            {
                return Error.New(FileFault.Held, $"cannot write {path}: it cannot be replaced; close it in other programs");
            }

            replaced = true;
            operations.FlushFolder(folder);
            return unit;
        }
        catch (Exception e) when (FileFault.IsOne(e))
        {
            return replaced
                ? Error.New($"{path} is written, but might not survive a power cut, because its folder could not be flushed: {FileFault.Reason(e)}")
                : Error.New($"cannot write {path}: {Explain(e, folder)}");
        }
        finally
        {
            if (!replaced)
            {
                Discard(operations, temporary);
            }
        }
    }

    /// <summary>
    /// A temporary file that cannot even be deleted is no second error: the first one says what to mend, and the suffix says what it
    /// is.
    /// </summary>
    private static void Discard(FileOperations operations, string temporary)
    {
        try
        {
            operations.Delete(temporary);
        }
        catch (Exception e) when (FileFault.IsOne(e))
        {
        }
    }

    private static string Explain(Exception e, string folder) => e switch
    {
        _ when File.Exists(folder) => $"{folder} is a file, not a folder; choose another place",
        DirectoryNotFoundException => $"there is no folder {folder}; create it first",
        PathTooLongException => "the name is too long; choose a shorter one",
        UnauthorizedAccessException => $"no permission; make {folder} writable or choose another place",
        _ when FileFault.IsDiskFull(e) => FileFault.Reason(e),
        _ => $"{FileFault.Reason(e)}; check the path and the disk",
    };
}

using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Files;

/// <summary>
/// Writes files so that whoever looks, after a power cut too, finds the old content or the new one and never a part: a temporary file in
/// the same folder is filled and flushed to the disk, renamed over the target, and then the folder is flushed.
/// Only this, and logs that grow line by line, write files.
/// </summary>
public static class AtomicFile
{
    /// <summary>
    /// How the names of temporary files end. One that is left over was abandoned by a process that was killed, and may be deleted.
    /// </summary>
    public const string TemporarySuffix = ".ddpm-partial";

    /// <summary>Makes the file hold exactly these bytes.</summary>
    public static Fin<Unit> Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));

    /// <summary>Makes the file hold what the writer puts into the stream.</summary>
    /// <param name="path">The file. Its folder must exist.</param>
    /// <param name="writer">Fills the stream and leaves it open. What it throws other than the errors of files passes through, once the
    /// temporary file is gone.</param>
    public static Fin<Unit> Write(string path, Action<Stream> writer) => Write(FileOperations.Disk, path, writer);

    /// <summary>As <see cref="Write(string, Action{Stream})"/>, on another file system.</summary>
    /// <returns>
    /// Nothing, or one line that says why not. The file is then as it was before, unless the line says that only the flush of its
    /// folder failed.
    /// </returns>
    public static Fin<Unit> Write(FileOperations operations, string path, Action<Stream> writer)
    {
        if (string.IsNullOrEmpty(Path.GetFileName(path)) || path.Contains('\0'))
            return Error.New($"cannot write '{path.Replace("\0", "\\0", StringComparison.Ordinal)}': it names no file; add a file name");
        if (Directory.Exists(path)) return Error.New($"cannot write {path}: it is a folder; choose another name or move the folder away");

        var target = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(target)!;
        var temporary = $"{target}.{Guid.NewGuid():N}{TemporarySuffix}";
        var replaced = false;
        try
        {
            operations.WriteNew(temporary, writer);
            operations.Replace(temporary, target);
            replaced = true;
            operations.FlushFolder(folder);
            return unit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return replaced
                ? Error.New($"{path} is written, but might not survive a power cut, since its folder could not be flushed: {Reason(e)}")
                : Error.New($"cannot write {path}: {Explain(e, folder)}");
        }
        finally
        {
            if (!replaced) Discard(operations, temporary);
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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static string Explain(Exception e, string folder) => e switch
    {
        _ when File.Exists(folder) => $"{folder} is a file, not a folder; choose another place",
        DirectoryNotFoundException => $"there is no folder {folder}; create it first",
        PathTooLongException => "the name is too long; choose a shorter one",
        UnauthorizedAccessException => $"no permission; make {folder} writable or choose another place",
        _ when IsDiskFull(e) => "the disk is full or your quota is used up; free some space or choose another place",
        _ => $"{Reason(e)}; check the path and the disk",
    };

    /// <summary>ENOSPC and EDQUOT on Linux and macOS, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL on Windows.</summary>
    private static bool IsDiskFull(Exception e) =>
        OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 39 or 112
        : OperatingSystem.IsMacOS() ? e.HResult is 28 or 69
        : e.HResult is 28 or 122;

    private static string Reason(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.');
}

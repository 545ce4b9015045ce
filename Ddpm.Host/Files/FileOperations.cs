using System.Runtime.InteropServices;

namespace Ddpm.Host.Files;

/// <summary>
/// What writing asks of a file system, so that a test can let any of it fail.
/// Each throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when it fails.
/// </summary>
/// <param name="WriteNew">Makes a file that did not exist, lets the writer fill it, and returns once its content is on the disk.</param>
/// <param name="Replace">Renames the first file to the second name in one step, over whatever file has that name.</param>
/// <param name="FlushFolder">Returns once the folder's names are on the disk.</param>
/// <param name="Delete">Deletes a file, if it is there.</param>
internal sealed partial record FileOperations(
    Action<string, Action<Stream>> WriteNew,
    Action<string, string> Replace,
    Action<string> FlushFolder,
    Action<string> Delete)
{
    private const int InvalidArgument = 22; // EINVAL, the same number on Linux and macOS

    /// <summary>Makes an open file hold exactly these bytes, and returns once they are on the disk.</summary>
    public Action<FileStream, ReadOnlyMemory<byte>> Fill { get; init; } = (file, content) =>
    {
        file.Position = 0;
        file.Write(content.Span);
        file.SetLength(content.Length);
        file.Flush(flushToDisk: true);
    };

    /// <summary>The real file system.</summary>
    public static FileOperations Disk { get; } = new(
        WriteNewFile,
        (source, target) => File.Move(source, target, overwrite: true),
        FlushFolderNames,
        File.Delete);

    private static void WriteNewFile(string path, Action<Stream> writer)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        writer(stream);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>
    /// .NET does not open folders, so this asks the C library. Windows writes names through its journal and has no such call.
    /// </summary>
    private static void FlushFolderNames(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = OpenForReading(folder, 0);
        if (descriptor < 0)
        {
            throw LastError(folder);
        }

        try
        {
            // Some network file systems have no flush of folders and say that the argument is invalid; nobody could mend that.
            if (Flush(descriptor) < 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw LastError(folder);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException LastError(string folder) =>
        new($"{Marshal.GetLastPInvokeErrorMessage()} : '{folder}'", Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenForReading(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}

using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Files;

/// <summary>Reading files and making folders, with errors that say what to do.</summary>
public static class Folders
{
    private const int LargestArray = 0x7FFFFFC7 - 1; // Array.MaxLength, and one byte to see the end

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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Error.New($"the folder {path} cannot be made: {e.Message.TrimEnd('.')}; choose another place, or make it by hand");
        }
    }

    /// <summary>Opens a file to read it, beside whoever writes, replaces or deletes it meanwhile: where files are locked, their own log would be closed to those who write it.</summary>
    public static FileStream OpenShared(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>A whole file. What has no end, as some devices, is not read to it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The most bytes that it may have.</param>
    public static Fin<ReadOnlyMemory<byte>> Read(string path, int most = LargestArray)
    {
        try
        {
            using var file = OpenShared(path);
            if (file.Length > most)
            {
                return Error.New($"cannot read {path}: it has {file.Length} bytes, and {most} at most can be read");
            }

            var bytes = new byte[file.Length + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length == bytes.Length
                ? Error.New($"cannot read {path}: it holds more than the {file.Length} bytes that it says")
                : new ReadOnlyMemory<byte>(bytes, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Error.New($"cannot read {path}: {e.Message.TrimEnd('.')}");
        }
    }
}

using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>Writes files into the cache so that none is ever seen half-written, neither after a crash nor by another process.</summary>
internal static class CacheFile
{
    /// <summary>Makes the folder where it is missing.</summary>
    public static Fin<Unit> CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return unit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return OperatingSystem.IsLinux()
                ? Error.New($"the folder {folder} cannot be made ({e.Message}); XDG_CACHE_HOME can name another place for the cache")
                : Error.New($"the folder {folder} cannot be made ({e.Message})");
        }
    }

    /// <summary>Writes to a temporary file beside the target, flushes it to disk and renames it; an older file is replaced.</summary>
    public static Fin<Unit> Write(string path, ReadOnlyMemory<byte> bytes)
    {
        var temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            try
            {
                using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    stream.Write(bytes.Span);
                    stream.Flush(flushToDisk: true);
                }
                File.Move(temporary, path, overwrite: true);
                return unit;
            }
            finally
            {
                // After the rename there is nothing left under this name, and deleting nothing is no error.
                File.Delete(temporary);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"{path} cannot be written ({e.Message})");
        }
    }
}

using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Files;

/// <summary>Reading files and making folders, with errors that say what to do.</summary>
public static class Folders
{
    /// <summary>Makes a folder and those above it.</summary>
    public static Fin<Unit> Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return unit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"the folder {path} cannot be made: {e.Message.TrimEnd('.')}; choose another place, or make it by hand");
        }
    }

    /// <summary>A whole file. What has no end, as some devices, is not read to it.</summary>
    public static Fin<ReadOnlyMemory<byte>> Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length >= System.Array.MaxLength)
            {
                return Error.New($"cannot read {path}: its {file.Length} bytes are more than fit into an array");
            }

            var bytes = new byte[file.Length + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length == bytes.Length
                ? Error.New($"cannot read {path}: it holds more than the {file.Length} bytes that it says")
                : new ReadOnlyMemory<byte>(bytes, 0, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"cannot read {path}: {e.Message.TrimEnd('.')}");
        }
    }
}

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

    /// <summary>A whole file.</summary>
    public static Fin<ReadOnlyMemory<byte>> Read(string path)
    {
        try
        {
            return new ReadOnlyMemory<byte>(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"cannot read {path}: {e.Message.TrimEnd('.')}");
        }
    }
}

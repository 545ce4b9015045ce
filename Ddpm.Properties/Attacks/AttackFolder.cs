using Ddpm.Host.Files;

namespace Ddpm.Properties.Attacks;

/// <summary>A temporary folder with files that an attack must not change.</summary>
internal sealed class AttackFolder : IDisposable
{
    /// <summary>The content of a victim, and other content.</summary>
    public static readonly byte[] Old = [1, 2, 3], New = [4, 5, 6, 7];

    /// <summary>The path of the folder.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("ddpm-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>The path of a file in the folder.</summary>
    public string At(params string[] names) => Path.Combine([Root, .. names]);

    /// <summary>Writes a file that must keep its content.</summary>
    public string Victim()
    {
        File.WriteAllBytes(At("victim"), Old);
        return At("victim");
    }

    /// <summary>Makes a symbolic link.</summary>
    public static string Link(string path, string target) => File.CreateSymbolicLink(path, target).FullName;

    /// <summary>Whether a path names an entry of a kind.</summary>
    public static bool IsA(FileKind kind, string path) => FileEntry.Named(path).Kind == kind;
}

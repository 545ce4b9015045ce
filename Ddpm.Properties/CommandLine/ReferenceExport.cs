namespace Ddpm.Properties.CommandLine;

/// <summary>The files that `reference export` writes. They take seconds, so all tests share one folder, which none changes.</summary>
internal static class ReferenceExport
{
    private static readonly Lazy<string> Exported = new(() =>
    {
        DdpmProcess ddpm = new();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => ddpm.Dispose();
        ddpm.Done("reference", "export", "--out", "reference");
        return ddpm.Path("reference");
    });

    /// <summary>The folder.</summary>
    public static string Folder => Exported.Value;

    /// <summary>Copies the folder to another place.</summary>
    public static void CopyTo(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}

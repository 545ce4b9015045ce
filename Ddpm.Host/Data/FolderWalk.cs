using Ddpm.Host.Faults;
using Ddpm.Pure.Data;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>
/// The files in a folder and in those below it. Each folder is listed once, by its real path: first those that lie there, then those that links lead to, so
/// that a folder is called by its own name and not by a link's. Nothing is opened.
/// </summary>
/// <param name="Files">Paths in the folder, with slashes.</param>
/// <param name="Skipped">What was left out, and how often.</param>
/// <param name="Refused">Why the folder itself, or one that would be a class, cannot be listed: without it the others would have other numbers.</param>
internal sealed record FolderWalk(Seq<string> Files, Map<string, int> Skipped, Option<Error> Refused)
{
    // Where folders hold no files of people but the kernel's.
    private static readonly string[] OfTheKernel = ["/proc", "/sys", "/dev"];

    private const int MostLinks = 40;

    private const string Links = "links to folders that are already read, contain this one or belong to the kernel", Unlisted = "folders that cannot be listed",
        HiddenFiles = "hidden files";

    /// <summary>Walks through a folder.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="stop">Ends it with what there is so far.</param>
    public static FolderWalk Of(string root, CancellationToken stop)
    {
        var (files, skipped) = (new List<string>(), new Dictionary<string, int>());
        var seen = new System.Collections.Generic.HashSet<string>(StringComparer.Ordinal);
        var links = new Queue<(string Path, string Name)>();
        var refused = Option<Error>.None;
        var top = RealPath(root).IfNone(Path.GetFullPath(root));

        void Skip(string what) => skipped[what] = skipped.GetValueOrDefault(what) + 1;

        void Refuse(string path, string name, Exception fault)
        {
            if (name.Contains('/', StringComparison.Ordinal))
            {
                Skip(Unlisted);
            }
            else
            {
                refused = refused || Some(Error.New($"the folder {path} cannot be listed: {FileFault.Reason(fault)}; make it readable, or move it away"));
            }
        }

        void Walk(string path, string real, string name)
        {
            var folders = new Stack<(string Path, string Real, string Name)>([(path, real, name)]);
            while (folders.TryPop(out var folder) && !stop.IsCancellationRequested)
            {
                if (!seen.Add(folder.Real))
                {
                    Skip(Links);
                    continue;
                }

                foreach (var entry in Entries(folder.Path, fault => Refuse(folder.Path, folder.Name, fault)))
                {
                    var below = folder.Name.Length == 0 ? entry.Name : $"{folder.Name}/{entry.Name}";
                    if (entry is FileInfo)
                    {
                        if (PictureList.IsHidden(entry.Name))
                        {
                            Skip(HiddenFiles);
                        }
                        else
                        {
                            files.Add(below);
                        }
                    }
                    else if (PictureList.Skipped(entry.Name, file => File.Exists(Path.Combine(entry.FullName, file))).Case is string what)
                    {
                        Skip(what);
                    }
                    else if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                    {
                        links.Enqueue((entry.FullName, below));
                    }
                    else
                    {
                        folders.Push((entry.FullName, Path.Combine(folder.Real, entry.Name), below));
                    }
                }
            }
        }

        Walk(root, top, "");
        while (links.TryDequeue(out var link) && !stop.IsCancellationRequested)
        {
            if (RealPath(link.Path).Case is not string real || IsWithin(top, real) || seen.Contains(real) || OfTheKernel.Any(kernel => IsWithin(real, kernel)))
            {
                Skip(Links);
            }
            else
            {
                Walk(link.Path, real, link.Name);
            }
        }

        return new(toSeq(files), toMap(skipped.Select(pair => (pair.Key, pair.Value))), refused);
    }

    /// <summary>What was left out, a line for each kind.</summary>
    public Seq<string> Warnings() => toSeq(Skipped.AsEnumerable().Select(pair => Invariant($"left out: {pair.Key} ({pair.Value})")).ToArray());

    /// <summary>The folders that a folder holds, links to folders among them, by name.</summary>
    public static Seq<string> FoldersIn(string path) =>
        toSeq(Entries(path, _ => { }).OfType<DirectoryInfo>().Select(folder => folder.Name)
            .Where(name => !PictureList.IsHidden(name)).Order(StringComparer.Ordinal).ToArray());

    private static IReadOnlyList<FileSystemInfo> Entries(string path, Action<Exception> refused)
    {
        try
        {
            return [.. new DirectoryInfo(path).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false })];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            refused(e);
            return [];
        }
    }

    private static bool IsWithin(string path, string folder) =>
        path == folder || path.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>A folder's path without links; none where there is no such folder, or too many links lead to it.</summary>
    private static Option<string> RealPath(string path)
    {
        var links = 0;
        string Real(string way)
        {
            if (Path.GetDirectoryName(way) is not { } parent)
            {
                return way;
            }

            var here = new DirectoryInfo(Path.Combine(Real(parent), Path.GetFileName(way)));
            if (here.LinkTarget is not { } target)
            {
                return here.FullName;
            }

            return ++links > MostLinks ? throw new IOException("too many links") : Real(Path.GetFullPath(target, here.Parent!.FullName));
        }

        try
        {
            var real = Real(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            return Directory.Exists(real) ? Some(real) : None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return None;
        }
    }
}

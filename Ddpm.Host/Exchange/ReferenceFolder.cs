using Ddpm.Host.Files;
using Ddpm.Host.Progress;
using Ddpm.Pure.Reference;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Exchange;

/// <summary>A folder of reference files: an export of this program, or what a port made.</summary>
/// <param name="Path">Where it is.</param>
internal sealed record ReferenceFolder(string Path)
{
    /// <summary>No file of the reference is a quarter as large; a larger one is not read.</summary>
    private const int LargestFile = 1 << 24;

    private const int NamedExtras = 20;

    private static readonly EnumerationOptions Everywhere = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    /// <summary>Writes every file, each as a whole or not at all, and the manifest last.</summary>
    /// <returns>How many files, the manifest not counted.</returns>
    public Fin<int> Export(IView view, CancellationToken stop) =>
        Free().Bind(_ => Folders.Create(Path)).Bind(_ => Written(view, stop)).Bind(written =>
            Write(ReferenceManifest.Path, ReferenceManifest.Of(written)).Map(_ => written.Count));

    /// <summary>Compares the folder's files with these; those that are no files of the reference at all are named.</summary>
    public Fin<VerificationReport> Verify(Arr<ReferenceEntry> asked, IView view, CancellationToken stop)
    {
        if (!Directory.Exists(Path))
        {
            return Error.New(File.Exists(Path) ? $"{Path} is a file, not a folder" : $"there is no folder {Path}");
        }

        using var bar = view.Bar("comparing");
        var verdicts = new List<(string Path, Verdict Verdict)>();
        foreach (var entry in asked)
        {
            if (stop.IsCancellationRequested)
            {
                return Errors.Cancelled;
            }

            verdicts.Add((entry.Path, Of(entry)));
            bar.Report(verdicts.Count, asked.Count);
        }

        return new VerificationReport(verdicts.ToArr(), Strangers().Take(NamedExtras + 1).ToArr());
    }

    private Verdict Of(ReferenceEntry entry)
    {
        try
        {
            using var file = Folders.OpenShared(Within(entry.Path));
            // One byte more than it says: what has no end, as some devices, is not read to it.
            var bytes = new byte[Math.Clamp(file.Length, 0, LargestFile) + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length == bytes.Length
                ? new Verdict.Unreadable("it is larger than any file of the reference, or than its own size")
                : entry.Verify(bytes.AsMemory(0, length));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Verdict.Missing();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Verdict.Unreadable(e.Message.ReplaceLineEndings(" ").TrimEnd('.'));
        }
    }

    /// <summary>Nothing may be overwritten but an export, or what an export that was stopped has left.</summary>
    private Fin<Unit> Free()
    {
        try
        {
            return !Directory.Exists(Path) || !Strangers().Any()
                || Folders.Read(Within(ReferenceManifest.Path), LargestFile).Exists(manifest => ReferenceManifest.IsOne(manifest))
                ? unit
                : Error.New($"{Path} holds other files and is not an export: choose another folder");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"{Path} holds other files and is not an export: choose another folder");
        }
    }

    /// <summary>The files that the reference has no place for, by their paths in the folder.</summary>
    private IEnumerable<string> Strangers()
    {
        var known = toHashSet(ReferenceFiles.All.Map(entry => entry.Path).Add(ReferenceManifest.Path));
        return Directory.EnumerateFiles(Path, "*", Everywhere)
            .Select(file => System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/'))
            .Where(name => !known.Contains(name) && !name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }

    private Fin<Arr<(ReferenceEntry Entry, string Sha256)>> Written(IView view, CancellationToken stop)
    {
        using var bar = view.Bar("writing");
        var written = new List<(ReferenceEntry, string)>();
        foreach (var entry in ReferenceFiles.All)
        {
            var bytes = entry.Content().ToBytes();
            var result = stop.IsCancellationRequested
                ? FinFail<Unit>(Errors.Cancelled)
                : Folders.CreateInside(Path, System.IO.Path.GetDirectoryName(Within(entry.Path))!).Bind(_ => Write(entry.Path, bytes));
            if (result.IsFail)
            {
                return result.Map(_ => Arr<(ReferenceEntry, string)>.Empty);
            }

            written.Add((entry, ReferenceManifest.Sha256(bytes)));
            bar.Report(written.Count, ReferenceFiles.All.Count);
        }

        return written.ToArr();
    }

    private Fin<Unit> Write(string path, ReadOnlyMemory<byte> content) =>
        AtomicFile.WriteInside(FileOperations.Disk, Path, Within(path), stream => stream.Write(content.Span));

    private string Within(string path) => System.IO.Path.Combine([Path, .. path.Split('/')]);
}

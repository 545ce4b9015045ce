using System.Security.Cryptography;
using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>How pictures of all sizes become images of one.</summary>
/// <param name="Size">Height and width of the images.</param>
/// <param name="Channels">1 for grey, 3 for colour.</param>
public sealed record PictureShape(int Size, int Channels)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Size}×{Size}×{Channels}";
}

/// <summary>
/// A folder of PNG and JPEG files. Folders in it are classes, in the order of their names; without any, all pictures are of one class. Folders named
/// train and test, where both are there, are the two parts of the data set.
/// </summary>
public sealed record PictureFolder(string Path)
{
    private const int MostFaultsTold = 10;

    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg"];

    /// <summary>One part of the data set.</summary>
    /// <param name="description">What is not known of it.</param>
    /// <param name="split">Which part.</param>
    /// <param name="shape">What the pictures are to become.</param>
    /// <param name="tell">Told of each file that is left out.</param>
    /// <param name="progress">Told the files done and the files there are, on any thread.</param>
    /// <param name="stop">Ends the loading.</param>
    /// <returns>The pictures that can be read; or that none can; or <see cref="Errors.Cancelled"/>.</returns>
    public Fin<LoadedDataSet> Load(
        DataSetDescription description, DataSplit split, PictureShape shape, Action<string> tell, Action<int, int> progress, CancellationToken stop)
    {
        var parts = Directory.Exists(Within("train")) && Directory.Exists(Within("test"));
        if (!parts && split == DataSplit.Test)
        {
            return Error.New($"{Path} has no test pictures: put them into a folder test beside one that is called train");
        }

        var root = parts ? Within(split == DataSplit.Train ? "train" : "test") : Path;
        var files = Pictures(root);
        var here = Classes(root, files);
        var classes = parts && split == DataSplit.Test ? Classes(Within("train"), Pictures(Within("train"))) : here; // one numbering for both parts
        if (here.Find(name => !classes.Contains(name)).Case is string unknown)
        {
            return Error.New($"{root} has the class {unknown}, which {Within("train")} lacks: only classes that were trained on can be measured; name its folder as the class is called there, or remove it");
        }

        var used = classes.IsEmpty ? files : files.Filter(file => Class(root, file).Length > 0);
        var loose = files.Count - used.Count;
        if (loose > 0)
        {
            tell($"{Counted.Of(loose, "picture")} in no class's folder of {root}: left out");
        }

        return classes.Count > 256
            ? Error.New($"{root} has {classes.Count} folders, and there can be 256 classes at most")
            : (long)used.Count * shape.Size * shape.Size * shape.Channels > System.Array.MaxLength
                ? Error.New($"{used.Count} pictures of {shape.Size}×{shape.Size}×{shape.Channels} do not fit into one array: choose a smaller --image-size")
                : Read(used, shape, progress, stop).Bind(read => Set(description, split, root, used, read, classes, shape, tell));
    }

    /// <summary>What the data set is called: no published one's name ends so.</summary>
    public string Name => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path))) + "/";

    /// <summary>Whether a folder holds any pictures.</summary>
    public bool HasAny() => Directory.Exists(Path) && !Pictures(Path).IsEmpty;

    private static Arr<string> Pictures(string root) => Directory
        .EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
        .Where(file => Extensions.Contains(System.IO.Path.GetExtension(file).ToLowerInvariant()))
        .OrderBy(file => System.IO.Path.GetRelativePath(root, file).Replace('\\', '/'), StringComparer.Ordinal).ToArr();

    private static Arr<string> Classes(string root, Arr<string> files) =>
        files.Map(file => Class(root, file)).Filter(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal).ToArr();

    private static string Class(string root, string file) =>
        System.IO.Path.GetRelativePath(root, file).Split('/', '\\') is [var folder, _, ..] ? folder : "";

    private static Fin<Fin<PixelImage>[]> Read(Arr<string> files, PictureShape shape, Action<int, int> progress, CancellationToken stop)
    {
        var (read, done) = (new Fin<PixelImage>[files.Count], 0);
        try
        {
            Parallel.For(0, files.Count, new ParallelOptions { CancellationToken = stop }, i =>
            {
                read[i] = PictureFile.Read(files[i], shape.Size, shape.Channels);
                progress(Interlocked.Increment(ref done), files.Count);
            });
            return read;
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }

    private Fin<LoadedDataSet> Set(
        DataSetDescription description, DataSplit split, string root, Arr<string> files, Fin<PixelImage>[] read, Arr<string> classes, PictureShape shape, Action<string> tell)
    {
        var faults = read.Choose(picture => picture.Match(_ => Option<Error>.None, fault => fault)).ToArray();
        foreach (var fault in faults.Take(MostFaultsTold))
        {
            tell($"left out: {fault.Message}");
        }

        if (faults.Length > 0)
        {
            tell($"{faults.Length} of {files.Count} pictures could not be read: left out{(faults.Length > MostFaultsTold ? $", {faults.Length - MostFaultsTold} more than are listed" : "")}");
        }

        var good = Enumerable.Range(0, read.Length).Where(i => read[i].IsSucc).ToArray();
        if (good.Length == 0)
        {
            return Error.New($"there is no picture in {root} that can be read: it needs PNG or JPEG files, in a folder for each class if there are classes");
        }

        var each = shape.Size * shape.Size * shape.Channels;
        var pixels = new byte[good.Length * each];
        for (var k = 0; k < good.Length; k++)
        {
            read[good[k]].Iter(picture => picture.Pixels.CopyTo(pixels.AsMemory(k * each, each)));
        }

        byte[] labels = [.. good.Select(i => (byte)Math.Max(0, classes.IndexOf(Class(root, files[i]))))];
        return ImageSet.Create(good.Length, shape.Size, shape.Size, shape.Channels, pixels, (ReadOnlyMemory<byte>)labels).Match(
            set => FinSucc(new LoadedDataSet(
                description with { Name = Name, Title = "Pictures", ClassNames = classes.IsEmpty ? Array(Name.TrimEnd('/')) : classes }, split, set, $"folder {root}",
                Convert.ToHexStringLower(SHA256.HashData([.. pixels, .. labels])), IsPublished: false)),
            errors => FinFail<LoadedDataSet>(errors.Head));
    }

    private string Within(string name) => System.IO.Path.Combine(Path, name);
}

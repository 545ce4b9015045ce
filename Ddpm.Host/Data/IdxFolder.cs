using Ddpm.Host.Faults;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>A folder that holds IDX files under the publishers' names, compressed (.gz) or not.</summary>
internal sealed record IdxFolder(string Path)
{
    /// <summary>One part of the data set from a folder that holds the published files, as the cache does.</summary>
    public Fin<LoadedDataSet> LoadPublished(DataSetDescription description, DataSplit split, string origin) =>
        Load(description, split, origin, ReadPublished);

    /// <summary>One part of the data set from a user's own folder: any number of images of any size.</summary>
    public Fin<LoadedDataSet> LoadAny(DataSetDescription description, DataSplit split) =>
        Load(description, split, LoadedDataSet.InFolder + Path, Read);

    /// <summary>A published file, checked; or why it cannot be had here. A damaged file does not hide a good one in the other form.</summary>
    public Fin<IdxFile> ReadPublished(PublishedFile file)
    {
        Fin<IdxFile> answer = Missing(file);
        foreach (var path in Candidates(file))
        {
            answer = IdxFile.Read(path, file.Length)
                .Bind(found => file.Check(found.Array.Shape, found.ContentSha256, found.GzipMd5).At(path).Map(_ => found));
            if (answer.IsSucc)
            {
                break;
            }
        }
        return answer;
    }

    // No array can be longer than this: the limit only ends a hostile .gz.
    private Fin<IdxFile> Read(PublishedFile file) =>
        Candidates(file).HeadOrNone().ToFin(Missing(file)).Bind(path => IdxFile.Read(path, System.Array.MaxLength));

    private Fin<LoadedDataSet> Load(
        DataSetDescription description, DataSplit split, string origin, Func<PublishedFile, Fin<IdxFile>> read)
    {
        var files = description.Of(split);
        return
            from images in RequireAll(Seq(files.Images, files.Labels)).Bind(_ => read(files.Images))
            from labels in read(files.Labels)
            from set in ImageSet.FromIdx(images.Array, labels.Array).ToFin().At($"{files.Images.Name} and {files.Labels.Name} in {Path}")
                .Bind(set => set.Count > 0 ? FinSucc(set) : Error.New($"{files.Images.Name} in {Path} holds no images"))
            select new LoadedDataSet(
                description, split, set, origin, images.ContentSha256,
                images.ContentSha256 == files.Images.ContentSha256 && labels.ContentSha256 == files.Labels.ContentSha256);
    }

    /// <summary>Whether any of the data set's files is here, good or not.</summary>
    public bool HasAny(DataSetDescription description) => description.Files.Exists(file => !Candidates(file).IsEmpty);

    private Fin<Unit> RequireAll(Seq<PublishedFile> files)
    {
        if (!Directory.Exists(Path))
        {
            return Error.New(File.Exists(Path) ? $"{Path} is a file, not a folder" : $"there is no folder {Path}");
        }

        var missing = files.Filter(file => Candidates(file).IsEmpty);
        return missing.IsEmpty
            ? unit
            : Error.New($"the folder {Path} lacks {string.Join(" and ", missing.Map(file => file.Name))} (each may be compressed as .gz)");
    }

    /// <summary>An uncompressed file goes before a compressed one: somebody took the trouble of unpacking it.</summary>
    private Seq<string> Candidates(PublishedFile file) =>
        Seq(file.Name, file.GzipName).Map(name => System.IO.Path.Combine(Path, name)).Filter(File.Exists).Strict();

    private Error Missing(PublishedFile file) => Error.New($"there is no {file.GzipName} in {Path}");
}

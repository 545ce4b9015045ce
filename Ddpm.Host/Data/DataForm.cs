using Ddpm.Pure.Data;
using Ddpm.Pure.Formats.Pictures;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>
/// One form in which people have images: a row of <see cref="All"/>. --data, its errors and the receipt follow from the rows. A new form is a new row.
/// </summary>
/// <param name="Words">The form in words, for the error that lists all forms.</param>
/// <param name="Recognises">Whether a path has this form, seen from names alone.</param>
/// <param name="Load">Reads one part of the data at a path.</param>
internal sealed record DataForm(
    string Words, Func<string, DataSetDescription, bool> Recognises, Func<string, DataRequest, CancellationToken, Fin<LoadedDataSet>> Load)
{
    /// <summary>The published files of a data set, or other images under their names. They keep the data set's name.</summary>
    public static DataForm Idx { get; } = new(
        "the four IDX files of a data set",
        (path, description) => new IdxFolder(path).HasAny(description),
        (path, request, stop) => DataSets.Load(request.Description, request.Split, path, DataSetEnvironment.Default, _ => { }, stop));

    /// <summary>All forms. The first that recognises a path reads it.</summary>
    public static Arr<DataForm> All { get; } = Array(
        Idx,
        new(
            "CIFAR-10 or CIFAR-100 as binary files or Python pickles",
            (path, _) => CifarFolder.In(path).IsSome,
            (path, request, stop) => CifarFolder.In(path).ToFin(Error.New($"{path} is no folder of CIFAR")).Bind(folder => folder.Load(request, stop))),
        new(
            ".parquet files with encoded pictures, as on the Hugging Face Hub", (path, _) => ParquetFiles.Recognises(path), ParquetFiles.Load),
        new(".npz with images and labels", (path, _) => File.Exists(path) && HasEnding(path, ".npz"), (path, request, _) => NpzFile.Load(path, request)),
        new(
            $"{EncodedPicture.Formats} pictures with one folder per class if there are classes",
            (path, _) => new PictureFolder(path).HasAny(),
            (path, request, stop) => new PictureFolder(path).Load(request, stop)));

    /// <summary>The form of the data at a path, if any.</summary>
    public static Option<DataForm> Of(string path, DataSetDescription description) => All.Find(form => form.Recognises(path, description));

    private static bool HasEnding(string path, string ending) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);
}

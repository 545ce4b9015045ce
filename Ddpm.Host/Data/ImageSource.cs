using Ddpm.Host.Pictures;
using Ddpm.Host.Progress;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using LanguageExt;

namespace Ddpm.Host.Data;

/// <summary>Loads images from a folder of pictures, from IDX files or from the network, and shows the progress.</summary>
internal static class ImageSource
{
    /// <summary>The pictures in a folder; none if no folder is named, or if it has IDX files of the data set.</summary>
    public static Option<PictureFolder> PicturesIn(Option<string> folder, DataSetDescription description) => folder
        .Filter(path => !new IdxFolder(path).HasAny(description)).Map(path => new PictureFolder(path)).Filter(pictures => pictures.HasAny());

    /// <summary>Loads one part of a data set.</summary>
    /// <param name="description">The data set.</param>
    /// <param name="split">Which part.</param>
    /// <param name="folder">The folder to read; none to fetch the published files.</param>
    /// <param name="shape">The size and channels of pictures.</param>
    /// <param name="background">The colour behind transparent pictures.</param>
    /// <param name="view">Shows the progress.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<LoadedDataSet> Load(
        DataSetDescription description, DataSplit split, Option<string> folder, PictureShape shape, Background background, IView view,
        CancellationToken stop) => PicturesIn(folder, description).Match(
            pictures => LoadPictures(pictures, description, split, shape, background, view, stop),
            () => LoadFiles(description, split, folder, view, stop));

    private static Fin<LoadedDataSet> LoadPictures(
        PictureFolder folder, DataSetDescription description, DataSplit split, PictureShape shape, Background background, IView view, CancellationToken stop)
    {
        using var bar = view.Bar("reading pictures");
        return folder.Load(description, split, shape, background, view.Line, bar.Report, stop);
    }

    private static Fin<LoadedDataSet> LoadFiles(
        DataSetDescription description, DataSplit split, Option<string> folder, IView view, CancellationToken stop)
    {
        using var bar = view.Bar($"fetching {description.Title}");
        return DataSets.Load(
            description, split, folder, DataSetEnvironment.Default,
            progress => bar.Report((int)(progress.Received >> 10), (int)(progress.Total.IfNone(progress.Received + 1) >> 10) + 1, progress.Step), stop);
    }
}

using Ddpm.Host.Progress;
using Ddpm.Pure.Data;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Data;

/// <summary>Loads images from a person's own folder or file, or from the network, and shows the progress.</summary>
internal static class ImageSource
{
    /// <summary>Loads one part of a data set.</summary>
    /// <param name="path">The folder or file to read; none to fetch the published files.</param>
    /// <param name="request">Which part of which data set, and the shape of pictures.</param>
    /// <param name="view">Shows the progress.</param>
    /// <param name="stop">Ends the work.</param>
    public static Fin<LoadedDataSet> Load(Option<string> path, DataRequest request, IView view, CancellationToken stop) => path.Match(
        own => DataForm.Of(own, request.Description).Match(form => LoadOwn(form, own, request, view, stop), () => Unknown(own, request.Description)),
        () => Fetch(request, view, stop));

    private static Error Unknown(string path, DataSetDescription description) => Error.New(Path.Exists(path)
        ? $"{path} holds no images that can be read: --data takes {string.Join("; ", DataForm.All.Map(form => form.Words))}"
        : $"there is no folder or file {path}: correct --data, or leave it out to download {description.Title}");

    private static Fin<LoadedDataSet> LoadOwn(DataForm form, string path, DataRequest request, IView view, CancellationToken stop)
    {
        using var bar = view.Bar("reading pictures");
        return form.Load(path, request with { Tell = view.Line, Progress = bar.Report }, stop);
    }

    private static Fin<LoadedDataSet> Fetch(DataRequest request, IView view, CancellationToken stop)
    {
        using var bar = view.Bar($"fetching {request.Description.Title}");
        return DataSets.Load(
            request.Description, request.Split, Option<string>.None, DataSetEnvironment.Default,
            progress => bar.Report((int)(progress.Received >> 10), (int)(progress.Total.IfNone(progress.Received + 1) >> 10) + 1, progress.Step), stop);
    }
}

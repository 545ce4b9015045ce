using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats.Pictures;
using Ddpm.Pure.Images;
using Ddpm.Pure.Text;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>A folder with the files of CIFAR-10 or CIFAR-100.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Layout">The names of its files, and how they are read.</param>
internal sealed record CifarFolder(string Folder, CifarLayout Layout)
{
    /// <summary>The data set in a folder; none if the folder has no file of training images.</summary>
    public static Option<CifarFolder> In(string folder) =>
        CifarLayout.All.Find(layout => layout.Train.Exists(name => File.Exists(Path.Combine(folder, name)))).Map(layout => new CifarFolder(folder, layout));

    /// <summary>One part of the data set.</summary>
    /// <returns>The images; or what is wrong with each file.</returns>
    public Fin<LoadedDataSet> Load(DataRequest request, CancellationToken stop)
    {
        var files = Layout.Of(request.Split);
        var missing = files.Filter(name => !File.Exists(At(name)));
        if (!missing.IsEmpty)
        {
            return Error.New($"the folder {Folder} lacks {string.Join(", ", missing)} of {Layout.Title}: copy all of its files into one folder");
        }

        var done = 0;
        var batches = Outcomes.All(toSeq(files).Map(name =>
        {
            var batch = stop.IsCancellationRequested ? Errors.Cancelled : Read(name, Layout.Read);
            request.Progress(++done, files.Count);
            return batch;
        }));
        return stop.IsCancellationRequested ? Errors.Cancelled
            : from read in Outcomes.All(Seq(batches.Map(_ => unit), Names().Map(_ => unit)))
              from found in batches
              from names in Names()
              from set in Set(found)
              select LoadedDataSet.Own(request, Layout.Title, Folder, set, names, Folder, background: null);
    }

    private Fin<Arr<string>> Names() => !File.Exists(At(Layout.Names)) ? Arr<string>.Empty : Read(Layout.Names, Layout.ReadNames).Bind(names =>
        names.Count == Layout.Classes
            ? FinSucc(names.Map(Quotation.Printable))
            : Error.New($"{At(Layout.Names)} has {names.Count} names, but {Layout.Title} has {Layout.Classes} classes"));

    private Fin<T> Read<T>(string name, Func<ReadOnlyMemory<byte>, Fin<T>> read) =>
        Folders.Read(At(name), EncodedPicture.MostBytes * 4).Bind(file => read(file).At($"{At(name)} cannot be read as {Layout.Title}"));

    private static Fin<ImageSet> Set(Seq<CifarBatch> batches)
    {
        var labels = batches.AsEnumerable().SelectMany(batch => batch.Labels.ToArray()).ToArray();
        var pixels = new byte[batches.AsEnumerable().Sum(batch => (long)batch.Pixels.Length)];
        var at = 0;
        foreach (var batch in batches)
        {
            batch.Pixels.CopyTo(pixels.AsMemory(at));
            at += batch.Pixels.Length;
        }

        return ImageSet.Of(labels.Length, CifarBatch.Size, CifarBatch.Size, CifarBatch.Channels, pixels, Some<ReadOnlyMemory<byte>>(labels)).ToFin();
    }

    private string At(string name) => Path.Combine(Folder, name);
}

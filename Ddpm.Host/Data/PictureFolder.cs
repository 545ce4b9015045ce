using Ddpm.Host.Faults;
using Ddpm.Host.Pictures;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats.Pictures;
using Ddpm.Pure.Images;
using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>
/// A folder of pictures. Folders in it are classes, in natural order of their names; without any, all pictures are of one class. Folders called train and
/// test, or train and val, are the two parts of the data set (<see cref="SplitFolders"/>).
/// </summary>
internal sealed record PictureFolder(string Path)
{
    /// <summary>One part of the data set.</summary>
    /// <param name="request">Which part, and what the pictures are to become.</param>
    /// <param name="stop">Ends the loading.</param>
    /// <returns>The pictures that can be read; or that none can; or <see cref="Errors.Cancelled"/>.</returns>
    public Fin<LoadedDataSet> Load(DataRequest request, CancellationToken stop)
    {
        var (split, shape) = (request.Split, request.Shape);
        void Tell(string text) => request.Tell(Quotation.Printable(text)); // names of files may hold anything
        return SplitFolders.Of(FolderWalk.FoldersIn(Path)).At($"{Path} cannot be used").Bind(parts =>
        {
            if (parts.IsNone && split == DataSplit.Test)
            {
                return Error.New($"{Path} has no test pictures: put them into a folder test beside the folder train");
            }

            var root = parts.Match(found => Within(split == DataSplit.Train ? found.Train : found.Test), () => Path);
            var walk = FolderWalk.Of(root, stop);
            if (walk.Refused.Case is Error refused)
            {
                return refused;
            }

            if (stop.IsCancellationRequested)
            {
                return Errors.Cancelled;
            }

            var list = PictureList.Of(walk.Files);
            Report(parts, root, walk, list, Tell);
            return from classes in (split == DataSplit.Test ? ClassesOf(parts, root, list, stop) : list.Classes) // one numbering for both parts
                       .Bind(found => Fits(root, list, found, shape).Map(_ => found))
                   from read in Read(root, list, shape, request.Background, request.Progress, stop)
                   from set in Set(request, root, list, read, classes, Tell)
                   select set;
        });
    }

    /// <summary>Whether the folder is there and holds anything, as far as can be seen.</summary>
    public bool HasAny()
    {
        try
        {
            return Directory.Exists(Path) && Directory.EnumerateFileSystemEntries(Path).Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true; // it is there; loading says why it cannot be listed
        }
    }

    private static Unit Report(Option<SplitFolders> parts, string root, FolderWalk walk, PictureList list, Action<string> tell)
    {
        var unused = toSeq(parts.Bind(found => found.Unused).Map(name => $"the folder {Quotation.Quote(name)} is not used for training or evaluation"));
        return (unused + walk.Warnings() + list.Warnings(root)).Iter(tell);
    }

    private Fin<Arr<string>> ClassesOf(Option<SplitFolders> parts, string root, PictureList list, CancellationToken stop)
    {
        var train = parts.Match(found => Within(found.Train), () => root);
        var walk = FolderWalk.Of(train, stop);
        var classes = PictureList.Of(walk.Files).Classes;
        return walk.Refused.Case is Error refused ? refused : list.Classes.Find(name => !classes.Contains(name)).Case is string unknown
            ? Error.New($"{root} has the class {Quotation.Printable(unknown)}, which {train} lacks: "
                + "only trained classes can be evaluated; give its folder the name of a class there, or remove it")
            : classes;
    }

    private static Fin<Unit> Fits(string root, PictureList list, Arr<string> classes, PictureShape shape) =>
        list.Files.IsEmpty ? NoPicture(root, list)
        : classes.Count > PictureList.MostClasses ? Error.New($"{root} has {classes.Count} folders, but there can be at most {PictureList.MostClasses} classes")
        : (long)list.Files.Count * shape.Size.Pixels * shape.Channels > System.Array.MaxLength
            ? Error.New($"{list.Files.Count} pictures of {shape} do not fit into one array: choose a smaller --image-size")
        : unit;

    private static Error NoPicture(string root, PictureList list) => Error.New(
        $"{root} has no picture that can be read: it needs {EncodedPicture.Formats} files, with one folder per class if there are classes, "
        + "or the four IDX files of a data set"
        + (list.Others.IsEmpty ? "" : $"; it holds {list.OthersByEnding()}"));

    private static Fin<Fin<ReadPicture>[]> Read(
        string root, PictureList list, PictureShape shape, Background background, Action<int, int> progress, CancellationToken stop)
    {
        var (read, done, budget) = (new Fin<ReadPicture>[list.Files.Count], 0, PixelBudget.OfFolder());
        try
        {
            Parallel.For(0, read.Length, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
            {
                read[i] = PictureFile.Read(System.IO.Path.Combine(root, list.Files[i]), shape, background, budget);
                progress(Interlocked.Increment(ref done), read.Length);
            });
            return read;
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
    }

    private Fin<LoadedDataSet> Set(
        DataRequest request, string root, PictureList list, Fin<ReadPicture>[] read, Arr<string> classes, Action<string> tell)
    {
        byte[] labels = [.. list.Files.Select(file => (byte)Math.Max(0, classes.IndexOf(PictureList.ClassOf(file))))];
        return ReadPictures.Set(read, labels, request with { Tell = tell }).Match(
            set => LoadedDataSet.Own(request, "Pictures", Path, set, classes, root, request.Background.ToString()),
            () => FinFail<LoadedDataSet>(NoPicture(root, list)));
    }

    private string Within(string name) => System.IO.Path.Combine(Path, name);
}

using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using Ddpm.Pure.Data;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>Gets data sets from wherever they can be had.</summary>
internal static class DataSets
{
    /// <summary>
    /// Loads one part of a data set. A folder that the user names is the only place looked at. Otherwise the places are, in this order:
    /// the per-user cache; the folder of the Debian package; the mirrors; the Debian package, fetched without installing it. The last two
    /// fill the cache with all four files.
    /// </summary>
    /// <param name="description">Which data set.</param>
    /// <param name="split">Which part of it.</param>
    /// <param name="folder">The user's own folder of IDX files, where one was named. It may hold any images.</param>
    /// <param name="environment">The machine: <see cref="DataSetEnvironment.Default"/>.</param>
    /// <param name="report">Receives every piece that arrives, on any thread.</param>
    /// <param name="stop">Ends the loading with <see cref="Errors.Cancelled"/>.</param>
    /// <returns>The images; or one error that names every place tried, why it failed and what to do.</returns>
    public static Fin<LoadedDataSet> Load(
        DataSetDescription description,
        DataSplit split,
        Option<string> folder,
        DataSetEnvironment environment,
        Action<DownloadProgress> report,
        CancellationToken stop) =>
        folder.Match(
            Some: path => new IdxFolder(path).LoadAny(description, split).Match(
                Succ: FinSucc,
                Fail: fault => FinFail<LoadedDataSet>(Error.New(
                    $"{fault.Message}: correct the folder, or leave out --data to download {description.Title}"))),
            None: () => FirstOf(Sources(description, split, environment, report, stop), stop).Match(
                Succ: FinSucc,
                Fail: fault => FinFail<LoadedDataSet>(fault == Errors.Cancelled ? fault : NotFound(description, split, fault))));

    /// <summary>The folders of this machine that may hold a data set, in the order in which they are asked.</summary>
    internal static Seq<(IdxFolder Folder, string Name)> LocalFolders(DataSetDescription description, DataSetEnvironment environment)
    {
        var cache = Path.Combine(environment.CacheFolder, description.Name);
        return Seq1((new IdxFolder(cache), $"cache {cache}")) + toSeq(description.Package)
            .Map(package => Path.Combine(environment.DebianRoot, package.Folder.TrimStart('/')))
            .Map(installed => (new IdxFolder(installed), $"Debian's folder {installed}"));
    }

    private sealed record Source(string Name, Func<Fin<LoadedDataSet>> Load);

    private static Seq<Source> Sources(
        DataSetDescription description,
        DataSplit split,
        DataSetEnvironment environment,
        Action<DownloadProgress> report,
        CancellationToken stop)
    {
        var cache = Path.Combine(environment.CacheFolder, description.Name);
        Fin<LoadedDataSet> FromCache() => new IdxFolder(cache).LoadPublished(description, split, $"cache {cache}");
        // A fetch that brought only some of the files may still have brought the two that are needed, so the cache is asked in any case.
        Fin<LoadedDataSet> Fetched(Func<Task<Fin<string>>> fetch) =>
            Folders.Create(cache).Bind(_ => fetch().GetAwaiter().GetResult()).Match(
                Succ: origin => new IdxFolder(cache).LoadPublished(description, split, origin),
                Fail: fault => FromCache().Match(Succ: FinSucc, Fail: _ => fault));

        return
            LocalFolders(description, environment).Map(local => new Source(local.Name, () => local.Folder.LoadPublished(description, split, local.Name))) +
            Seq1(new Source("download", () => Fetched(async () =>
                (await MirrorDownload.Fetch(description, cache, environment, report, stop).ConfigureAwait(false))
                .Map(mirrors => $"downloaded from {string.Join(" and ", mirrors)}")))) +
            toSeq(description.Package).Map(package => new Source($"Debian's package {package.Name} through apt", () => Fetched(async () =>
                (await DebianDownload.Fetch(description, package, cache, environment, report, stop).ConfigureAwait(false))
                .Map(_ => $"Debian's package {package.Name}"))));
    }

    private static Fin<LoadedDataSet> FirstOf(Seq<Source> sources, CancellationToken stop)
    {
        var faults = Seq<string>();
        foreach (var source in sources)
        {
            if (stop.IsCancellationRequested)
            {
                return Errors.Cancelled;
            }

            var loaded = source.Load();
            if (loaded.IsSucc)
            {
                return loaded;
            }

            faults = faults + loaded.Match(_ => Seq<string>(), SeveralFaults.LinesOf).Map(line => $"  {source.Name}: {line}");
        }
        return stop.IsCancellationRequested ? Errors.Cancelled : new SeveralFaults(faults, ExitCode.Failure);
    }

    private static SeveralFaults NotFound(DataSetDescription description, DataSplit split, Error tried)
    {
        var files = description.Of(split);
        return new SeveralFaults(
            $"{description.Title} could not be downloaded. Tried:".Cons(SeveralFaults.LinesOf(tried)).Add(
                $"download {files.Images.GzipName} and {files.Labels.GzipName} on another machine, and give their folder with "
                + "--data; or connect this machine to the network and try again"),
            ExitCode.Failure);
    }
}

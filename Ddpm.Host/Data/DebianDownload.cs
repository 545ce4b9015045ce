using Ddpm.Host.Files;
using Ddpm.Host.Processes;
using Ddpm.Pure.Data;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Data;

/// <summary>
/// Gets a data set out of a Debian package without installing it: apt fetches the package into a private folder and dpkg-deb unpacks it
/// there. Needs no root, and leaves the system's own lists and caches alone.
/// </summary>
internal static class DebianDownload
{
    // Hooks of the system's configuration tidy the system's caches or tell its desktop: none of their business here, and
    // an ordinary user has not the rights for it.
    private const string Configuration = """
        #clear APT::Update::Pre-Invoke;
        #clear APT::Update::Post-Invoke;
        #clear APT::Update::Post-Invoke-Success;
        """;

    /// <summary>Puts the four files into the cache, if the package proves to hold the published ones.</summary>
    public static async Task<Fin<Unit>> Fetch(
        DataSetDescription description,
        DebianPackage package,
        string cache,
        DataSetEnvironment environment,
        Action<DownloadProgress> report,
        CancellationToken stop)
    {
        foreach (var tool in Seq(environment.AptGet, environment.DpkgDeb))
        {
            if (!File.Exists(tool))
            {
                return Error.New($"there is no {tool} on this machine");
            }
        }

        var workshop = Path.Combine(cache, $".apt-{Path.GetRandomFileName()}");
        try
        {
            var lists = Directory.CreateDirectory(Path.Combine(workshop, "lists", "partial")).Parent!.FullName;
            var archives = Directory.CreateDirectory(Path.Combine(workshop, "cache", "archives", "partial")).Parent!.Parent!.FullName;
            var configuration = Path.Combine(workshop, "apt.conf");
            await File.WriteAllTextAsync(configuration, Configuration, stop).ConfigureAwait(false);
            var options = Seq(
                "-c", configuration,
                "-q",
                "-o", $"Dir::State::Lists={lists}",
                "-o", $"Dir::Cache={archives}",
                // As root, apt would hand the download to a user who may not enter this folder.
                "-o", "APT::Sandbox::User=root",
                "-o", "Acquire::Languages=none",
                "-o", "Acquire::Retries=1",
                "-o", "Acquire::http::Timeout=15",
                "-o", "Acquire::https::Timeout=15");

            async Task<Fin<string>> Run(string tool, Seq<string> arguments, string step)
            {
                report(new DownloadProgress($"Debian package {package.Name}", step, 0, None));
                return await ExternalCommand.Run(tool, arguments, step, workshop, environment.CommandTimeout, stop).ConfigureAwait(false);
            }

            // One of several repositories may be out of reach without harm, so that what decides is whether the package can be had.
            var updated = await Run(environment.AptGet, options.Add("update"), "apt-get update").ConfigureAwait(false);
            var downloaded = await Run(environment.AptGet, options.Add("download").Add(package.Name), "apt-get download")
                .ConfigureAwait(false);
            if (stop.IsCancellationRequested)
            {
                return Errors.Cancelled;
            }

            if (downloaded.IsFail)
            {
                var complaints = Seq(updated, downloaded)
                    .Bind(run => run.Match(Succ: _ => Seq<string>(), Fail: fault => Seq1(fault.Message)));
                return Error.New(string.Join("; ", complaints));
            }

            var archive = Directory.EnumerateFiles(workshop, "*.deb").FirstOrDefault();
            if (archive is null)
            {
                return Error.New("apt-get download succeeded without leaving a .deb file");
            }

            var unpacked = Path.Combine(workshop, "unpacked");
            var extracted = await Run(environment.DpkgDeb, Seq("-x", archive, unpacked), "dpkg-deb -x").ConfigureAwait(false);
            return extracted.Bind(_ => Keep(description, new IdxFolder(Path.Combine(unpacked, package.Folder.TrimStart('/'))), cache));
        }
        catch (OperationCanceledException)
        {
            return Errors.Cancelled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Error.New($"{workshop} cannot be used ({e.Message})");
        }
        finally
        {
            Remove(workshop);
        }
    }

    private static Fin<Unit> Keep(DataSetDescription description, IdxFolder unpacked, string cache)
    {
        foreach (var file in description.Files)
        {
            var kept = unpacked.ReadPublished(file).Bind(found =>
                AtomicFile.Write(Path.Combine(cache, found.GzipMd5.IsSome ? file.GzipName : file.Name), found.Stored));
            if (kept.IsFail)
            {
                return kept;
            }
        }

        return unit;
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left behind wastes space and harms nothing.
        }
    }
}

using System.Diagnostics;
using System.Text.Json;
using Ddpm.Host.Faults;
using Ddpm.Host.Files;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Runs;

/// <summary>The process that holds a run.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Host">Its machine.</param>
/// <param name="Started">Its start (<see cref="StartOf"/>). A later process can have the same number, but not the same start.</param>
internal sealed record LockHolder(int Pid, string Host, string Started)
{
    /// <summary>This process.</summary>
    public static LockHolder Here { get; } = new(Environment.ProcessId, Environment.MachineName, StartOf(Environment.ProcessId).IfNone(""));

    /// <summary>Whether this process may still hold the run.</summary>
    /// <param name="host">The machine that asks.</param>
    /// <param name="startOf">Gives the start of a process on that machine, as <see cref="StartOf"/> does.</param>
    /// <returns>False if the process is gone. True if it runs, or if that cannot be known, as for a process on another machine.</returns>
    public bool Holds(string host, Func<int, Option<string>> startOf) =>
        Host != host || startOf(Pid).Exists(started => started.Length == 0 || started == Started);

    /// <summary>
    /// The start of a process on this machine: none if there is no such process, empty if its start cannot be read. On Linux, it is a name of the boot and
    /// the ticks since then, because somebody may set the wall clock while the process runs.
    /// </summary>
    public static Option<string> StartOf(int pid)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // The second field, in brackets, may hold anything; the start is the twenty-second (proc(5)).
                var stat = File.ReadAllText(Invariant($"/proc/{pid}/stat"));
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                return fields[0] is "Z" or "X" // it has ended, and its parent has not asked how
                    ? None
                    : $"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {fields[19]}";
            }

            using var process = Process.GetProcessById(pid);
            return Invariant($"{process.StartTime.ToFileTimeUtc()}");
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FileNotFoundException or DirectoryNotFoundException)
        {
            return None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception or IndexOutOfRangeException)
        {
            return "";
        }
    }
}

/// <summary>
/// Keeps a second process out of a run's folder. The file run.lock names the process that trains there. If that process is gone, for example after a crash,
/// the next process takes the lock over. The file is open only while one process reads and writes it.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private readonly LockHolder _holder;

    private RunLock(RunFolder folder, LockHolder holder) => (Folder, _holder) = (folder, holder);

    /// <summary>The folder that is taken.</summary>
    public RunFolder Folder { get; }

    /// <summary>Takes a run's folder, which is made if need be.</summary>
    /// <returns>The lock; or who has it, or why the folder cannot be taken. Nothing new is left there then.</returns>
    public static Fin<RunLock> Take(RunFolder folder) => Take(folder, LockHolder.Here, LockHolder.StartOf);

    /// <summary>
    /// Takes the first of root/name, root/name-2, root/name-3, … that nobody has. Of processes that come at once, one gets a name and the others the next ones.
    /// </summary>
    public static Fin<RunLock> TakeFree(string root, string name) => TakeFree(RunFolder.Free(root, name), LockHolder.Here, LockHolder.StartOf);

    /// <summary>As <see cref="TakeFree(string, string)"/>, for any process on a machine with any processes.</summary>
    /// <param name="free">Folders that are not there when it is their turn.</param>
    /// <param name="taker">Who takes one.</param>
    /// <param name="startOf">When a process of a number started, if there is one.</param>
    public static Fin<RunLock> TakeFree(IEnumerable<RunFolder> free, LockHolder taker, Func<int, Option<string>> startOf)
    {
        foreach (var folder in free)
        {
            var taken = Take(folder, taker, startOf);
            if (taken.Exists(mine => Directory.EnumerateFileSystemEntries(folder.Path).Count() == 1) || (taken.IsFail && !File.Exists(folder.LockPath)))
            {
                return taken; // with nothing in it but the lock; or what would go wrong with every name
            }

            taken.Iter(mine => mine.Dispose()); // another process has made a whole run of that name meanwhile
        }

        throw new UnreachableException();
    }

    /// <summary>As <see cref="Take(RunFolder)"/>, for any process on a machine with any processes.</summary>
    public static Fin<RunLock> Take(RunFolder folder, LockHolder taker, Func<int, Option<string>> startOf) =>
        Folders.Create(folder.Path).Bind(_ => Usable(folder)).Bind(_ => Written(folder, taker, startOf));

    /// <summary>Refuses a link: the lock is the only file that is written in place, and a link would write to another file.</summary>
    private static Fin<Unit> Usable(RunFolder folder)
    {
        var there = FileEntry.Named(folder.LockPath);
        return there is { Kind: FileKind.Nothing } or { Kind: FileKind.File, Names: 1 }
            ? unit
            : Error.New($"cannot lock {folder.Path}: {folder.LockPath} is {there.Words}; remove it, or choose another --run");
    }

    private static Fin<RunLock> Written(RunFolder folder, LockHolder taker, Func<int, Option<string>> startOf)
    {
        var (begun, done) = (false, false);
        try
        {
            using var file = new FileStream(folder.LockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (Holder(file).Filter(holder => holder != taker && holder.Holds(taker.Host, startOf)).Case is LockHolder other)
            {
                return Error.New(other.Host == taker.Host
                    ? $"process {other.Pid} is training in {folder.Path}: wait for it, stop it, or choose another --run"
                    : $"process {other.Pid} on {other.Host} is training in {folder.Path}: choose another --run; "
                        + $"if that process is gone, delete {folder.LockPath}");
            }

            begun = true;
            folder.Files.Fill(file, JsonSerializer.SerializeToUtf8Bytes(taker));
            done = true;
            return new RunLock(folder, taker);
        }
        catch (Exception e) when (FileFault.IsOne(e))
        {
            return Error.New(
                $"cannot lock {folder.Path}: {FileFault.Reason(e)}; choose another --run, or try again if another process is about to train there");
        }
        finally
        {
            if (begun && !done)
            {
                Remove(folder);
            }
        }
    }

    /// <summary>Deletes the lock, and the folder if it holds nothing else.</summary>
    private static void Remove(RunFolder folder)
    {
        try
        {
            File.Delete(folder.LockPath);
            if (!Directory.EnumerateFileSystemEntries(folder.Path).Any())
            {
                Directory.Delete(folder.Path);
            }
        }
        catch (Exception e) when (FileFault.IsOne(e))
        {
            // It names nobody, or a process that will be gone, so it will be taken over.
        }
    }

    /// <summary>Gives the folder back; one that holds nothing but the lock goes with it.</summary>
    public void Dispose()
    {
        try
        {
            using var file = new FileStream(Folder.LockPath, FileMode.Open, FileAccess.Read, FileShare.None);
            if (Holder(file) != _holder)
            {
                return; // it was taken away from this process by hand
            }
        }
        catch (Exception e) when (FileFault.IsOne(e))
        {
            return; // it names a process that will be gone, so it will be taken over
        }

        Remove(Folder);
    }

    /// <summary>The process that trains in a folder now, as far as can be seen from here.</summary>
    public static Option<LockHolder> Holder(RunFolder folder)
    {
        try
        {
            using var file = Folders.OpenShared(folder.LockPath);
            return Holder(file).Filter(holder => holder.Holds(LockHolder.Here.Host, LockHolder.StartOf));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return None;
        }
    }

    /// <summary>Who is named there; nobody in a file that was cut short or is something else.</summary>
    private static Option<LockHolder> Holder(Stream file)
    {
        try
        {
            return file.Length is 0 or > 4096 ? None : Optional(JsonSerializer.Deserialize<LockHolder>(file));
        }
        catch (JsonException)
        {
            return None;
        }
    }
}

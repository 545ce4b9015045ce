using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Properties.Files;
using Ddpm.Properties.Formats;
using Ddpm.Properties.Training;
using LanguageExt;
using Xunit;
using static Ddpm.Properties.Attacks.AttackFolder;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Attacks;

/// <summary>Links, pipes and races in the folder of a run.</summary>
public sealed class RunFolderAttacks : IDisposable
{
    private readonly AttackFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string At(params string[] names) => _folder.At(names);

    private string Victim() => _folder.Victim();

    public static TheoryData<string, string> Traps()
    {
        var traps = new TheoryData<string, string>();
        foreach (var name in (string[])["run.lock", "metrics.jsonl", "checkpoints", "samples", "tensorboard", "checkpoints/step-0000002.safetensors"])
        {
            foreach (var to in (string[])["file", "folder", "nothing", "pipe"])
            {
                traps.Add(name, to);
            }
        }

        return traps;
    }

    /// <summary>A prepared folder cannot lead a training elsewhere or make it wait. Links and their targets stay unchanged.</summary>
    [UnixTheory]
    [MemberData(nameof(Traps))]
    public void Nothing_in_a_run_s_folder_leads_elsewhere(string name, string to)
    {
        var (victim, folder) = (Victim(), new RunFolder(At("run")));
        Directory.CreateDirectory(At("elsewhere"));
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Within(name))!);
        _ = to == "pipe"
            ? UnixFiles.Pipe(folder.Within(name))
            : Link(folder.Within(name), to switch { "file" => victim, "folder" => At("elsewhere"), _ => At("none") });
        var fault = (from held in RunLock.Take(folder)
                     from trained in use(held, mine => Train(mine.Folder))
                     select trained).Message();
        Assert.Contains(folder.Within(name), fault, StringComparison.Ordinal);
        Assert.Contains(to == "pipe" ? "a pipe" : "is a link", fault, StringComparison.Ordinal);
        Assert.Equal(Old, File.ReadAllBytes(victim));
        Assert.Empty(Directory.GetFileSystemEntries(At("elsewhere")));
        Assert.False(File.Exists(At("none")));
        Assert.True(IsA(to == "pipe" ? FileKind.Pipe : FileKind.Link, folder.Within(name)));
    }

    [UnixFact]
    public void Nor_does_anything_else_that_is_written_there()
    {
        var (victim, folder) = (Victim(), new RunFolder(Directory.CreateDirectory(At("run")).FullName));
        Link(folder.Within("samples"), _folder.Root);
        Link(folder.Within("report.html"), victim);
        UnixFiles.Pipe(folder.Within("run.json"));
        foreach (var path in (string[])[folder.Within("samples", "victim"), folder.Within("report.html"), folder.ReceiptPath])
        {
            Assert.Contains("not a file or a folder; remove it", folder.Write(path, New).Message(), StringComparison.Ordinal);
        }

        Assert.Contains("not a file or a folder; remove it", folder.Create().Message(), StringComparison.Ordinal);
        Assert.Equal(Old, File.ReadAllBytes(victim));
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Root).Length);
    }

    /// <summary>The program chooses the names of files in a run. The user chooses the name of the folder.</summary>
    [UnixFact]
    public void A_run_s_folder_may_be_a_link_itself()
    {
        Directory.CreateDirectory(At("disk"));
        Directory.CreateSymbolicLink(At("run"), "disk");
        using (var held = RunLock.Take(new(At("run"))).Valid())
        {
            Train(held.Folder).Valid();
        }

        Assert.True(File.Exists(At("disk", "run.json")) && !File.Exists(At("disk", "run.lock")) && IsA(FileKind.Link, At("run")));
    }

    /// <summary>A second name of a file is a link that nothing shows.</summary>
    [UnixFact]
    public void A_lock_that_is_another_file_too_is_refused()
    {
        Directory.CreateDirectory(At("run"));
        UnixFiles.HardLink(At("run", "run.lock"), Victim());
        Assert.Contains("run.lock is a file with several names", RunLock.Take(new(At("run"))).Message(), StringComparison.Ordinal);
        Assert.Equal(Old, File.ReadAllBytes(At("victim")));
    }

    /// <summary>Such a file would be waited for by `runs` and `report`, which open it.</summary>
    [UnixFact]
    public void Pipes_in_a_run_s_folder_are_not_waited_for()
    {
        var folder = new RunFolder(Directory.CreateDirectory(At("run")).FullName);
        foreach (var name in (string[])["run.json", "run.lock", "metrics.jsonl"])
        {
            UnixFiles.Pipe(folder.Within(name));
        }

        Assert.Contains("it is a pipe, not a file", folder.Receipt().Message(), StringComparison.Ordinal);
        Assert.Contains("it is a pipe, not a file", MetricsLog.Read(folder).Message(), StringComparison.Ordinal);
        Assert.True(RunLock.Holder(folder).IsNone);
    }

    [Fact]
    public void Of_many_trainings_without_a_name_each_has_its_own()
    {
        var takers = Enumerable.Range(1000, 24).Select(pid => new LockHolder(pid, "here", "boot 1")).ToArray();
        var taken = new Fin<RunLock>[takers.Length];
        Parallel.For(0, takers.Length, i => taken[i] = Free(takers[i]));
        Assert.Equal(takers.Length, taken.Select(mine => mine.Valid().Folder.Path).Distinct().Count());
        Assert.Equal(takers.Length, Directory.GetDirectories(At("runs")).Length);
        taken.Iter(mine => mine.Valid().Dispose());
        Assert.Empty(Directory.GetFileSystemEntries(At("runs")));

        Fin<RunLock> Free(LockHolder taker) =>
            RunLock.TakeFree(RunFolder.Free(At("runs"), "a"), taker, pid => takers.Where(one => one.Pid == pid).Select(one => one.Started).HeadOrNone());
    }

    /// <summary>Between the look for a free name and its taking another process may have it, or may have made a whole run there.</summary>
    [Fact]
    public void The_loser_of_a_race_for_a_name_takes_the_next()
    {
        RunFolder[] seen = [new(At("a")), new(At("a-2")), new(At("a-3"))]; // as if none of them were there yet
        using var other = RunLock.Take(seen[0], new(100, "here", "1"), _ => "1").Valid();
        Train(seen[1]).Valid();
        using var mine = RunLock.TakeFree(seen, new(200, "here", "1"), _ => "1").Valid();
        Assert.Equal(seen[2], mine.Folder);
        Assert.False(File.Exists(seen[1].LockPath));
    }

    [Fact]
    public void A_full_disk_leaves_no_lock_and_no_folder()
    {
        var full = FileOperations.Disk with { Fill = (_, _) => throw DiskFaults.Full() };
        Assert.Contains("the disk is full", RunLock.Take(new(At("runs", "a")) { Files = full }).Message(), StringComparison.Ordinal);
        Assert.Contains(
            "the disk is full", RunLock.TakeFree([new(At("runs", "a")) { Files = full }], LockHolder.Here, LockHolder.StartOf).Message(),
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(At("runs")));
        File.WriteAllBytes(At("runs", "mine"), Old);
        Assert.True(RunLock.Take(new(At("runs")) { Files = full }).IsFail);
        Assert.Equal([At("runs", "mine")], Directory.GetFileSystemEntries(At("runs")));
    }

    private static Fin<RunReceipt> Train(RunFolder folder) =>
        TinyTraining.Train(TinyTraining.Config(epochs: 1), folder, new Recording(SampleEvery: 0, LogEvery: 1));
}

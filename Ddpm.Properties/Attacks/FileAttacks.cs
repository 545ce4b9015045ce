using System.Net.Sockets;
using Ddpm.Host.Commands;
using Ddpm.Host.Data;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Properties.CommandLine;
using Ddpm.Properties.Data;
using Ddpm.Properties.Files;
using Ddpm.Properties.Formats;
using Ddpm.Properties.Training;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using LanguageExt;
using LanguageExt.Common;
using Xunit;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Attacks;

/// <summary>Pipes, devices, sockets and links where files are read and written.</summary>
public sealed class FileAttacks : IDisposable
{
    private const int Null = 3, Full = 7; // Linux's numbers of /dev/null and /dev/full

    private static readonly byte[] Old = [1, 2, 3], New = [4, 5, 6, 7];

    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string At(params string[] names) => Path.Combine([_root, .. names]);

    private string Victim(string name = "victim")
    {
        File.WriteAllBytes(At(name), Old);
        return At(name);
    }

    private string Link(string path, string target) => File.CreateSymbolicLink(path, target).FullName;

    private static bool IsA(FileKind kind, string path) => FileEntry.Named(path).Kind == kind;

    [UnixFact]
    public void What_a_name_stands_for_is_seen_without_opening_it()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At("socket")));
        UnixFiles.Pipe(At("pipe"));
        Assert.True(IsA(FileKind.Socket, At("socket"))
            && IsA(FileKind.Pipe, At("pipe"))
            && IsA(FileKind.Folder, _root)
            && IsA(FileKind.Nothing, At("nothing")));
        Assert.True(IsA(FileKind.Device, "/dev/null") && IsA(FileKind.File, Victim()) && IsA(FileKind.Link, Link(At("link"), "pipe")));
        Assert.Equal((FileKind.Pipe, FileKind.Nothing), (FileEntry.Behind(At("link")).Kind, FileEntry.Behind(Link(At("self"), "self")).Kind));
        Assert.Equal(2, FileEntry.Named(UnixFiles.HardLink(At("second"), At("victim"))).Names);
        Assert.True(IsA(FileKind.Nothing, "") && IsA(FileKind.Nothing, "\0"));
    }

    [UnixFact]
    public async Task A_pipe_is_written_into_and_stays()
    {
        foreach (var path in (string[])[UnixFiles.Pipe(At("pipe")), Link(At("link"), "pipe")])
        {
            var read = Task.Run(() => File.ReadAllBytes(At("pipe")));
            AtomicFile.Write(path, New).Valid();
            Assert.Equal(New, await read);
        }

        Assert.True(IsA(FileKind.Pipe, At("pipe")) && IsA(FileKind.Link, At("link")));
        Assert.Equal(2, Directory.GetFileSystemEntries(_root).Length);
    }

    [UnixFact]
    public async Task Who_waits_for_the_other_end_of_a_pipe_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        UnixFiles.Pipe(At("pipe"));
        Task<Error>[] waiting =
        [
            Task.Run(() => AtomicFile.Write(UnixFiles.Pipe(At("out")), New, stop.Token).Match(_ => Errors.None, fault => fault)),
            Task.Run(() => Folders.Read(At("pipe"), stop.Token).Match(_ => Errors.None, fault => fault)),
        ];
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(waiting), fault => Assert.Equal(Errors.Cancelled, fault));
    }

    /// <summary>As the superuser, who alone could replace the real ones.</summary>
    [LinuxFact]
    public void A_device_is_written_into_and_stays()
    {
        if (UnixFiles.Device(At("null"), Null) is { } none && UnixFiles.Device(At("full"), Full) is { } full)
        {
            AtomicFile.Write(none, New).Valid();
            AtomicFile.Write(Link(At("link"), "null"), New).Valid();
            Assert.Contains("the disk is full", AtomicFile.Write(full, New).Message(), StringComparison.Ordinal);
            Assert.True(IsA(FileKind.Device, none) && IsA(FileKind.Device, full) && IsA(FileKind.Link, At("link")));
            Assert.Equal(3, Directory.GetFileSystemEntries(_root).Length);
        }
    }

    [UnixFact]
    public void A_socket_is_refused_and_stays()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At("socket")));
        Assert.Contains("it is a socket", AtomicFile.Write(At("socket"), New).Message(), StringComparison.Ordinal);
        Assert.Contains("it is a socket", Folders.Read(At("socket"), CancellationToken.None).Message(), StringComparison.Ordinal);
        Assert.True(IsA(FileKind.Socket, At("socket")));
    }

    [UnixFact]
    public void Links_that_a_person_names_are_followed_and_stay()
    {
        Directory.CreateDirectory(At("elsewhere"));
        Link(At("one"), "two");
        Link(At("two"), "elsewhere/file"); // nothing yet
        foreach (var content in (byte[][])[Old, New])
        {
            AtomicFile.Write(At("one"), content).Valid();
            Assert.Equal(content, File.ReadAllBytes(At("elsewhere", "file")));
        }

        Assert.True(IsA(FileKind.Link, At("one")) && IsA(FileKind.Link, At("two")) && IsA(FileKind.File, At("elsewhere", "file")));
        Assert.Contains("it is a folder", AtomicFile.Write(Link(At("folder"), "elsewhere"), New).Message(), StringComparison.Ordinal);
        Assert.Contains("cannot write", AtomicFile.Write(Link(At("self"), "self"), New).Message(), StringComparison.Ordinal);
        Assert.Contains("there is no folder", AtomicFile.Write(Link(At("lost"), "nowhere/file"), New).Message(), StringComparison.Ordinal);
        Assert.Equal([At("elsewhere", "file")], Directory.GetFileSystemEntries(At("elsewhere")));
        Assert.True(IsA(FileKind.Link, At("folder")) && IsA(FileKind.Link, At("self")) && IsA(FileKind.Link, At("lost")));
    }

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
        Link(folder.Within("samples"), _root);
        Link(folder.Within("report.html"), victim);
        UnixFiles.Pipe(folder.Within("run.json"));
        foreach (var path in (string[])[folder.Within("samples", "victim"), folder.Within("report.html"), folder.ReceiptPath])
        {
            Assert.Contains("only files are written; remove it", folder.Write(path, New).Message(), StringComparison.Ordinal);
        }

        Assert.Contains("only files are written; remove it", folder.Create().Message(), StringComparison.Ordinal);
        Assert.Equal(Old, File.ReadAllBytes(victim));
        Assert.Equal(2, Directory.GetFileSystemEntries(_root).Length);
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

        Assert.Contains("it is a pipe, and a file is needed", folder.Receipt().Message(), StringComparison.Ordinal);
        Assert.Contains("it is a pipe, and a file is needed", MetricsLog.Read(folder).Message(), StringComparison.Ordinal);
        Assert.True(RunLock.Holder(folder).IsNone);
    }

    [UnixFact]
    public async Task A_pipe_is_read_to_its_end_and_no_further_than_is_allowed()
    {
        UnixFiles.Pipe(At("pipe"));
        var content = Enumerable.Range(0, 200_000).Select(i => (byte)i).ToArray();
        Assert.Equal(content, (await Piped(content, CancellationToken.None)).Valid().ToArray());
        Assert.Empty((await Piped([], CancellationToken.None)).Valid().ToArray());
        Assert.Equal(content, (await Piped(content, CancellationToken.None, content.Length)).Valid().ToArray());
        Assert.Contains(
            $"more than {content.Length - 1} bytes come out of it", (await Piped(content, CancellationToken.None, content.Length - 1)).Message(),
            StringComparison.Ordinal);

        async Task<Fin<ReadOnlyMemory<byte>>> Piped(byte[] bytes, CancellationToken stop, int most = int.MaxValue)
        {
            var written = Task.Run(() =>
            {
                using var pipe = new FileStream(At("pipe"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                pipe.Write(bytes);
            });
            var read = Folders.Read(At("pipe"), stop, most);
            await written.ContinueWith(_ => { }, TaskScheduler.Default); // whose pipe broke, where it was read no further
            return read;
        }
    }

    [UnixFact]
    public void Devices_and_folders_are_not_read()
    {
        Assert.Contains("it is a device", Folders.Read("/dev/zero", CancellationToken.None).Message(), StringComparison.Ordinal);
        Assert.Contains("it is a device", Folders.Read(Link(At("null"), "/dev/null")).Message(), StringComparison.Ordinal);
        Assert.Contains("it is a folder, and a file is needed", Folders.Read(_root).Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_where_a_folder_is_needed_is_called_a_file()
    {
        var file = Victim();
        foreach (var fault in (string[])[
            new IdxFolder(file).LoadAny(FixtureDataSet.Description, DataSplit.Train).Message(), RunFolder.In(file).Message(),
            new RunFolder(file).Receipt().Message(),
            Folders.Create(file).Message(), Folders.Create(At("victim", "run")).Message()])
        {
            Assert.Contains($"{file} is a file", fault, StringComparison.Ordinal);
        }
    }

    /// <summary>The last eight bytes of gzip are the checksum and the length of the content.</summary>
    [Law]
    public bool A_wrong_checksum_in_gzip_is_called_so(byte place, byte bit)
    {
        ReadOnlyMemory<byte> file = FixtureDataSet.Gzip(FixtureDataSet.Description.Train.Labels);
        return IdxFile.Decode(file.Flip(file.Length - 1 - place % 8, (byte)(1 << bit % 8)), long.MaxValue)
            .Message()
            .Contains("does not match the checksum", StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_class_whose_folder_cannot_be_listed_is_named_and_does_not_renumber_the_others()
    {
        foreach (var name in (string[])["set/cats", "set/dogs"])
        {
            Directory.CreateDirectory(At(name));
            File.WriteAllBytes(At(name, "1.png"), SamplePictures.Of("png"));
        }

        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(_root, (UnixFileMode)0b111_101_101);
            File.SetUnixFileMode(At("set", "cats"), UnixFileMode.None);
            try
            {
                Assert.Contains(
                    $"the folder {At("set", "cats")} cannot be listed: Access to the path", UnixFiles.AsNobody(Loaded).Message(), StringComparison.Ordinal);
                File.SetUnixFileMode(At("set", "cats"), (UnixFileMode)0b111_101_101);
                Assert.Equal(2, UnixFiles.AsNobody(Loaded).Valid().Images.Count);
            }
            finally
            {
                File.SetUnixFileMode(At("set", "cats"), (UnixFileMode)0b111_101_101);
            }
        }

        Fin<LoadedDataSet> Loaded() => new PictureFolder(At("set")).Load(
            DataSetDescription.FashionMnist, DataSplit.Train, new(4, 3), Background.White, _ => { }, (_, _) => { }, default);
    }

    [Theory]
    [InlineData("~", "/home/me"), InlineData("~/", "/home/me/"), InlineData("~/x", "/home/me/x"), InlineData("--data=~/x", "--data=/home/me/x")]
    [InlineData("--data:~", "--data:/home/me"), InlineData("--data=~=x", "--data=~=x"), InlineData("~you/x", "~you/x"), InlineData("a~/x", "a~/x")]
    [InlineData("./~/x", "./~/x"), InlineData("--data=./~/x", "--data=./~/x"), InlineData("--data=a=~/x", "--data=a=~/x")]
    [InlineData("", ""), InlineData("--", "--")]
    public void The_home_folder_stands_where_a_shell_leaves_its_sign(string typed, string meant)
    {
        Assert.Equal(meant, HomeFolder.OfArgument(typed, "/home/me"));
        Assert.Equal(typed, HomeFolder.OfArgument(typed, ""));
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

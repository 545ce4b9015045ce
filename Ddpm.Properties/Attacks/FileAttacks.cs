using System.Net.Sockets;
using Ddpm.Host.Data;
using Ddpm.Host.Files;
using Ddpm.Host.Runs;
using Ddpm.Properties.CommandLine;
using Ddpm.Properties.Data;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using LanguageExt;
using LanguageExt.Common;
using Xunit;
using static Ddpm.Properties.Attacks.AttackFolder;

namespace Ddpm.Properties.Attacks;

/// <summary>Pipes, devices, sockets and links where files are read and written.</summary>
public sealed class FileAttacks : IDisposable
{
    private const int Null = 3, Full = 7; // Linux's numbers of /dev/null and /dev/full

    private readonly AttackFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string At(params string[] names) => _folder.At(names);

    private string Victim() => _folder.Victim();

    [UnixFact]
    public void What_a_name_stands_for_is_seen_without_opening_it()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(At("socket")));
        UnixFiles.Pipe(At("pipe"));
        Assert.True(IsA(FileKind.Socket, At("socket"))
            && IsA(FileKind.Pipe, At("pipe"))
            && IsA(FileKind.Folder, _folder.Root)
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
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Root).Length);
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
            Assert.Equal(3, Directory.GetFileSystemEntries(_folder.Root).Length);
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
        Assert.Contains("it is a folder, not a file", Folders.Read(_folder.Root).Message(), StringComparison.Ordinal);
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
            File.SetUnixFileMode(_folder.Root, (UnixFileMode)0b111_101_101);
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
            new(DataSetDescription.FashionMnist, DataSplit.Train, new(ImageSize.Square(4), 3), Background.White), default);
    }
}

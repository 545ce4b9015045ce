using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using Ddpm.Host.Data;
using Ddpm.Host.Faults;
using Ddpm.Pure.Data;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Data;

/// <summary>A machine for one test, in a temporary folder: no cache, Debian package, mirrors or apt, until the test adds them.</summary>
internal sealed class DataSetWorld : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-data-").FullName;
    private readonly List<IDisposable> _open = [];
    private readonly ConcurrentQueue<DownloadProgress> _reports = new();

    public DataSetWorld() => Environment = new DataSetEnvironment
    {
        CacheFolder = At("cache"),
        DebianRoot = At("debian"),
        AptGet = At("bin/apt-get"),
        DpkgDeb = At("bin/dpkg-deb"),
        CreateHttpHandler = () => new SocketsHttpHandler { UseProxy = false },
        SilenceTimeout = TimeSpan.FromMinutes(1),
        CommandTimeout = TimeSpan.FromMinutes(1),
    };

    public DataSetEnvironment Environment { get; set; }

    public DataSetDescription Description { get; set; } = FixtureDataSet.Description;

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Called with every report, before it is kept.</summary>
    public Action<DownloadProgress> OnReport { get; set; } = _ => { };

    public Seq<DownloadProgress> Reports => toSeq(_reports.ToArray());

    public string Cache => At("cache/fashion-mnist");

    public string Debian => At("debian/usr/share/datasets/fashion-mnist");

    public string At(string path) => Path.Combine(_root, path);

    public Fin<LoadedDataSet> Load(DataSplit split = DataSplit.Train, string? folder = null) => DataSets.Load(
        Description, split, Optional(folder), Environment,
        report =>
        {
            OnReport(report);
            _reports.Enqueue(report);
        },
        Cancellation.Token);

    /// <summary>The message of the error that loading must end with.</summary>
    public string Fault(DataSplit split = DataSplit.Train, string? folder = null) => Load(split, folder).Match(
        Succ: set => throw new InvalidOperationException($"loaded from {set.Origin}"),
        Fail: fault => string.Join('\n', SeveralFaults.LinesOf(fault)));

    /// <summary>The files in a folder, temporary ones and hidden folders included.</summary>
    public static Seq<string> Listing(string folder) => Directory.Exists(folder)
        ? toSeq(Directory.EnumerateFileSystemEntries(folder).Map(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)).Strict()
        : Seq<string>();

    /// <summary>Writes the given files of the fixture, compressed, into a folder.</summary>
    public static string Fill(string folder, params PublishedFile[] files)
    {
        foreach (var file in files)
        {
            Put(folder, file.GzipName, FixtureDataSet.Gzip(file));
        }

        return folder;
    }

    public static void Put(string folder, string name, byte[] bytes)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    public static byte[] Uncompressed(byte[] gzip)
    {
        using var stream = new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress);
        var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    public static byte[] Compressed(byte[] content)
    {
        var result = new MemoryStream();
        using (var stream = new GZipStream(result, CompressionLevel.Fastest))
        {
            stream.Write(content);
        }

        return result.ToArray();
    }

    /// <summary>Adds a mirror. It is good unless told otherwise.</summary>
    public MirrorServer AddMirror(Func<PublishedFile, MirrorAnswer>? answer = null)
    {
        var server = new MirrorServer(name => Description.Files.Find(file => file.GzipName == name).Match(
            Some: answer ?? (file => new MirrorAnswer.Body(FixtureDataSet.Gzip(file))),
            None: () => new MirrorAnswer.Missing()));
        _open.Add(server);
        Description = Description with { Mirrors = Description.Mirrors.Add(server.Address) };
        return server;
    }

    /// <summary>Adds a mirror that refuses connections: its port is bound, so no other process gets it, but nobody listens.</summary>
    public Uri AddUnreachableMirror()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _open.Add(socket);
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}/data/");
        Description = Description with { Mirrors = Description.Mirrors.Add(address) };
        return address;
    }

    /// <summary>
    /// Adds stand-ins for apt-get and dpkg-deb. The package's tree is the folder "package"; each call leaves a line in "calls".
    /// </summary>
    /// <param name="update">The shell script of apt-get update.</param>
    /// <param name="download">The shell script of apt-get download; by default it leaves a file like apt's in the working folder.</param>
    public void AddApt(string update = "exit 0", string download = "touch dataset-fashion-mnist_1_all.deb")
    {
        Script(Environment.AptGet, $"""
            #!/bin/sh
            echo "apt-get $*" >> '{At("calls")}'
            for last; do :; done
            case $last in
            update) {update} ;;
            dataset-fashion-mnist) {download} ;;
            *) echo 'E: Unable to locate package' >&2; exit 100 ;;
            esac
            """);
        Script(Environment.DpkgDeb, $"""
            #!/bin/sh
            echo "dpkg-deb $*" >> '{At("calls")}'
            test "$1" = -x && test -f "$2" && cp -r '{At("package")}' "$3"
            """);
    }

    /// <summary>The folder of the stand-in package that holds the data set.</summary>
    public string Package => At("package/usr/share/datasets/fashion-mnist");

    public Seq<string> Calls => File.Exists(At("calls")) ? toSeq(File.ReadAllLines(At("calls"))) : Seq<string>();

    public void Dispose()
    {
        foreach (var open in _open)
        {
            open.Dispose();
        }

        Cancellation.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>
    /// Written by another process: had this one ever had the script open for writing, a child forked in that moment by another test would
    /// hold it open, and running it would fail as "text file busy".
    /// </summary>
    private static void Script(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var start = new ProcessStartInfo("/bin/sh", ["-c", "cat > \"$0\" && chmod +x \"$0\"", path]) { RedirectStandardInput = true };
        using var shell = Process.Start(start)!;
        shell.StandardInput.Write(text + "\n");
        shell.StandardInput.Close();
        shell.WaitForExit();
    }
}

using System.Net.Sockets;
using System.Text;
using Ddpm.Host.Data;
using Ddpm.Host.Pictures;
using Ddpm.Properties.CommandLine;
using Ddpm.Properties.Formats;
using Ddpm.Pure.Data;
using Ddpm.Pure.Images;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.Attacks;

/// <summary>Folders with names, links and files that should hurt.</summary>
public sealed class FolderAttacks : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ddpm-").FullName;

    private readonly List<string> _warnings = [];

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Add(string path, byte[] content)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content);
        return file;
    }

    private void Add(params string[] pictures)
    {
        foreach (var picture in pictures)
        {
            Add(picture, SamplePictures.Of("png"));
        }
    }

    private Fin<LoadedDataSet> Load(DataSplit split = DataSplit.Train, string folder = "")
    {
        _warnings.Clear();
        return new PictureFolder(Path.Combine(_root, folder))
            .Load(new(DataSetDescription.FashionMnist, split, new(ImageSize.Square(4), 3), Background.White, _warnings.Add, (_, _) => { }), default);
    }

    private string[] Classes() => [.. Load().Valid().Description.ClassNames];

    private bool Warned(string text) => _warnings.Exists(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>If a library got these names, each would select another file, standard input, a part of the file or a program.</summary>
    [UnixFact]
    public void A_name_is_a_name_whatever_it_looks_like()
    {
        string[] names =
        [
            "~x.png", "a.png[0]", "a[0].png", "fd:0.png", "-.png", "@list.png", "msl:x.png", "text:x.png", "|id.png", "x;touch y.png", "$(id).png", "%d.png",
            "a?.png", "*.png", "\u001b[31m.png", "label:a.jpg",
        ];
        Add(names);
        var set = Load().Valid().Images;
        Assert.Equal(names.Length - 1, set.Count); // one ends in .png[0], and is no picture by its name
        Assert.True(Warned("1 without an ending"));
        var picture = PictureFile.Of(SamplePictures.Of("png"), new(ImageSize.Square(4), 3), Background.White).Valid().Picture;
        foreach (var name in names)
        {
            Assert.Equal(picture, PictureFile.Read(Path.Combine(_root, name), new(ImageSize.Square(4), 3), Background.White).Valid().Picture);
        }

        foreach (var name in (string[])["-", "fd:0", "~x.png", "msl:/etc/passwd", "https://localhost/x.png", "label:x", "@/etc/passwd", "a.png[0]", "\0", ""])
        {
            Assert.InRange(PictureFile.Read(name, new(ImageSize.Square(4), 3), Background.White).Fault().Length, 10, 500);
        }
    }

    /// <summary>Text written to a terminal moves no cursor.</summary>
    [UnixFact]
    public void Names_of_files_and_folders_are_printed_without_what_moves_a_cursor()
    {
        Add("\u001b[2Jcats/\u001b[31m.png", "no picture"u8.ToArray());
        Add("\u001b[2Jcats/good.png", "test/\u001b[2J.\u001b[2J", "x.\u001bab");
        _ = Load().Valid();
        Assert.NotEmpty(_warnings);
        Assert.DoesNotContain(_warnings, line => line.Any(char.IsControl));
    }

    /// <summary>None of them ever answers; whoever opens a pipe waits until somebody writes into it.</summary>
    [UnixFact]
    public void Pipes_sockets_devices_and_files_of_the_kernel_are_left_out_and_not_waited_for()
    {
        Add("good.png");
        UnixFiles.Pipe(Path.Combine(_root, "pipe.png"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_root, "socket.png")));
        foreach (var (name, target) in new[]
        {
            ("zero.png", "/dev/zero"), ("process.png", "/proc/self/environ"), ("random.png", "/dev/urandom"), ("standard.png", "/dev/stdin"),
            ("nothing.png", "nowhere"), ("pipe2.png", "pipe.png"), ("self.png", "self.png"),
        })
        {
            File.CreateSymbolicLink(Path.Combine(_root, name), target);
        }

        Assert.Equal(1, Load().Valid().Images.Count);
        Assert.True(Warned("of 10 pictures could not be read"), string.Join('\n', _warnings));
        var pipe = PictureFile.Read(Path.Combine(_root, "pipe.png"), new(ImageSize.Square(4), 3), Background.White);
        Assert.Contains("it is empty, or not an ordinary file", pipe.Message(), StringComparison.Ordinal);
    }

    /// <summary>Six pictures were 246 where links led round in circles, and dogs were cats where a link to them came first.</summary>
    [UnixFact]
    public void Each_folder_is_read_once_and_by_its_own_name()
    {
        Add("dogs/1.png", "dogs/2.png", "wolves/1.png");
        foreach (var (link, target) in new[]
        {
            ("cats", "dogs"), ("here", "."), ("again", "."), ("dogs/up", ".."), ("dogs/round", "../wolves"), ("wolves/round", "../dogs"),
            ("root", "/"), ("kernel", "/proc"), ("process", "/proc/self/root"), ("devices", "/dev"), ("first", "second"), ("second", "first"),
            ("none", "nowhere"),
        })
        {
            Directory.CreateSymbolicLink(Path.Combine(_root, link), target);
        }

        Assert.Equal(["dogs", "wolves"], Classes());
        Assert.Equal(3, Load().Valid().Images.Count);
        Assert.True(Warned("links to folders that are already read"), string.Join('\n', _warnings));
    }

    /// <summary>A link to pictures that lie elsewhere is a class like others, once.</summary>
    [UnixFact]
    public void A_link_to_a_folder_elsewhere_is_followed_once()
    {
        Add("elsewhere/a/1.png", "elsewhere/a/deep/2.png", "set/b/1.png");
        Directory.CreateSymbolicLink(Path.Combine(_root, "set", "cats"), "../elsewhere/a");
        Directory.CreateSymbolicLink(Path.Combine(_root, "set", "dogs"), "../elsewhere/a");
        Directory.CreateSymbolicLink(Path.Combine(_root, "elsewhere", "a", "back"), "../../set");
        var loaded = Load(folder: "set").Valid();
        Assert.Equal(["b", "cats"], loaded.Description.ClassNames.ToArray());
        Assert.Equal(3, loaded.Images.Count);
        Directory.CreateSymbolicLink(Path.Combine(_root, "whole"), "set");
        Assert.Equal(3, Load(folder: "whole").Valid().Images.Count); // the folder itself may be one
    }

    /// <summary>Files that `train`, `sample` and other tools leave beside pictures are not training data. Otherwise no run could be resumed.</summary>
    [Fact]
    public void What_the_program_has_written_is_not_read_again()
    {
        Add("cats/1.png", "dogs/1.png", "dogs/._1.png", ".hidden/1.png", ".git/objects/1.png", "cats/.thumbs/1.png");
        Add("runs/one/samples.png", "runs/one/samples/epoch-01.png", "runs/two/loss.png", "made/samples.png");
        Add("runs/one/run.json", "{}"u8.ToArray());
        Add("runs/two/run.json", "{}"u8.ToArray());
        Add("made/samples.npy", [1]);
        Assert.Equal(["cats", "dogs"], Classes());
        Assert.Equal(2, Load().Valid().Images.Count);
        foreach (var warning in (string[])["folders of runs (2)", "folders of samples (1)", "hidden folders (3)", "hidden files (1)"])
        {
            Assert.True(Warned(warning), warning + ":\n" + string.Join('\n', _warnings));
        }
    }

    [Theory]
    [InlineData("train", "test"), InlineData("Train", "Test"), InlineData("TRAINING", "testing"), InlineData("train", "val"), InlineData("train", "Valid")]
    [InlineData("train", "validation"), InlineData("train", "dev")]
    public void Parts_are_known_by_their_usual_names(string train, string test)
    {
        Add($"{train}/a/1.png", $"{train}/a/2.png", $"{train}/b/1.png", $"{test}/b/1.png");
        Assert.Equal(["a", "b"], Classes());
        Assert.Equal(3, Load().Valid().Images.Count);
        Assert.Equal([1], Load(DataSplit.Test).Valid().Images.Labels.IfNone(default(ReadOnlyMemory<byte>)).ToArray());
    }

    [Fact]
    public void Parts_that_cannot_be_told_apart_or_stand_alone_are_told()
    {
        Add("train/1.png", "cats/1.png");
        Assert.Equal(["cats", "train"], Classes());
        Assert.True(Warned("the folder 'train' is taken for a class"));
        Add("test/1.png", "val/1.png");
        _ = Load().Valid();
        Assert.True(Warned("the folder 'val' is not used for training or evaluation"));
        Add("testing/1.png");
        Assert.Contains("its folders test and testing could each be the folder to evaluate on", Load().Message(), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_other_formats_are_counted_and_one_alone_is_no_reason_to_speak_of_other_data()
    {
        Add("a.psd", "b.HEIC", "c.psd", "notes.txt", "README");
        Assert.Contains("it holds 2 .psd, 1 .heic, 1 .txt, 1 without an ending", Load().Message(), StringComparison.Ordinal);
        Add("d.jfif", "e.WebP", "f.gif", "g.bmp", "h.jpe");
        Assert.Equal(5, Load().Valid().Images.Count);
        Assert.True(Warned("2 .psd, 1 .heic, 1 .txt, 1 without an ending"));
    }

    /// <summary>Stand-ins for the programs that pictures have been known to start are first on the path, and none is started.</summary>
    [UnixFact]
    public void No_program_is_started()
    {
        using var ddpm = new DdpmProcess();
        var programs = Directory.CreateDirectory(ddpm.Path("programs")).FullName;
        foreach (var name in (string[])[
            "gs", "gsx", "gsc", "ps2pdf", "pstoedit", "inkscape", "rsvg-convert", "ffmpeg", "dwebp", "cwebp", "curl", "wget", "dot", "dcraw", "ufraw-batch",
            "libreoffice", "soffice", "html2ps", "man", "blender", "convert", "magick", "xdg-open", "sh"])
        {
            File.WriteAllText(Path.Combine(programs, name), $"#!/bin/sh\necho {name} \"$@\" >> '{ddpm.Path("started")}'\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(Path.Combine(programs, name), UnixFileMode.UserRead | UnixFileMode.UserExecute);
            }
        }

        ddpm.Environment["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}";
        Directory.CreateDirectory(ddpm.Path("set"));
        File.WriteAllBytes(ddpm.Path("set", "good.png"), SamplePictures.Of("png"));
        foreach (var (i, content) in PictureAttacks.OtherContents().Select(row => (string)row[0]).Index())
        {
            File.WriteAllBytes(ddpm.Path("set", $"{i}.{(i % 2 == 0 ? "png" : "jpg")}"), Encoding.Latin1.GetBytes(content));
        }

        ddpm.Done("forward", "--data", "set", "--image-size", "4", "--count", "1");
        Assert.False(File.Exists(ddpm.Path("started")), File.Exists(ddpm.Path("started")) ? File.ReadAllText(ddpm.Path("started")) : "");
    }
}

using System.Text.Json.Nodes;
using Ddpm.Host.Data;
using Ddpm.Pure.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using ImageMagick;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>A person's own pictures, through the real command line.</summary>
public sealed class PictureFolderTests : IDisposable
{
    private static readonly MagickColor Red = MagickColors.Red, Blue = MagickColors.Blue;

    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void Colour_pictures_in_class_folders_are_trained_on_and_what_cannot_be_read_is_listed()
    {
        for (var i = 0; i < 12; i++)
        {
            Picture(Red, $"mine/poppies/{i}.png", 20 + i, 30);
            Picture(Blue, $"mine/gentians/{i}.JPG", 40, 21 + i);
        }

        Picture(Red, "mine/poppies/deep/wide.png", 90, 3);
        Picture(Red, "mine/poppies/dot.png", 1, 1);
        Picture(Red, "mine/loose.png", 8, 8);
        var whole = File.ReadAllBytes(_ddpm.Path("mine", "poppies", "1.png"));
        File.WriteAllBytes(_ddpm.Path("mine", "poppies", "cut.png"), whole[..(whole.Length / 2)]);
        File.WriteAllBytes(_ddpm.Path("mine", "poppies", "empty.png"), []);
        File.WriteAllText(_ddpm.Path("mine", "gentians", "text.png"), "no picture");
        File.WriteAllText(_ddpm.Path("mine", "gentians", "notes.txt"), "no picture's name");

        // Without --run, the run is called after the folder.
        var outcome = _ddpm.Done(
            "train", "--data", "mine", "--preset", "standard", "--image-size", "16", "--conditional", "--epochs", "2", "--batch-size", "13", "--steps", "12",
            "--threads", "1");
        Assert.Contains("the loss is measured on training images alone: mine has no test pictures", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("3 of 29 pictures could not be read: left out", outcome.Error, StringComparison.Ordinal);
        foreach (var name in (string[])["cut.png", "empty.png", "text.png"])
        {
            Assert.Contains(
                outcome.Error.Split('\n'),
                line => line.Contains("left out: ", StringComparison.Ordinal) && line.Contains(name, StringComparison.Ordinal));
        }

        Assert.Contains("1 picture in no class's folder of mine", outcome.Error, StringComparison.Ordinal);
        var data = JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "mine-standard", "run.json")))!["data"]!;
        Assert.Equal((26, 16, 3), (data["images"]!.GetValue<int>(), data["size"]!.GetValue<int>(), data["channels"]!.GetValue<int>()));
        Assert.Equal(["gentians", "poppies"], data["class-names"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Equal(Prelude.Array(100L, 16, 16, 3), Npy.Read(File.ReadAllBytes(_ddpm.Path("runs", "mine-standard", "samples.npy"))).Valid().Shape);

        var report = File.ReadAllText(_ddpm.Path("runs", "mine-standard", "report.html"));
        Assert.Contains("--data mine --image-size 16 --channels 3", report, StringComparison.Ordinal); // to repeat it

        // The size and the colours are the run's: picture 0 is a gentian, the first poppy is picture 12.
        _ddpm.Done(
            "sample", "--run", "mine-standard", "--data", "mine", "--image", "train:12", "--strength", "0.01", "--count", "1", "--threads", "1",
            "--to", "start");
        _ddpm.Refused(
            1, ["the run was trained on images of 16×16×3, but these are 20×20×3: leave out --image-size and --channels"],
            "train", "--run", "mine-standard", "--resume", "--epochs", "3", "--image-size", "20");
        _ddpm.Done("train", "--run", "mine-standard", "--resume", "--epochs", "3"); // the receipt knows where they are
        Directory.Move(_ddpm.Path("mine"), _ddpm.Path("moved"));
        _ddpm.Refused(
            1, ["the run was trained on the images in mine, which does not exist here: give their folder or file with --data"],
            "train", "--run", "mine-standard", "--resume", "--epochs", "4");
    }

    [Fact]
    public void Pictures_keep_their_colour_their_class_and_their_middle_whatever_their_size()
    {
        using (var wide = new MagickImage(MagickColors.Lime, 33, 20))
        {
            using var middle = new MagickImage(Red, 20, 20);
            wide.Composite(middle, 6, 0, CompositeOperator.Over);
            Directory.CreateDirectory(_ddpm.Path("set", "train", "a"));
            wide.Write(_ddpm.Path("set", "train", "a", "1.png"));
        }

        Picture(Blue, "set/train/b/1.png", 20, 33);
        Picture(Blue, "set/test/b/1.png", 20, 20);
        var loaded = new PictureFolder(_ddpm.Path("set"))
            .Load(new(DataSetDescription.FashionMnist, DataSplit.Train, new(ImageSize.Square(12), 3), Background.White), default).ThrowIfFail().Images;
        Assert.Equal([0, 1], loaded.Labels.IfNone(default(ReadOnlyMemory<byte>)).ToArray());
        Assert.All(loaded.Pixels.ToArray().Chunk(3).Index(), pixel => Assert.Equal(pixel.Index < 12 * 12 ? [255, 0, 0] : [0, 0, 255], pixel.Item));

        _ddpm.Done("forward", "--data", "set", "--count", "2", "--image-size", "12");
        using var figure = new MagickImage(_ddpm.Path("forward.png"));
        var colours = figure.Histogram();
        Assert.True(colours[Red] >= 24 * 24);
        Assert.True(colours[Blue] >= 24 * 24);
    }

    /// <summary>Size and channels are the run's, so that nobody has to say them again.</summary>
    [Fact]
    public void A_run_of_pictures_is_evaluated_against_pictures_of_its_own_size_and_channels()
    {
        for (var i = 0; i < 8; i++)
        {
            foreach (var part in (string[])["train", "test"])
            {
                Picture(Red, $"mine/{part}/poppies/{i}.png", 20 + i, 30);
                Picture(Blue, $"mine/{part}/gentians/{i}.png", 40, 21 + i);
            }
        }

        string[] data = ["--data", "mine", "--threads", "1"];
        _ddpm.Done(["train", "--image-size", "16", "--channels", "1", "--epochs", "1", "--steps", "4", "--run", "flowers", "--sample-every", "0", .. data]);
        _ddpm.Done(["evaluate", "train-classifier", "--image-size", "16", "--channels", "1", "--epochs", "1", "--to", "made/own.safetensors", .. data]);
        _ddpm.Refused(2, ["--to must be a file, but made is a folder"], ["evaluate", "train-classifier", "--to", "made", .. data]);
        _ddpm.Done(["evaluate", "--run", "flowers", "--classifier", "made/own.safetensors", "--count", "4", "--bound-images", "2", .. data]);
        // The size of the images decides the size of the pictures.
        _ddpm.Done(["evaluate", "--images", "runs/flowers/samples.npy", "--classifier", "made/own.safetensors", .. data]);
        for (var i = 0; i < 4; i++)
        {
            Picture(Red, $"few/train/poppies/{i}.png", 16, 16);
        }

        Picture(Red, "few/test/poppies/0.png", 16, 16);
        _ddpm.Refused(
            1, ["there is 1 image to compare with in folder few/test, but at least 4 are needed"],
            "evaluate", "--run", "flowers", "--classifier", "made/own.safetensors", "--data", "few");
        JsonNode Json(string file) => JsonNode.Parse(File.ReadAllText(_ddpm.Path("runs", "flowers", file)))!;
        Assert.NotNull(Json("evaluation.json")["bits-per-dimension"]);

        // They are not clothes, and nothing of clothes is used on them.
        Assert.Equal("mine/", Json("run.json")["data"]!["name"]!.GetValue<string>());
        Assert.Equal("mine/", Json("evaluation.json")["reference"]!["dataset"]!.GetValue<string>());
        using var classifier = File.OpenRead(_ddpm.Path("made", "own.safetensors"));
        var header = new byte[4096];
        var read = System.Text.Encoding.UTF8.GetString(header, 0, classifier.Read(header));
        Assert.Contains("\\\"mirror\\\":false", read, StringComparison.Ordinal);
        Assert.Contains("\\\"dataset\\\":\\\"mine/\\\"", read, StringComparison.Ordinal);
        _ddpm.Refused(
            1,
            [
                "the program has no classifier for Pictures (folder mine/train): "
                + "train one on these data with evaluate train-classifier and give it with --classifier",
            ],
            ["evaluate", "--run", "flowers", "--count", "4", .. data]);
    }

    /// <summary>A class has one number in both parts, whichever of them the test part lacks; and what is of no class of the training part is of none.</summary>
    [Fact]
    public void Test_pictures_are_of_the_classes_that_were_trained_on()
    {
        var (train, test) = (new PictureFolder(_ddpm.Path("set")), _ddpm.Path("set", "test"));
        Fin<LoadedDataSet> Part(DataSplit split) =>
            train.Load(new(DataSetDescription.FashionMnist, split, new(ImageSize.Square(4), 1), Background.White), default);
        foreach (var name in (string[])["a", "b", "c"])
        {
            Picture(Red, $"set/train/{name}/1.png", 4, 4);
        }

        Picture(Red, "set/test/b/1.png", 4, 4);
        Picture(Red, "set/test/c/1.png", 4, 4);
        Picture(Red, "set/test/c/2.png", 4, 4);
        var (trained, held) = (Part(DataSplit.Train).ThrowIfFail(), Part(DataSplit.Test).ThrowIfFail());
        Assert.Equal([0, 1, 2], trained.Images.Labels.IfNone(default(ReadOnlyMemory<byte>)).ToArray());
        Assert.Equal([1, 2, 2], held.Images.Labels.IfNone(default(ReadOnlyMemory<byte>)).ToArray());
        Assert.Equal(trained.Description.ClassNames, held.Description.ClassNames);

        Picture(Red, "set/test/d/1.png", 4, 4);
        Assert.Contains($"{test} has the class d, which {_ddpm.Path("set", "train")} lacks", Part(DataSplit.Test).Fault(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        Picture(Red, "flat/1.png", 20, 20);
        File.WriteAllText(_ddpm.Path(Directory.CreateDirectory(_ddpm.Path("broken")).Name, "1.png"), "no picture");
        _ddpm.Refused(1, ["broken has no picture that can be read"], "forward", "--data", "broken");
        _ddpm.Refused(
            2,
            [
                "--image-size must lie in [4, 256], got 3", "--channels must be 1 or 3, got 2",
                "--background must be white, black or a colour as #rrggbb, got mauve",
            ],
            "forward", "--data", "flat", "--image-size", "3", "--channels", "2", "--background", "mauve");
        _ddpm.Refused(2, ["--image-size, --channels and --background apply only to encoded pictures", "28×28×1: leave these options out"],
            "forward", "--data", Fixtures.FashionMnist, "--channels", "3");
        _ddpm.Refused(2, ["image-size must lie in [12, 256] and be divisible by 4, got 18"], "train", "--data", "flat", "--image-size", "18");
        _ddpm.Refused(2, ["conditional needs images with labels of at least two classes"], "train", "--data", "flat", "--conditional");
    }

    private void Picture(MagickColor colour, string path, int width, int height)
    {
        var file = _ddpm.Path(path.Split('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var image = new MagickImage(colour, (uint)width, (uint)height);
        image.Write(file);
    }
}

using System.Text.Json.Nodes;
using Ddpm.Properties.Data;
using Ddpm.Pure.Formats;
using ImageMagick;
using LanguageExt;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Images whose height and width differ, from the data to the exchange with other programs.</summary>
public sealed class RectangleTests : IDisposable
{
    private static readonly string[] Sampling = ["--sampler", "ddim", "--sampling-steps", "2", "--count", "2", "--threads", "1", "--to", "drawn"];

    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    /// <summary>Of a picture of 20×30 pixels, the middle of 20×15 becomes an image of 24×32: height × width.</summary>
    [Fact]
    public void Pictures_become_images_of_any_height_and_width_that_are_trained_on_sampled_exported_and_imported()
    {
        for (var i = 0; i < 8; i++)
        {
            Picture($"mine/train/a/{i}.png");
        }

        Picture("mine/test/a/0.png");
        string[] network = ["--network", "unet", "--channels-per-level", "4", "8", "--groups", "2", "--attention-levels", "1"];
        _ddpm.Done([
            "train", "--data", "mine", "--image-size", "24", "32", "--epochs", "1", "--steps", "4", "--threads", "1", "--run", "one",
            "--learning-rate-schedule", "constant", .. network]);
        Assert.Equal("[24,32]", Json("runs/one/run.json")["data"]!["size"]!.ToJsonString());
        Assert.Equal(Prelude.Array(100L, 24, 32, 3), Samples("runs/one").Shape);
        using (var grid = new MagickImage(_ddpm.Path("runs", "one", "samples.png")))
        {
            Assert.Equal((2 * (10 * 34 - 2), 2 * (10 * 26 - 2)), ((int)grid.Width, (int)grid.Height));
        }

        Assert.Contains("--data mine --image-size 24 32 --channels 3", File.ReadAllText(_ddpm.Path("runs", "one", "report.html")), StringComparison.Ordinal);
        _ddpm.Done("train", "--run", "one", "--resume", "--epochs", "2", "--threads", "1");
        _ddpm.Refused(
            1, ["the run was trained on images of 24×32×3, but these are 32×24×3: leave out --image-size and --channels"],
            "train", "--run", "one", "--resume", "--epochs", "3", "--image-size", "32", "24");

        _ddpm.Done(["sample", "--run", "one", .. Sampling]);
        var own = Samples("drawn");
        _ddpm.Done("export", "--run", "one", "--format", "diffusers", "--to", "given");
        Assert.Equal("[24,32]", Json("given/unet/config.json")["sample_size"]!.ToJsonString());
        _ddpm.Done("import", "given", "--run", "back");
        _ddpm.Done(["sample", "--run", "back", .. Sampling]);
        Assert.Equal(Prelude.Array(2L, 24, 32, 3), own.Shape);
        Assert.Equal(own.Data.ToArray(), Samples("drawn").Data.ToArray());
        var small = _ddpm.Done("import", "given", "--image-size", "16", "12", "--run", "small").Output;
        Assert.Contains("for images of 16×12×3", small, StringComparison.Ordinal);

        // Inpainting keeps the left half of each row.
        string[] half = ["--image", "train:0", "--known", "0,0,16,24"];
        _ddpm.Done(["sample", "--run", "one", .. half, .. Sampling]);
        var kept = Samples("drawn").Data.ToArray().Chunk(32 * 3).Select(row => row[..(16 * 3)]);
        Assert.All(kept, row => Assert.All(row.Chunk(3), pixel => Assert.Equal([255, 0, 0], pixel)));
        _ddpm.Refused(
            2, ["--known must lie within the 24×32 pixels and contain at least one, got 0,0,24,32"],
            ["sample", "--run", "one", "--image", "train:0", "--known", "0,0,24,32", .. Sampling]);
    }

    /// <summary>The normalisations of the standard network have the images' height and width. The modern network fits all sizes, so a user says it.</summary>
    [Theory]
    [InlineData("idx", "standard")]
    [InlineData("set.npz", "modern", "--image-size", "28", "12")]
    public void Arrays_of_rectangles_are_trained_on_and_weights_come_back(string form, string network, params string[] size)
    {
        byte[] Levels(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % 251))];
        void Idx(string name, params int[] shape) => File.WriteAllBytes(
            _ddpm.Path("idx", name),
            Ddpm.Pure.Formats.Idx.Write(IdxArray.Of(new(shape), Levels(shape.Aggregate(1, (product, side) => product * side))).Valid()).ToArray());
        byte[] Npy(int count) => DataFiles.Npy("|u1", $"{count}, 28, 12", Levels(count * 28 * 12));
        Directory.CreateDirectory(_ddpm.Path("idx"));
        Idx("train-images-idx3-ubyte", 6, 28, 12);
        Idx("train-labels-idx1-ubyte", 6);
        Idx("t10k-images-idx3-ubyte", 4, 28, 12);
        Idx("t10k-labels-idx1-ubyte", 4);
        File.WriteAllBytes(_ddpm.Path("set.npz"), DataFiles.Npz(false, ("x_train", Npy(6)), ("x_test", Npy(4))));
        _ddpm.Done(
            "train", "--data", form, "--network", network, "--epochs", "1", "--steps", "4", "--threads", "1", "--run", "one", "--sample-every", "0");
        _ddpm.Done(["sample", "--run", "one", .. Sampling]);
        var own = Samples("drawn");
        Assert.Equal(Prelude.Array(2L, 28, 12), own.Shape);
        _ddpm.Done("export", "--run", "one", "--to", "weights.safetensors");
        _ddpm.Done(["import", "weights.safetensors", "--run", "back", .. size]);
        _ddpm.Done(["sample", "--run", "back", .. Sampling]);
        Assert.Equal(own.Shape, Samples("drawn").Shape);
    }

    [Fact]
    public void Each_fault_of_a_size_has_its_line()
    {
        File.WriteAllBytes(_ddpm.Path("set.npz"), DataFiles.Npz(false, ("x_train", DataFiles.Npy("|u1", "4, 20, 16", new byte[4 * 20 * 16]))));
        _ddpm.Refused(
            2, ["image-size must have both sides divisible by 8, or neither, for the network standard, got 20×16"],
            "train", "--data", "set.npz", "--network", "standard");
        Picture("mine/a/0.png");
        _ddpm.Refused(
            2, ["the width of image-size must lie in [4, 256] and be divisible by 4, as the network has 3 levels, got 30"],
            "train", "--data", "mine", "--image-size", "24", "30", "--network", "unet");
        _ddpm.Refused(2, ["the height of --image-size must lie in [4, 256], got 3"], "train", "--data", "mine", "--image-size", "3", "30");
        _ddpm.Refused(2, ["'40'"], "train", "--data", "mine", "--image-size", "24", "32", "40");
        _ddpm.Refused(2, ["--image-size must be a whole number", "got weights.pt"], "import", "--image-size", "24", "weights.pt");
    }

    private void Picture(string path)
    {
        var file = _ddpm.Path(path.Split('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var image = new MagickImage(MagickColors.Lime, 20, 30);
        using var middle = new MagickImage(new MagickColor(255, 0, 0), 20, 15);
        image.Composite(middle, 0, 7, CompositeOperator.Over);
        image.Write(file);
    }

    private JsonNode Json(string path) => JsonNode.Parse(File.ReadAllText(_ddpm.Path(path.Split('/'))))!;

    private NpyArray Samples(string folder) => Npy.Read(File.ReadAllBytes(_ddpm.Path([.. folder.Split('/'), "samples.npy"]))).Valid();
}

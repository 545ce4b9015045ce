using Ddpm.Host.Runs;
using Ddpm.Properties.Data;
using Ddpm.Pure.Formats;
using ImageMagick;
using Xunit;

namespace Ddpm.Properties.CommandLine;

/// <summary>Classes through the real command line.</summary>
public sealed class ConditionalTests : IDisposable
{
    private readonly DdpmProcess _ddpm = new();

    public void Dispose() => _ddpm.Dispose();

    [Fact]
    public void A_run_that_knows_classes_draws_the_one_that_is_asked_for_and_resumes_to_the_same_bits()
    {
        string[] Training(string name, params string[] more) =>
            // Levels so near each other that an inversion of four steps comes back to the byte.
            DdpmProcess.SmallTraining(
            [
                "--min-beta", "0.0001", "--max-beta", "0.02", "--conditional", "--ema-decay", "0.9", "--learning-rate", "0.01", "--run", name,
                "--sample-every", "0", .. more,
            ]);
        _ddpm.Done(Training("run", "--epochs", "2"));
        _ddpm.Done(Training("other", "--epochs", "1"));
        _ddpm.Done(Training("other", "--epochs", "2", "--resume"));
        Assert.Equal(OwnSamples("run"), OwnSamples("other"));

        // Weights do not tell what their classes are called.
        _ddpm.Done("export", "--run", "run", "--to", "weights.safetensors");
        _ddpm.Done("import", "weights.safetensors", "--run", "imported");
        _ddpm.Done("import", "weights.safetensors", "--run", "clothes", "--dataset", "fashion-mnist");
        string? Tenth(string name) => RunReceipt.FromJson(File.ReadAllBytes(_ddpm.Path("runs", name, "run.json"))).ThrowIfFail().Data.ClassName(9);
        Assert.Equal(("9", "boot"), (Tenth("imported"), Tenth("clothes")));

        byte[] Samples(string to, params string[] more)
        {
            _ddpm.Done(["sample", "--run", "run", "--sampler", "ddim", "--sampling-steps", "4", "--count", "12", "--threads", "1", "--to", to, .. more]);
            return Npy.Read(File.ReadAllBytes(_ddpm.Path(to, "samples.npy"))).Valid().Data.ToArray();
        }

        var (turns, third, doubled) = (Samples("turns"), Samples("third", "--class", "3"), Samples("doubled", "--class", "3", "--guidance-scale", "2"));
        const int pixels = 28 * 28;
        Assert.Equal(turns[(3 * pixels)..(4 * pixels)], third[(3 * pixels)..(4 * pixels)]); // image 3 is of class 3 either way
        Assert.NotEqual(turns[..pixels], third[..pixels]);
        Assert.NotEqual(third, doubled);
        Assert.Equal(third, Samples("named", "--class", "DRESS"));
        _ddpm.Refused(2, ["--class must be one of T-shirt (0), trouser (1), pullover (2), dress (3), "], "sample", "--run", "run", "--class", "hat");
        Assert.Equal(Samples("none", "--class", "3", "--guidance-scale", "0"), Samples("none", "--class", "7", "--guidance-scale", "0"));
        byte[] Labels(string to) => Npy.Read(File.ReadAllBytes(_ddpm.Path(to, "labels.npy"))).Valid().Data.ToArray();
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1], Labels("turns"));
        Assert.Equal(Enumerable.Repeat((byte)3, 12), Labels("third"));
        using var rows = new MagickImage(_ddpm.Path("turns", "samples.png"));
        Assert.True(rows.Height > 10 * 2 * 28 && rows.Width > 2 * 2 * 28 + 60); // ten labelled rows of at most two

        // The noise that DDIM makes an image of is that of its class and guidance.
        var image = FixtureDataSet.Content(FixtureDataSet.Description.Test.Images)[16..].AsSpan(3 * pixels, pixels).ToArray();
        var inverted = Samples("inverted", "--data", Fixtures.FashionMnist, "--image", "test:3", "--encode", "inversion", "--guidance-scale", "3")
            .Chunk(pixels).ToArray();
        Assert.All(inverted, back => Assert.Equal(image, back));

        _ddpm.Done("sample", "--run", "run", "--sampler", "ddim", "--sampling-steps", "2", "--count", "10", "--guidance-sweep", "0", "1", "3", "--to", "sweep");
        using var sweep = new MagickImage(_ddpm.Path("sweep", "guidance.png"));
        var panel = (sweep.Width - 20) / 3; // and before each a margin, below each scale the same labels
        Assert.InRange(panel, 150u, 200u);
        var panels = Enumerable.Range(0, 3).Select(i => sweep.CloneArea((int)(20 + i * panel), 90, panel - 20, sweep.Height - 90).Signature);
        Assert.Equal(3, panels.Distinct().Count());
    }

    [Fact]
    public void A_run_without_classes_has_none_to_choose()
    {
        _ddpm.Done(DdpmProcess.SmallTraining("--epochs", "1", "--run", "plain", "--sample-every", "0"));
        _ddpm.Refused(2, ["--class needs a run that was trained with --conditional, got 3"], "sample", "--run", "plain", "--class", "3");
    }

    private byte[] OwnSamples(string name) => File.ReadAllBytes(_ddpm.Path("runs", name, "samples.npy"));
}

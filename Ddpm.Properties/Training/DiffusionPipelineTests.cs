using Ddpm.Gpu;
using Ddpm.Properties.CommandLine;
using Ddpm.Properties.Data;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using LanguageExt;
using LanguageExt.Common;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.Training;

/// <summary>Training from a program of one's own.</summary>
public sealed class DiffusionPipelineTests
{
    /// <summary>
    /// The defaults of both are the preset "best", so both sample with the moving average. A run of ten epochs is guided by its weights after epoch 2.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void The_bits_are_those_of_train_and_sample(int epochs)
    {
        using var ddpm = new DdpmProcess();
        ddpm.Done(
            "train", "--data", Fixtures.FashionMnist, "--limit", "48", "--batch-size", "16", "--steps", "12",
            "--epochs", FormattableString.Invariant($"{epochs}"), "--threads", "1", "--run", "one", "--sample-every", "0");
        var options = new TrainingOptions { Limit = 48, BatchSize = 16, Steps = 12, Epochs = epochs }; // the same
        var images = ImageSet.Read(FixtureDataSet.Content(FixtureDataSet.Description.Train.Images)).ThrowIfFail();
        var reported = new List<(int, int)>();
        using var model = DiffusionPipeline.Train(options, images, CPU, (step, steps, _) => reported.Add((step, steps))).ThrowIfFail();
        Assert.Equal(Enumerable.Range(1, 3 * epochs).Select(step => (step, 3 * epochs)), reported);
        Assert.Equal(
            Npy.Read(File.ReadAllBytes(ddpm.Path("runs", "one", "samples.npy"))).Valid().Data.ToArray(), model.Sample(100).ThrowIfFail().Pixels.ToArray());
        Assert.Equal(Errors.Cancelled, DiffusionPipeline.Train(options, images, CPU, stop: new(canceled: true)).Match(_ => Errors.None, fault => fault));
    }

    [Fact]
    public void What_cannot_be_trained_or_sampled_is_refused_in_one_line()
    {
        ImageSet Images(int count) => ImageSet.Of(count, 12, 12, 1, new byte[count * 144], Option<ReadOnlyMemory<byte>>.None).Valid();
        var options = new TrainingOptions { Epochs = 1, BatchSize = 2, Steps = 12 };
        string Fault(TrainingOptions changed, int images) => DiffusionPipeline.Train(changed, Images(images), CPU).Match(_ => "", fault => fault.Message);
        Assert.Equal("images must be at least 1, got 0", Fault(options, 0));
        Assert.Equal("epochs must make at most 2147483647 steps, got 2000000000", Fault(options with { Epochs = 2_000_000_000 }, 4));
        using var model = DiffusionPipeline.Train(options, Images(2), CPU).ThrowIfFail();
        Assert.All((int[])[0, 20_000_000], count => Assert.Equal(
            $"count must lie in [1, 14913080], as all images have to fit into one array, got {count}",
            model.Sample(count).Match(_ => "", fault => fault.Message)));
    }

    [Theory]
    [InlineData(12, 16)]
    [InlineData(16, 12)]
    public void Images_whose_sides_do_not_suit_the_network_are_refused(int height, int width) => Assert.Equal(
        $"image-size must have both sides divisible by 8, or neither, for the network standard, got {height}×{width}",
        DiffusionPipeline.Train(Short, Blank(height, width), CPU).Match(_ => "", fault => fault.Message));

    [Theory]
    [InlineData(12, 20)]
    [InlineData(24, 16)]
    public void Rectangles_are_trained_and_sampled(int height, int width)
    {
        using var model = DiffusionPipeline.Train(Short, Blank(height, width), CPU).ThrowIfFail();
        var drawn = model.Sample(1).ThrowIfFail();
        Assert.Equal((1, height, width), (drawn.Count, drawn.Height, drawn.Width));
    }

    private static TrainingOptions Short { get; } = new() { Epochs = 1, BatchSize = 2, Steps = 12 };

    private static ImageSet Blank(int height, int width) =>
        ImageSet.Of(2, height, width, 1, new byte[2 * height * width], Option<ReadOnlyMemory<byte>>.None).Valid();
}

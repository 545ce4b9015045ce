using Ddpm.Gpu;
using Ddpm.Gpu.Checkpoints;
using Ddpm.Gpu.Pretrained;
using Ddpm.Host.Runs;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Sampling;
using Xunit;
using static TorchSharp.torch;

namespace Ddpm.Properties.CommandLine;

/// <summary>The models that come with the program.</summary>
public sealed class PretrainedTests
{
    private const int LargestFile = 3_000_000;

    public static TheoryData<string> Names { get; } = [.. PretrainedModel.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_files_are_small_and_belong_together(string name)
    {
        var model = PretrainedModel.All[name];
        var receipt = RunReceipt.FromJson(model.Receipt.Span).Valid();
        Assert.True(receipt.Finished);
        var checkpoints = model.Files.Map(file => file.Path).Filter(path => path.StartsWith("checkpoints/", StringComparison.Ordinal));
        Assert.Equal($"checkpoints/{receipt.Sampled}", checkpoints.Last);
        Assert.All(model.Checkpoints, checkpoint =>
        {
            Assert.InRange(checkpoint.Length, 1, LargestFile);
            var file = Safetensors.Read(checkpoint).Valid();
            Assert.Equal(file, Checkpoint.ForSampling(file));
            Assert.Equal(receipt.Options, Checkpoint.Header(file).Valid().Options);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_program_and_the_library_make_the_same_samples(string name)
    {
        using var ddpm = new DdpmProcess();
        string[] images = ["--count", "2", "--sampling-steps", "2", "--seed", "3"];
        var done = ddpm.Done(["sample", "--pretrained", name, .. images]);
        var run = ddpm.Path("runs", $"pretrained-{name}");
        Assert.Contains(Path.Combine("runs", $"pretrained-{name}", "samples.png"), done.Output, StringComparison.Ordinal);
        using var model = DiffusionPipeline.Pretrained(name, CPU).Valid();
        var usual = GuidedBy(name) with { SamplingSteps = 2 };
        Assert.Equal(
            Npy.Read(File.ReadAllBytes(Path.Combine(run, "samples.npy"))).Valid().Data.ToArray(), model.Sample(2, 3, usual).Valid().Pixels.ToArray());
        File.Delete(Path.Combine(run, "samples.npy"));
        ddpm.Done(["sample", "--run", $"pretrained-{name}", .. images]); // a run like any other
        Assert.True(File.Exists(Path.Combine(run, "samples.npy")));
    }

    [Fact]
    public void A_class_asks_for_the_model_by_class()
    {
        using var ddpm = new DdpmProcess();
        ddpm.Done("sample", "--pretrained", "--class", "bag", "--count", "1", "--sampling-steps", "1");
        ddpm.Done("sample", "--class", "bag", "--count", "1", "--sampling-steps", "1", "--run", "mine", "--pretrained");
        Assert.All((string[])["pretrained-fashion-mnist-by-class", "mine"], run => Assert.True(File.Exists(ddpm.Path("runs", run, "labels.npy"))));
    }

    [Fact]
    public void A_pretrained_model_is_imported_and_sampled_from()
    {
        using var ddpm = new DdpmProcess();
        var done = ddpm.Done("import", "--pretrained", "--run", "mine");
        Assert.Contains("the pretrained fashion-mnist", done.Output, StringComparison.Ordinal);
        ddpm.Done("sample", "--run", "mine", "--count", "1", "--sampling-steps", "1");
        ddpm.Done("sample", "--pretrained", "--run", "mine", "--count", "1", "--sampling-steps", "1"); // it is this model
    }

    [Fact]
    public void What_cannot_be_is_refused_in_one_line()
    {
        using var ddpm = new DdpmProcess();
        ddpm.Refused(2, ["--pretrained must be one of fashion-mnist, fashion-mnist-by-class, got shoes"], "sample", "--pretrained", "shoes");
        ddpm.Refused(2, ["give one of them"], "sample", "--pretrained", "--run", "a", "--out", "b");
        ddpm.Refused(2, ["Give either a FILE or --pretrained"], "import", "--run", "mine");
        ddpm.Refused(2, ["Give either a FILE or --pretrained"], "import", "weights.pt", "--pretrained", "--run", "mine");
        ddpm.Refused(2, ["needs a run that was trained with --conditional"], "sample", "--pretrained", "fashion-mnist", "--class", "bag");
        ddpm.Done("import", "--pretrained", "--run", "mine");
        ddpm.Refused(2, ["there is a run in", "choose another name"], "import", "--pretrained", "--run", "mine");
        ddpm.Refused(2, ["is not the pretrained fashion-mnist-by-class"], "sample", "--pretrained", "fashion-mnist-by-class", "--run", "mine");
        Assert.Equal(
            "name must be one of fashion-mnist, fashion-mnist-by-class, got shoes",
            DiffusionPipeline.Pretrained("shoes").Match(_ => "", fault => fault.Message));
    }

    /// <summary>The usual way to sample a model: what its run has, once it is opened.</summary>
    private static SamplingOptions GuidedBy(string name)
    {
        var options = RunReceipt.FromJson(PretrainedModel.All[name].Receipt.Span).Valid();
        var header = Checkpoint.Header(Safetensors.Read(PretrainedModel.All[name].Checkpoints.Last).Valid()).Valid();
        return header.Config.Valid().Model.UsualSamplingAfter(options.Options.Epochs);
    }
}

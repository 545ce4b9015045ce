using Ddpm.Pure.Images;
using Ddpm.Pure.Options;
using Ddpm.Pure.Training;
using Xunit;

namespace Ddpm.Properties.Training;

/// <summary>The defaults of a run, the ends of each option's range, and the options of a resumed run.</summary>
public sealed class TrainingOptionsLimitsLaws
{
    /// <summary>The recipe that RESULTS.md describes.</summary>
    [Fact]
    public void The_defaults_are_the_best_recipe() => Assert.Equal(
        new TrainingOptions
        {
            Preset = "best",
            Network = null,
            Width = null,
            Dataset = "fashion-mnist",
            Limit = null,
            Epochs = 20,
            BatchSize = 128,
            LearningRate = 0.002,
            LearningRateSchedule = "cosine",
            WarmUpSteps = 500,
            WeightDecay = 0,
            EmaDecay = 0.999,
            Flip = false,
            Conditional = false,
            LabelDropout = 0.1,
            TimestepSampling = "independent",
            ClipNorm = 1,
            Steps = 1000,
            Schedule = "linear",
            MinBeta = null,
            MaxBeta = null,
            CosineOffset = null,
            ZeroTerminalSnr = false,
            Prediction = "epsilon",
            LossWeight = "uniform",
            MinSnrGamma = null,
            Precision = "float32",
            Seed = 0,
        },
        new TrainingOptions());

    /// <summary>The tutorial trains so, and `train --preset standard` keeps its bits.</summary>
    [Theory]
    [InlineData("original")]
    [InlineData("standard")]
    public void The_other_presets_have_the_tutorial_s_recipe(string preset) => Assert.Equal(
        new TrainingOptions
        {
            Preset = preset,
            Optimiser = "adam",
            LearningRate = 0.001,
            LearningRateSchedule = "constant",
            WarmUpSteps = 0,
            EmaDecay = null,
            ClipNorm = null,
        },
        TrainingOptions.Of(preset, "fashion-mnist"));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(60000)]
    public void Any_number_of_images_may_be_the_limit(int limit) =>
        Assert.Equal(limit, TrainingConfig.Of(new TrainingOptions { Limit = limit }, ImageSize.Square(28), 1).Valid().Options.Limit);

    [Fact]
    public void A_schedule_has_ten_thousand_steps_at_most()
    {
        Assert.Equal(10_000, TrainingConfig.Of(new TrainingOptions { Steps = 10_000 }, ImageSize.Square(28), 1).Valid().Model.Schedule.Steps);
        Assert.Equal(
            "steps must be at most 10000, got 10001",
            Assert.Single(TrainingConfig.Of(new TrainingOptions { Steps = 10_001 }, ImageSize.Square(28), 1).Faults()));
    }

    [Fact]
    public void What_differs_between_options_is_named_with_both_values()
    {
        var options = new TrainingOptions();
        Assert.Equal((string[])["limit: not set → 5", "batch-size: 128 → 64"], options.DifferencesTo(options with { BatchSize = 64, Limit = 5 }));
        Assert.Equal((string[])["limit: 5 → not set"], (options with { Limit = 5 }).DifferencesTo(options));
        Assert.Empty(options.DifferencesTo(options with { }));
    }

    [Fact]
    public void What_a_resumed_run_cannot_change_is_told_with_both_values()
    {
        string Fault(TrainingOptions run, TrainingOptions wanted) => Assert.Single(run.ResumedAs(wanted).Faults());
        var run = new TrainingOptions();
        Assert.Equal("limit cannot change in a resumed run: it is not set, got 5", Fault(run, run with { Limit = 5 }));
        Assert.Equal("limit cannot change in a resumed run: it is 5, got none", Fault(run with { Limit = 5 }, run));
        Assert.Equal("batch-size cannot change in a resumed run: it is 128, got 64", Fault(run, run with { BatchSize = 64 }));
        Assert.Equal("epochs can only grow in a resumed run: it has 20, got 19", Fault(run, run with { Epochs = 19 }));
    }
}

using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Options;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Training;
using FsCheck.Xunit;
using Xunit;
using static System.FormattableString;
using static LanguageExt.Prelude;

namespace Ddpm.Properties.Training;

[Properties(Arbitrary = [typeof(TrainingGenerators), typeof(Generators)])]
public sealed class TrainingOptionsLaws
{
    /// <summary>A change of each option but the epochs.</summary>
    private static readonly (string Name, Func<TrainingOptions, TrainingOptions> Change)[] Changes =
    [
        ("dataset", options => options with { Dataset = "mnist" }),
        .. TrainingOption.All.Filter(option => option.Name != "epochs")
            .Map(option => (option.Name, fun((TrainingOptions options) => Changed(option, options)))),
    ];

    /// <summary>The options with another value of one, valid or not.</summary>
    internal static TrainingOptions Changed(TrainingOption option, TrainingOptions options) => option.With(options, option.Of(options) switch
    {
        null when option.Type == typeof(string) => "x",
        null when option.Type == typeof(int?) => 1,
        null when option.Type == typeof(LanguageExt.Arr<int>?) => Array(1, 2),
        null => 0.5,
        string name => name + "x",
        int number => number ^ 1,
        double number => number + 0.1,
        ulong seed => seed + 1,
        bool on => !on,
        var value => throw new NotSupportedException($"{option.Name} is {value}"),
    });

    [Fact]
    public void Every_property_but_the_data_set_declares_an_option() => Assert.Equal(
        typeof(TrainingOptions).GetProperties().Select(property => property.Name).Where(name => name != nameof(TrainingOptions.Dataset)),
        TrainingOption.All.Select(option => string.Concat(option.Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]))));

    [Fact]
    public void A_default_is_among_the_choices_and_help_names_every_choice()
    {
        foreach (var option in TrainingOption.All.Filter(option => !option.Choices.IsEmpty))
        {
            Assert.True(option.Default is null || option.Choices.Contains((string)option.Default));
            Assert.All(option.Choices, name => Assert.Contains(name, option.Help, StringComparison.Ordinal));
        }
    }

    /// <summary>An attribute holds constants alone, so this number stands there again.</summary>
    [Fact]
    public void Help_names_the_published_gamma_of_min_snr() => Assert.EndsWith(
        Invariant($"[default: {LossWeighting.MinSnr.Published.Gamma}]"), TrainingOption.Of(nameof(TrainingOptions.MinSnrGamma)).Help, StringComparison.Ordinal);

    [Law]
    public bool A_run_resumes_as_itself(TrainingOptions options) => options.ResumedAs(options with { }).Valid() == options;

    [Law]
    public bool A_run_may_be_given_more_epochs_but_not_fewer(TrainingOptions any, byte more)
    {
        var options = any with { LearningRateSchedule = "constant" };
        var longer = options with { Epochs = options.Epochs + 1 + more };
        return options.ResumedAs(longer).Valid() == longer
            && longer.ResumedAs(options).Faults() is var faults && faults.Length == 1
            && faults[0].Contains($"it has {longer.Epochs}, got {options.Epochs}", StringComparison.Ordinal);
    }

    [Law]
    public bool A_run_whose_learning_rate_falls_to_its_end_keeps_its_epochs(TrainingOptions any, byte more)
    {
        var options = any with { LearningRateSchedule = "cosine" };
        return options.ResumedAs(options with { Epochs = options.Epochs + 1 + more }).Faults() is var faults && faults.Length == 1
            && faults[0].Contains("whose learning rate falls to 0 at its end", StringComparison.Ordinal);
    }

    [Fact]
    public void A_preset_brings_its_recipe_whatever_the_data_set()
    {
        Assert.Equal(new TrainingOptions(), TrainingOptions.Of("best", "fashion-mnist"));
        Assert.Equal(new TrainingOptions { Dataset = "mnist" }, TrainingOptions.Of("best", "mnist"));
        Assert.Equal(Preset.Standard.Recipe with { Preset = "standard" }, TrainingOptions.Of("standard", "fashion-mnist"));
        Assert.Equal(Preset.Original.Recipe with { Preset = "original", Dataset = "mnist" }, TrainingOptions.Of("original", "mnist"));
    }

    [Law]
    public bool Every_difference_is_named_and_nothing_else(TrainingOptions options, Place chosen)
    {
        var changes = Changes.Where((_, i) => (chosen.Number >> i & 1) == 1).ToArray();
        var faults = options.ResumedAs(changes.Aggregate(options, (changed, next) => next.Change(changed))).Faults();
        return faults.Select(fault => fault.Split(' ')[0]).Order().SequenceEqual(changes.Select(change => change.Name).Order());
    }

    [Law]
    public bool Valid_options_make_the_model_that_they_name(TrainingOptions options)
    {
        var config = TrainingConfig.Of(options, ImageSize.Square(28), 1, TrainingGenerators.Classes).Valid();
        return config.Options == options
            && config.Model.Network.Classes == (options.Conditional ? TrainingGenerators.Classes : 0)
            && config.Model.Schedule.Steps == options.Steps && config.Model.Network.Timesteps == options.Steps
            && (config.Model.Schedule[options.Steps - 1].SquaredA == 0)
                == (options.ZeroTerminalSnr || options.Schedule == "rectified-flow")
            && config.LossWeighting == options.LossWeight switch
            {
                "uniform" => new LossWeighting.Uniform(),
                "min-snr" => LossWeighting.MinSnr.Of(options.MinSnrGamma ?? 5).Valid(),
                "p2" => LossWeighting.P2.Of(1, 1).Valid(),
                "min-snr-vanishing" => new LossWeighting.Vanishing(LossWeighting.MinSnr.Of(5).Valid()),
                _ => new LossWeighting.Vanishing(LossWeighting.P2.Of(1, 1).Valid()),
            }
            && config.Precision == (options.Precision == "bf16" ? Precision.BFloat16 : Precision.Binary32)
            && config.Model.Network.Family.Name == (options.Network ?? Choices.Presets[options.Preset].Network)
            && config.Average.Map(average => average.Decay) == Optional(options.EmaDecay)
            && config.TimestepSampling == Choices.TimestepSamplings[options.TimestepSampling]
            && config.Model.Prediction.Name == options.Prediction;
    }

    /// <summary>Whatever was trained can be sampled from without a word said of how; the original as the tutorial does.</summary>
    [Law]
    public bool The_usual_sampling_has_a_plan_on_every_model_s_schedule(TrainingOptions options)
    {
        var model = TrainingConfig.Of(options, ImageSize.Square(28), 1, TrainingGenerators.Classes).Valid().Model;
        var usual = model.UsualSampling;
        var plan = usual.Compile(model.Schedule, model.Prediction, model.Preset.ClipSample).Valid();
        return options.Preset == "original"
            ? options.Schedule is "edm" or "rectified-flow" ? usual.Sampler == "ddim" : usual.Sampler == "ddpm" && plan.Lines.Count == options.Steps
            : usual.Sampler == "sa-solver-2"
                ? plan.Lines.Count == Math.Min(10, usual.MostStepsOn(model.Schedule))
                : usual.Sampler is "ddpm" && plan.Lines.Count == options.Steps;
    }

    /// <summary>
    /// Above σ/a 160 steps are wasted: five of ten were on the cosine schedule, where σ/a is 20,291, 642, 321, 214, 160.4, 128 … after its last steps. Even
    /// timesteps, which the velocity has, begin at the schedule's end and leave it with their first step.
    /// </summary>
    [Fact]
    public void The_usual_sampling_wastes_no_step_above_160_on_any_schedule()
    {
        var models = (
            from name in NoiseSchedule.Families.Keys
            from zero in (bool[])[false, true]
            from prediction in Prediction.All.Keys
            from model in TrainingConfig.Of(new TrainingOptions { Schedule = name, ZeroTerminalSnr = zero, Prediction = prediction }, ImageSize.Square(28), 1)
                .Match<IEnumerable<DiffusionModel>>(config => [config.Model], _ => [])
            select (Schedule: name, Zero: zero, Prediction: prediction, Model: model)).ToArray();
        Assert.Equal(NoiseSchedule.Families.Keys.Order(), models.Select(of => of.Schedule).Distinct().Order());
        Assert.Equal(Prediction.All.Keys.Order(), models.Select(of => of.Prediction).Distinct().Order());
        foreach (var (schedule, zero, prediction, model) in models)
        {
            var ratios = model.UsualSampling.TimestepsOn(model.Schedule).Valid().Values.Map(t => Math.Exp(-model.Schedule[t].Lambda)).ToArray();
            Assert.Equal((10, prediction == "velocity" ? "trailing" : "karras"), (ratios.Length, model.UsualSampling.Spacing));
            Assert.All(
                ratios.Skip(prediction == "velocity" ? 1 : 0),
                ratio => Assert.True(ratio <= 160, $"{schedule}, zero terminal SNR {zero}: {string.Join(" ", ratios)}"));
        }
    }

    [Fact]
    public void Every_fault_of_a_run_is_told_at_once()
    {
        var faults = TrainingConfig.Of(
            new TrainingOptions
            {
                Preset = "modern",
                Prediction = "image",
                LossWeight = "heavy",
                Precision = "half",
                Steps = 0,
                MinBeta = double.NaN,
                MaxBeta = double.PositiveInfinity,
                Epochs = 0,
                BatchSize = -1,
                LearningRate = 0,
                Limit = 0,
                ClipNorm = double.PositiveInfinity,
                LearningRateSchedule = "linear",
                Optimiser = "sgd",
                WarmUpSteps = -1,
                WeightDecay = 1,
                EmaDecay = 1,
                TimestepSampling = "random",
                Conditional = true,
                LabelDropout = 1,
            },
            ImageSize.Square(30),
            2).Faults().Order();
        Assert.Equal(
            [
                "batch-size must be at least 1, got -1", "channels must be 1 or 3, got 2", "clip-norm must be a finite number above 0, got Infinity",
                "conditional needs images with labels of at least two classes, got True",
                "ema-decay must lie in [0, 1), got 1", "epochs must be at least 1, got 0",
                "image-size must lie in [12, 256] and be divisible by 4, got 30", "label-dropout must lie in [0, 1), got 1",
                "learning-rate must lie in (0, 1), got 0",
                "learning-rate-schedule must be one of constant, cosine, got linear", "limit must be at least 1, got 0",
                "loss-weight must be one of uniform, min-snr, min-snr-vanishing, p2, p2-vanishing, got heavy",
                "max-beta must lie in (0, 1), got Infinity", "min-beta must lie in (0, 1), got NaN",
                "optimiser must be one of adam, muon, got sgd",
                "precision must be one of float32, bf16, got half",
                $"prediction must be one of {string.Join(", ", Prediction.All.Keys)}, got image",
                "preset must be one of original, standard, best, finest, ddpm-cifar10, got modern",
                "steps must be at least 1, got 0", "timestep-sampling must be one of independent, stratified, importance, got random",
                "warm-up-steps must be at least 0, got -1", "weight-decay must lie in [0, 1), got 1",
            ],
            faults);
        Assert.Equal(
            $"schedule must be one of {string.Join(", ", NoiseSchedule.Families.Keys)}, got straight",
            Assert.Single(TrainingConfig.Of(new TrainingOptions { Schedule = "straight" }, ImageSize.Square(28), 1).Faults()));
    }

    [Fact]
    public void An_epsilon_says_nothing_where_nothing_of_the_image_is_left() => Assert.Equal(
        $"prediction must be {Prediction.NamesWhere(one => one is not Prediction.Epsilon)} with a schedule that leaves nothing of the image "
        + "(there, epsilon does not determine it), got epsilon",
        Assert.Single(TrainingConfig.Of(new TrainingOptions { ZeroTerminalSnr = true }, ImageSize.Square(28), 1).Faults()));

    [Fact]
    public void Each_schedule_has_the_betas_that_are_its_own_unless_others_are_given()
    {
        NoiseSchedule Built(string schedule, double? minBeta, double? maxBeta) =>
            TrainingConfig.ScheduleOf(new TrainingOptions { Schedule = schedule, MinBeta = minBeta, MaxBeta = maxBeta, Steps = 20 }).Valid();
        Assert.Equal(NoiseSchedule.Linear(20, 0.005, 0.999).Valid(), Built("linear", null, null));
        Assert.Equal(NoiseSchedule.ScaledLinear(20, 0.00085 * 50, 0.6).Valid(), Built("scaled-linear", null, null));
        Assert.Equal(NoiseSchedule.ScaledLinear(20, 0.001, 0.6).Valid(), Built("scaled-linear", 0.001, null));
        Assert.Equal(NoiseSchedule.SigmoidBeta(20, 0.005, 0.03).Valid(), Built("sigmoid-beta", null, 0.03));
        Assert.Equal(NoiseSchedule.SigmoidAlphaBar(20).Valid(), Built("sigmoid", null, null));
        var cosine = new TrainingOptions { Schedule = "cosine", CosineOffset = 0.02, Steps = 20 };
        Assert.Equal(NoiseSchedule.Cosine(20, 0.02).Valid(), TrainingConfig.ScheduleOf(cosine).Valid());
    }

    [Fact]
    public void Numbers_of_one_schedule_or_weight_are_refused_with_another()
    {
        string[] Faults(TrainingOptions options) => TrainingConfig.Of(options, ImageSize.Square(28), 1).Faults();
        Assert.Equal(["cosine-offset works only with the schedule cosine, got 0.02"], Faults(new() { CosineOffset = 0.02 }));
        Assert.Equal(
            ["min-beta works only with the schedules linear, scaled-linear, sigmoid-beta, got 0.02"],
            Faults(new() { Schedule = "cosine", MinBeta = 0.02 }));
        Assert.Equal(["min-snr-gamma works only with the loss weight min-snr, got 3"], Faults(new() { LossWeight = "p2", MinSnrGamma = 3 }));
        Assert.Equal(["min-snr-gamma must be positive and finite, got -3"], Faults(new() { LossWeight = "min-snr", MinSnrGamma = -3 }));
        Assert.Equal(["cosine-offset must lie in [0, 1], got 2"], Faults(new() { Schedule = "cosine", CosineOffset = 2 }));
    }

    /// <summary>The least float is 1.4e-45, and half of it rounds to 0.</summary>
    [Theory]
    [InlineData("linear", 1e-300, "1E-300")]
    [InlineData("linear", 1e-46, "1E-46")]
    [InlineData("scaled-linear", 1e-60, "1E-60")]
    public void A_schedule_whose_noise_float32_cannot_hold_is_refused(string schedule, double minBeta, string variance)
    {
        string[] Faults(double least) => TrainingConfig.Of(new TrainingOptions { Schedule = schedule, MinBeta = least }, ImageSize.Square(28), 1).Faults();
        Assert.Equal(
            $"schedule must add more noise (after timestep 0, float32 rounds its variance σ² = {variance} to 0), got {schedule}",
            Assert.Single(Faults(minBeta)));
        Assert.Empty(Faults(1e-44));
    }
}

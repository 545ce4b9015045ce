using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Options;

/// <summary>The values that options name. One table each, from which parsing, messages and help are made.</summary>
public static class Choices
{
    /// <summary>The networks.</summary>
    public static Map<string, Preset> Presets { get; } = Prelude.Map(("original", Preset.Original), ("standard", Preset.Standard), ("best", Preset.Best));

    /// <summary>The networks, from image size, image channels, T, classes and width.</summary>
    public static Map<string, Func<int, int, int, int, int?, Validation<Error, UNetConfig>>> Networks { get; } =
        Prelude.Map<string, Func<int, int, int, int, int?, Validation<Error, UNetConfig>>>(
            ("original", (size, channels, steps, classes, width) => Tutorial(size, channels, steps, false, classes, width)),
            ("standard", (size, channels, steps, classes, width) => Tutorial(size, channels, steps, true, classes, width)),
            ("modern", (size, channels, steps, classes, width) => UNetConfig.Modern(size, channels, steps, classes, width ?? UNetConfig.UsualWidth)));

    /// <summary>What an embedding is called whose table follows no formula.</summary>
    public const string EmbeddingAsInFile = "as-in-file";

    /// <summary>The embeddings of timesteps: a formula, or none where the table came with imported weights.</summary>
    public static Map<string, Option<SinusoidalEmbedding>> Embeddings { get; } = Prelude.Map<string, Option<SinusoidalEmbedding>>(
        ("tutorial", new SinusoidalEmbedding.Tutorial()), ("transformer", new SinusoidalEmbedding.Transformer()),
        ("unpaired", new SinusoidalEmbedding.Unpaired()), (EmbeddingAsInFile, Prelude.None));

    /// <summary>The predictions.</summary>
    public static Map<string, Prediction> Predictions { get; } = Prelude.Map<string, Prediction>(
        ("epsilon", new Prediction.Epsilon()), ("sample", new Prediction.Sample()), ("velocity", new Prediction.Velocity()));

    /// <summary>How the learning rate goes on, from its peak, the steps that warm up and all steps.</summary>
    public static Map<string, Func<double, int, int, Validation<Error, LearningRate>>> LearningRates { get; } =
        Prelude.Map<string, Func<double, int, int, Validation<Error, LearningRate>>>(
            ("constant", (peak, rising, _) => rising == 0 ? LearningRate.Constant.Of(peak) : LearningRate.WarmUp.Of(peak, rising)),
            ("cosine", (peak, rising, total) => LearningRate.Cosine.Of(peak, Math.Min(rising, total - 1), total, finalFraction: 0)));

    /// <summary>How timesteps are drawn.</summary>
    public static Map<string, TimestepSampling> TimestepSamplings { get; } =
        Prelude.Map(("independent", TimestepSampling.Independent), ("stratified", TimestepSampling.Stratified));

    /// <summary>What networks compute in.</summary>
    public static Map<string, Precision> Precisions { get; } = Prelude.Map(("float32", Precision.Binary32), ("bf16", Precision.BFloat16));

    /// <summary>The noise schedules, from options.</summary>
    public static Map<string, Func<TrainingOptions, Validation<Error, NoiseSchedule>>> Schedules { get; } =
        Prelude.Map<string, Func<TrainingOptions, Validation<Error, NoiseSchedule>>>(
            ("linear", options => NoiseSchedule.Linear(options.Steps, options.MinBeta, options.MaxBeta)),
            ("scaled-linear", options => NoiseSchedule.ScaledLinear(options.Steps, options.MinBeta, options.MaxBeta)),
            ("cosine", options => NoiseSchedule.Cosine(options.Steps, options.CosineOffset ?? NoiseSchedule.UsualCosineOffset)),
            ("sigmoid", options => NoiseSchedule.SigmoidAlphaBar(options.Steps)),
            ("sigmoid-beta", options => NoiseSchedule.SigmoidBeta(options.Steps, options.MinBeta, options.MaxBeta)));

    /// <summary>Those that have a least and a greatest β, and what these are by their papers, for a thousand steps.</summary>
    public static Map<string, UsualBetas> PublishedBetas { get; } =
        Prelude.Map(("linear", UsualBetas.Linear), ("scaled-linear", UsualBetas.ScaledLinear), ("sigmoid-beta", UsualBetas.Linear));

    /// <summary>
    /// The weights of the loss, from options; what is not said is as in their papers. Those that vanish are what runs of edition 1 were trained with
    /// (<see cref="OptionsEdition"/>).
    /// </summary>
    public static Map<string, Func<TrainingOptions, Validation<Error, LossWeighting>>> LossWeightings { get; } =
        Prelude.Map<string, Func<TrainingOptions, Validation<Error, LossWeighting>>>(
            ("uniform", _ => new LossWeighting.Uniform()),
            ("min-snr", options => LossWeighting.MinSnr.Of(options.MinSnrGamma ?? LossWeighting.MinSnr.Published.Gamma)),
            ("min-snr-vanishing", _ => new LossWeighting.Vanishing(LossWeighting.MinSnr.Published)),
            ("p2", _ => LossWeighting.P2.Published),
            ("p2-vanishing", _ => new LossWeighting.Vanishing(LossWeighting.P2.Published)));

    /// <summary>How a sampler's timesteps are spread, each with its usual numbers.</summary>
    public static Map<string, Spacing> Spacings { get; } = Prelude.Map<string, Spacing>(
        ("leading", new Spacing.Leading()), ("linspace", new Spacing.Linspace()), ("trailing", new Spacing.Trailing()),
        ("uniform-lambda", new Spacing.UniformLambda()), ("karras", new Spacing.Karras()),
        ("diffusers-linspace", new Spacing.DiffusersLinspace()), ("diffusers-trailing", new Spacing.DiffusersTrailing()),
        ("diffusers-multistep-linspace", new Spacing.DiffusersMultistepLinspace()),
        ("diffusers-multistep-leading", new Spacing.DiffusersMultistepLeading()));

    private static Validation<Error, UNetConfig> Tutorial(int imageSize, int imageChannels, int steps, bool residual, int classes, int? width) =>
        (UNetConfig.Tutorial(imageSize, imageChannels, steps, residual, classes), Check.That("width", width ?? 0, width is null, "can be chosen for the modern network alone"))
        .Apply((network, _) => network);

    /// <summary>The value of a name, or what may be said instead.</summary>
    public static Validation<Error, T> Find<T>(this Map<string, T> choices, string name, string value) => choices.Find(value).Match(
        Validation<Error, T>.Success,
        () => Check.Fail<T>(name, value, $"must be one of {string.Join(", ", choices.Keys)}"));
}

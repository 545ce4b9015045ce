using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Schedules;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Options;

/// <summary>The values that options name: one table each.</summary>
public static class Choices
{
    /// <summary>The networks.</summary>
    public static ChoiceTable<Preset> Presets { get; } = ChoiceTable.Of(("original", Preset.Original), ("standard", Preset.Standard), ("best", Preset.Best));

    /// <summary>The networks, from image size, image channels, T, classes and width.</summary>
    public static ChoiceTable<Func<int, int, int, int, int?, Validation<Error, UNetConfig>>> Networks { get; } =
        ChoiceTable.Of<Func<int, int, int, int, int?, Validation<Error, UNetConfig>>>(
            ("original", (size, channels, steps, classes, width) => Tutorial(size, channels, steps, false, classes, width)),
            ("standard", (size, channels, steps, classes, width) => Tutorial(size, channels, steps, true, classes, width)),
            ("modern", (size, channels, steps, classes, width) => UNetConfig.Modern(size, channels, steps, classes, width ?? UNetConfig.UsualWidth)));

    /// <summary>What an embedding is called whose table follows no formula.</summary>
    public const string EmbeddingAsInFile = "as-in-file";

    /// <summary>The embeddings of timesteps: a formula, or none where the table came with imported weights.</summary>
    public static ChoiceTable<Option<SinusoidalEmbedding>> Embeddings { get; } = ChoiceTable.Of<Option<SinusoidalEmbedding>>(
        ("tutorial", new SinusoidalEmbedding.Tutorial()), ("transformer", new SinusoidalEmbedding.Transformer()),
        ("unpaired", new SinusoidalEmbedding.Unpaired()), (EmbeddingAsInFile, Prelude.None));

    /// <summary>The predictions.</summary>
    public static ChoiceTable<Prediction> Predictions => Prediction.All;

    /// <summary>How the learning rate goes on, from its peak, the steps that warm up and all steps.</summary>
    public static ChoiceTable<Func<double, int, int, Validation<Error, LearningRate>>> LearningRates { get; } =
        ChoiceTable.Of<Func<double, int, int, Validation<Error, LearningRate>>>(
            ("constant", (peak, rising, _) => rising == 0 ? LearningRate.Constant.Of(peak) : LearningRate.WarmUp.Of(peak, rising)),
            ("cosine", (peak, rising, total) => LearningRate.Cosine.Of(peak, Math.Min(rising, total - 1), total, finalFraction: 0)));

    /// <summary>How timesteps are drawn.</summary>
    public static ChoiceTable<TimestepSampling> TimestepSamplings { get; } =
        ChoiceTable.Of(("independent", TimestepSampling.Independent), ("stratified", TimestepSampling.Stratified));

    /// <summary>What networks compute in.</summary>
    public static ChoiceTable<Precision> Precisions { get; } = ChoiceTable.Of(("float32", Precision.Binary32), ("bf16", Precision.BFloat16));

    /// <summary>The noise schedules.</summary>
    public static ChoiceTable<ScheduleFamily> Schedules => NoiseSchedule.Families;

    /// <summary>
    /// The weights of the loss, from options; what is not said is as in their papers. Those that vanish are what runs of edition 1 were trained with
    /// (<see cref="OptionsEdition"/>).
    /// </summary>
    public static ChoiceTable<Func<TrainingOptions, Validation<Error, LossWeighting>>> LossWeightings { get; } =
        ChoiceTable.Of<Func<TrainingOptions, Validation<Error, LossWeighting>>>(
            ("uniform", _ => new LossWeighting.Uniform()),
            ("min-snr", options => LossWeighting.MinSnr.Of(options.MinSnrGamma ?? LossWeighting.MinSnr.Published.Gamma)),
            ("min-snr-vanishing", _ => new LossWeighting.Vanishing(LossWeighting.MinSnr.Published)),
            ("p2", _ => LossWeighting.P2.Published),
            ("p2-vanishing", _ => new LossWeighting.Vanishing(LossWeighting.P2.Published)));

    private static Validation<Error, UNetConfig> Tutorial(int imageSize, int imageChannels, int steps, bool residual, int classes, int? width) =>
        (UNetConfig.Tutorial(imageSize, imageChannels, steps, residual, classes),
            Check.That("width", width ?? 0, width is null, "works only with the modern network"))
        .Apply((network, _) => network);
}

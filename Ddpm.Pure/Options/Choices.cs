using Ddpm.Pure.Diffusion;
using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Options;

/// <summary>The tables of the values that options name, if no type of their own lists them.</summary>
public static class Choices
{
    /// <summary>The presets.</summary>
    public static ChoiceTable<Preset> Presets { get; } = ChoiceTable.Of(
        ("original", Preset.Original), ("standard", Preset.Standard), ("best", Preset.Best), ("finest", Preset.Finest),
        ("ddpm-cifar10", Preset.DdpmCifar10));

    /// <summary>The name of an embedding whose table follows no formula.</summary>
    public const string EmbeddingAsInFile = "as-in-file";

    /// <summary>The embeddings of timesteps: a formula, or none for a table that came with imported weights.</summary>
    public static ChoiceTable<Option<SinusoidalEmbedding>> Embeddings { get; } = ChoiceTable.Of<Option<SinusoidalEmbedding>>(
        ("tutorial", new SinusoidalEmbedding.Tutorial()), ("transformer", new SinusoidalEmbedding.Transformer()),
        ("unpaired", new SinusoidalEmbedding.Unpaired()),
        ("halves", new SinusoidalEmbedding.Halves(0, CosinesFirst: false)), ("halves-shifted", new SinusoidalEmbedding.Halves(1, CosinesFirst: false)),
        ("halves-flipped", new SinusoidalEmbedding.Halves(0, CosinesFirst: true)),
        ("halves-flipped-shifted", new SinusoidalEmbedding.Halves(1, CosinesFirst: true)), (EmbeddingAsInFile, Prelude.None));

    /// <summary>The optimisers: the matrices that Muon updates in a network's θ; none if Adam updates all weights.</summary>
    public static ChoiceTable<Func<WeightLayout, Option<Muon>>> Optimisers { get; } =
        ChoiceTable.Of<Func<WeightLayout, Option<Muon>>>(("adam", _ => Prelude.None), ("muon", layout => Muon.Of(layout)));

    /// <summary>The learning-rate schedules, built from the peak, the warm-up steps and all steps.</summary>
    public static ChoiceTable<Func<double, int, int, Validation<Error, LearningRate>>> LearningRates { get; } =
        ChoiceTable.Of<Func<double, int, int, Validation<Error, LearningRate>>>(
            ("constant", (peak, rising, _) => rising == 0 ? LearningRate.Constant.Of(peak) : LearningRate.WarmUp.Of(peak, rising)),
            ("cosine", (peak, rising, total) => LearningRate.Cosine.Of(peak, Math.Min(rising, total - 1), total, finalFraction: 0)));

    /// <summary>The ways to draw timesteps.</summary>
    public static ChoiceTable<TimestepSampling> TimestepSamplings { get; } = ChoiceTable.Of(
        ("independent", TimestepSampling.Independent), ("stratified", TimestepSampling.Stratified), ("importance", TimestepSampling.Importance));

    /// <summary>The orders in which the gradients of a batch's shares are added.</summary>
    public static ChoiceTable<GradientSum> GradientSums { get; } = ChoiceTable.Of(
        ("balanced", GradientSum.Balanced), ("sequential", GradientSum.Sequential));

    /// <summary>The number formats of networks.</summary>
    public static ChoiceTable<Precision> Precisions { get; } = ChoiceTable.Of(("float32", Precision.Binary32), ("bf16", Precision.BFloat16));

    /// <summary>
    /// The loss weightings, built from the options. A parameter that is not set has the paper's value. The vanishing ones repeat runs of edition 1.
    /// </summary>
    public static ChoiceTable<Func<TrainingOptions, Validation<Error, LossWeighting>>> LossWeightings { get; } =
        ChoiceTable.Of<Func<TrainingOptions, Validation<Error, LossWeighting>>>(
            ("uniform", _ => new LossWeighting.Uniform()),
            ("min-snr", options => LossWeighting.MinSnr.Of(options.MinSnrGamma ?? LossWeighting.MinSnr.Published.Gamma)),
            ("min-snr-vanishing", _ => new LossWeighting.Vanishing(LossWeighting.MinSnr.Published)),
            ("p2", _ => LossWeighting.P2.Published),
            ("p2-vanishing", _ => new LossWeighting.Vanishing(LossWeighting.P2.Published)));
}

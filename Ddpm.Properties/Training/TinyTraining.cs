using Ddpm.Pure.Images;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Training;
using LanguageExt;

namespace Ddpm.Properties.Training;

/// <summary>Training of two steps an epoch on eight images of 12×12, and the plan of twelve lines that samples from it.</summary>
internal static class TinyTraining
{
    public static ImageSet Images { get; } = ImagesOf(8);

    /// <summary>So many images of 12×12, no two alike among the first 16 and none plain.</summary>
    public static ImageSet ImagesOf(int count) => ImageSet.Create(
        count, 12, 12, 1, Enumerable.Range(0, count * 144).Select(i => (byte)(37 * i)).ToArray(), Option<ReadOnlyMemory<byte>>.None).Valid();

    public static TrainingConfig Config(int epochs, string lossWeight = "uniform") => TrainingConfig.From(
        new TrainingOptions { Steps = 12, BatchSize = 4, Epochs = epochs, Limit = 8, LossWeight = lossWeight }, 12, 1).Valid();

    public static SamplingPlan Sampling(DiffusionModel model) => AncestralSampler.Compile(
        new(model.Schedule, model.Prediction, Timesteps.All(12), ClipSample: true), ReverseVariance.Beta);
}

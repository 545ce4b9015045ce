using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Optimisation;

/// <summary>The number of training steps for a number of images, a batch size and a number of epochs.</summary>
public sealed record StepCount
{
    private StepCount(int perEpoch, int total) => (PerEpoch, Total) = (perEpoch, total);

    /// <summary>Steps in an epoch; the last step may hold fewer images.</summary>
    public int PerEpoch { get; }

    /// <summary>Steps in all.</summary>
    public int Total { get; }

    /// <summary>The steps of a training.</summary>
    /// <param name="images">The number of images, ≥ 1.</param>
    /// <param name="batchSize">Images in a step, ≥ 1.</param>
    /// <param name="epochs">Passes over the images, ≥ 1. All epochs together take fewer than 2³¹ steps.</param>
    /// <returns>The counts, or every fault of the three arguments.</returns>
    public static Validation<Error, StepCount> Of(int images, int batchSize, int epochs) =>
        (Check.AtLeast("images", images, 1),
                Check.AtLeast("batch-size", batchSize, 1),
                Check.AtLeast("epochs", epochs, 1).Bind(passes => Check.That(
                    "epochs",
                    passes,
                    images < 1 || batchSize < 1 || (long)InEpoch(images, batchSize) * passes <= int.MaxValue,
                    Invariant($"must make at most {int.MaxValue} steps"))))
            .Apply((count, batch, passes) => new StepCount(InEpoch(count, batch), InEpoch(count, batch) * passes));

    /// <summary>Steps in an epoch.</summary>
    /// <param name="images">The number of images, ≥ 1.</param>
    /// <param name="batchSize">Images in a step, ≥ 1.</param>
    public static int InEpoch(int images, int batchSize) => (images - 1) / batchSize + 1;
}

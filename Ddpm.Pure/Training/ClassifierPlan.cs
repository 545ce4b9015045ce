using Ddpm.Pure.Images;
using Ddpm.Pure.Random;
using LanguageExt;

namespace Ddpm.Pure.Training;

/// <summary>
/// What a classifier's training will do: the pure function from (recipe, number of images, step) to which images, how each is changed and which learning
/// rate. The change of image i in epoch e depends on (seed, i, e) alone.
/// </summary>
/// <param name="Recipe">The recipe, checked.</param>
/// <param name="ImageCount">How many images there are, ≥ 1.</param>
public sealed record ClassifierPlan(ClassifierRecipe Recipe, int ImageCount)
{
    private const int WarmUpPart = 20;

    /// <summary>Steps in an epoch; the last may hold fewer images.</summary>
    public int StepsPerEpoch => (ImageCount - 1) / Recipe.BatchSize + 1;

    /// <summary>Steps in all.</summary>
    public int TotalSteps => checked(StepsPerEpoch * Recipe.Epochs);

    /// <summary>The learning rate of a step, counted from 0.</summary>
    public LearningRate Rate => LearningRate.Cosine.Of(Recipe.LearningRate, TotalSteps / WarmUpPart, TotalSteps, 0)
        .IfFail(faults => throw new InvalidOperationException(string.Join("; ", faults))); // the recipe was checked

    /// <summary>The steps of epoch e ≥ 0, each image in one of them.</summary>
    public IEnumerable<ClassifierStep> Epoch(int epoch)
    {
        var (order, stream, rate) = (Permutation.Of(new RandomStream(Recipe.Seed, StreamName.Shuffling).At(0, epoch), ImageCount), new RandomStream(Recipe.Seed, StreamName.Augmentation), Rate);
        return order.Chunk(Recipe.BatchSize).Select((images, k) => new ClassifierStep(
            new(images),
            images.Select(i => Augmentation.Of(stream.At(i, epoch), Recipe.Mirror, Recipe.Shift)).ToArr(),
            rate.At(epoch * StepsPerEpoch + k)));
    }
}

/// <summary>One step of a classifier's training.</summary>
/// <param name="Images">Which images.</param>
/// <param name="Augmentations">How each is changed.</param>
/// <param name="LearningRate">The learning rate.</param>
public sealed record ClassifierStep(Arr<int> Images, Arr<Augmentation> Augmentations, double LearningRate);

using Ddpm.Pure.Images;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Random;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Training;

/// <summary>
/// The plan of a classifier's training: a pure function from (recipe, number of images, step) to the step's images, their augmentations and the learning
/// rate. The augmentation of image i in epoch e depends on (seed, i, e) alone.
/// </summary>
public sealed record ClassifierPlan
{
    private const int WarmUpPart = 20;

    private ClassifierPlan(ClassifierRecipe recipe, int imageCount, StepCount steps, LearningRate rate) =>
        (Recipe, ImageCount, Steps, Rate) = (recipe, imageCount, steps, rate);

    /// <summary>The recipe.</summary>
    public ClassifierRecipe Recipe { get; }

    /// <summary>The number of images, ≥ 1.</summary>
    public int ImageCount { get; }

    /// <summary>The number of steps.</summary>
    public StepCount Steps { get; }

    /// <summary>The learning rate of a step, counted from 0.</summary>
    public LearningRate Rate { get; }

    /// <summary>The plan of a training.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="imageCount">The number of images, ≥ 1.</param>
    /// <returns>The plan; or every fault of the recipe; or an error if there are no images, or too many steps to count.</returns>
    public static Validation<Error, ClassifierPlan> Of(ClassifierRecipe recipe, int imageCount) =>
        from checkedRecipe in recipe.Checked()
        from steps in StepCount.Of(imageCount, recipe.BatchSize, recipe.Epochs)
        from rate in LearningRate.Cosine.Of(recipe.LearningRate, steps.Total / WarmUpPart, steps.Total, 0)
        select new ClassifierPlan(checkedRecipe, imageCount, steps, rate);

    /// <summary>The steps of epoch e ≥ 0. Each image is in exactly one of them.</summary>
    public IEnumerable<ClassifierStep> Epoch(int epoch)
    {
        var order = Permutation.Of(new RandomStream(Recipe.Seed, StreamName.Shuffling).At(0, epoch), ImageCount);
        var stream = new RandomStream(Recipe.Seed, StreamName.Augmentation);
        return order.Chunk(Recipe.BatchSize).Select((images, k) => new ClassifierStep(
            new(images),
            images.Select(i => Augmentation.Of(stream.At(i, epoch), Recipe.Mirror, Recipe.Shift)).ToArr(),
            Rate.At(epoch * Steps.PerEpoch + k)));
    }
}

/// <summary>One step of a classifier's training.</summary>
/// <param name="Images">The indices of its images.</param>
/// <param name="Augmentations">The augmentation of each image.</param>
/// <param name="LearningRate">The learning rate.</param>
public sealed record ClassifierStep(Arr<int> Images, Arr<Augmentation> Augmentations, double LearningRate);

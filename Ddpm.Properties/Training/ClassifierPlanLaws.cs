using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Training;
using Xunit;
using static Ddpm.Properties.Closeness;

namespace Ddpm.Properties.Training;

public sealed class ClassifierPlanLaws
{
    [Law]
    public bool Each_epoch_visits_every_image_once_in_batches_at_a_rate_that_ends_near_nothing(byte images, byte batch, byte epochs, ulong seed)
    {
        var recipe = new ClassifierRecipe { BatchSize = 1 + batch, Epochs = 1 + epochs % 4, Seed = seed }.Checked().Valid();
        var plan = ClassifierPlan.Of(recipe, 1 + images).Valid();
        var steps = Enumerable.Range(0, recipe.Epochs).Select(epoch => plan.Epoch(epoch).ToArray()).ToArray();
        return Near(0, plan.Rate.At(plan.Steps.Total), 4 * Epsilon * recipe.LearningRate)
            && steps.SelectMany(epoch => epoch).Select(step => step.LearningRate).SequenceEqual(Enumerable.Range(0, plan.Steps.Total).Select(plan.Rate.At))
            && steps.All(epoch =>
                epoch.SelectMany(step => step.Images).Order().SequenceEqual(Enumerable.Range(0, 1 + images))
                && epoch.Length == plan.Steps.PerEpoch)
            && steps.Sum(epoch => epoch.Length) == plan.Steps.Total
            && steps.SelectMany(epoch => epoch).All(step =>
                step.LearningRate > 0
                && step.LearningRate <= recipe.LearningRate
                && step.Augmentations.Count == step.Images.Count);
    }

    [Law]
    public bool An_image_is_changed_by_the_seed_and_the_epoch_whatever_the_batch(byte images, byte batch, ulong seed)
    {
        (int, Pure.Images.Augmentation)[] Changes(int size) =>
        [
            .. ClassifierPlan.Of(new() { BatchSize = size, Seed = seed }, 1 + images)
                .Valid()
                .Epoch(1)
                .SelectMany(step => step.Images.Zip(step.Augmentations))
                .OrderBy(change => change.Item1),
        ];
        return Changes(1 + batch).SequenceEqual(Changes(7));
    }

    [Fact]
    public void Every_fault_of_a_recipe_of_its_plan_and_of_a_classifier_is_told_at_once()
    {
        Assert.Equal(
            [
                "batch-size must be at least 1, got 0", "epochs must be at least 1, got 0", "label-smoothing must lie in [0, 1), got 1",
                "learning-rate must lie in (0, 1), got 1", "shift must lie in [0, 256], got -1",
            ],
            new ClassifierRecipe { Epochs = 0, BatchSize = 0, LearningRate = 1, LabelSmoothing = 1, Shift = -1 }.Checked().Faults().Order());
        Assert.Equal("images must be at least 1, got 0", Assert.Single(ClassifierPlan.Of(new(), 0).Faults()));
        Assert.Equal(
            "epochs must make at most 2147483647 steps, got 2147483647", Assert.Single(ClassifierPlan.Of(new() { Epochs = int.MaxValue }, 129).Faults()));
        Assert.Equal("shift must lie in [0, 256], got -1", Assert.Single(ClassifierPlan.Of(new() { Shift = -1 }, 0).Faults()));
        Assert.Equal(
            ["channels must be 1 or 3, got 2", "classes must lie in [2, 256], got 1", "image-size must lie in [4, 256] and be divisible by 4, got 30"],
            ClassifierConfig.Of(ImageSize.Square(30), 2, 1).Faults().Order());
    }

    [Fact]
    public void The_classifier_of_fashion_takes_less_than_two_megabytes() =>
        Assert.InRange(ClassifierConfig.Of(ImageSize.Square(28), 1, 10).Valid().Parameters.Sum(parameter => parameter.Count) * sizeof(float), 1, 2_000_000);
}

using Ddpm.Gpu.Devices;
using Ddpm.Gpu.Executors;
using Ddpm.Gpu.Tensors;
using Ddpm.Gpu.Threads;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Optimisation;
using Ddpm.Pure.Training;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Classification;

/// <summary>Trains classifiers.</summary>
public static class ClassifierTraining
{
    private const int ShareSize = 32;

    /// <summary>Trains the classifier of labelled images. On the CPU it depends on the plan and the images alone, not on the threads.</summary>
    /// <param name="config">The classifier, for images of that size and labels below its number of classes.</param>
    /// <param name="plan">How to train it.</param>
    /// <param name="images">As many as the plan is of; labels are needed.</param>
    /// <param name="device">What computes.</param>
    /// <param name="progress">Receives the steps done, the number of steps, and the mean loss of the epoch so far.</param>
    /// <param name="stop">Ends the work.</param>
    /// <returns>The classifier, which the caller owns; or that a loss was no number; or <see cref="Errors.Cancelled"/>.</returns>
    public static Fin<TrainedClassifier> Train(
        ClassifierConfig config, ClassifierPlan plan, ImageSet images, Device device, Action<int, int, double> progress, CancellationToken stop)
    {
        var labels = images.Labels.IfNone(() => throw new ArgumentException("the images have no labels", nameof(images)));
        var (classifier, recipe, replicas) = (new Classifier(config), plan.Recipe, Replicas.For(device));
        using var executor = classifier.Executor(device);
        var update = ComputeDevice.Update(device, ScalarType.Float32, replicas);
        var pixels = images.Height * images.Width * images.Channels;
        using var scope = NewDisposeScope();
        var theta = classifier.InitialWeights(recipe.Seed, device);
        var state = new TrainingState(theta, zeros_like(theta), zeros_like(theta), 0);

        // The loss of a share's images, each as its part of the whole batch, and its gradient.
        (Tensor Gradient, double Loss) Share(ClassifierStep step, int first, int count)
        {
            using var own = NewDisposeScope(); // the thread has none yet
            var (values, targets) = (new float[count * pixels], new int[count]);
            for (var i = 0; i < count; i++)
            {
                var image = step.Images[first + i];
                step.Augmentations[first + i].ToModel(
                    images.Pixels.Span.Slice(image * pixels, pixels), images.Channels, images.Height, images.Width, values.AsSpan(i * pixels, pixels));
                targets[i] = labels.Span[image];
            }

            var x = tensor(values, [count, images.Channels, images.Height, images.Width]).to(device);
            var gradient = zeros_like(theta);
            var loss = executor.Gradient(x, targets, recipe.LabelSmoothing, step.Images.Count, gradient);
            return (gradient.DetachFromDisposeScope(), loss);
        }

        for (var epoch = 0; epoch < recipe.Epochs; epoch++)
        {
            var (sum, seen) = (0.0, 0);
            foreach (var step in plan.Epoch(epoch))
            {
                if (stop.IsCancellationRequested)
                {
                    return Errors.Cancelled;
                }

                using var inner = NewDisposeScope();
                executor.Take(theta);
                var parts = BatchShares.Of(step.Images.Count, (step.Images.Count - 1) / ShareSize + 1);
                var shares = replicas.Map(parts.Count, number => Share(step, parts[number].First, parts[number].Count));
                var loss = shares.Sum(share => share.Loss);
                var gradient = shares.Select(share => share.Gradient).Aggregate((total, next) => total.Add(next, 1));
                update.Apply(state, gradient, new WeightUpdate(step.LearningRate));
                shares.Iter(share => share.Gradient.Dispose());
                if (!double.IsFinite(loss))
                {
                    return Error.New(FormattableString.Invariant($"the classifier's loss is {loss} after {state.Updates} steps: lower its learning rate"));
                }

                state = state with { Updates = state.Updates + 1 };
                (sum, seen) = (sum + loss * step.Images.Count, seen + step.Images.Count);
                progress(state.Updates, plan.Steps.Total, sum / seen);
            }
        }

        return new TrainedClassifier(classifier, theta.DetachFromDisposeScope());
    }
}

using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Training;

/// <summary>How a classifier is trained: Adam on the cross entropy. The recipe and the images determine the classifier.</summary>
public sealed record ClassifierRecipe
{
    /// <summary>Passes over the images.</summary>
    public int Epochs { get; init; } = 12;

    /// <summary>Images in a step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Adam's highest learning rate. It is reached after a twentieth of all steps, then falls to 0 along half a cosine.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Label smoothing: the part of each target that is spread evenly over all classes (Szegedy et al. 2016, section 7).</summary>
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>Whether half of the images are mirrored left to right.</summary>
    public bool Mirror { get; init; } = true;

    /// <summary>The largest shift of an image in each direction, in pixels.</summary>
    public int Shift { get; init; } = 1;

    /// <summary>The seed of the weights, the order of the images and the augmentation.</summary>
    public ulong Seed { get; init; }

    /// <summary>The recipe, or all its faults.</summary>
    public Validation<Error, ClassifierRecipe> Checked() =>
        (Check.AtLeast("epochs", Epochs, 1), Check.AtLeast("batch-size", BatchSize, 1), Check.Inside("learning-rate", LearningRate, 0, 1),
                Check.That("label-smoothing", LabelSmoothing, LabelSmoothing is >= 0 and < 1, "must lie in [0, 1)"),
                Check.That("shift", Shift, Shift is >= 0 and <= 256, "must lie in [0, 256]"))
            .Apply((_, _, _, _, _) => this);
}

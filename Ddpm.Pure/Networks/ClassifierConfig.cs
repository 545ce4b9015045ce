using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// A small image classifier: three 3×3 convolutions, each with SiLU, and 2×2 max pooling before the SiLU of the first two. Then a linear layer to
/// <see cref="FeatureCount"/> features, SiLU, and a linear layer to one logit for each class. The quality metrics compare images by its features.
/// </summary>
public sealed record ClassifierConfig
{
    /// <summary>D, the number of features of an image.</summary>
    public const int FeatureCount = 128;

    private ClassifierConfig(ImageSize imageSize, int imageChannels, int classes)
    {
        (ImageSize, ImageChannels, Classes) = (imageSize, imageChannels, classes);
        First = new("conv1", imageChannels, 32, 3, 1, 1);
        Second = new("conv2", 32, 64, 3, 1, 1);
        Third = new("conv3", 64, 64, 3, 1, 1);
        ToFeatures = new("features", 64 * imageSize.Map(side => side / 4).Pixels, FeatureCount);
        ToLogits = new("logits", FeatureCount, classes);
    }

    /// <summary>Height and width of the images, divisible by 4.</summary>
    public ImageSize ImageSize { get; }

    /// <summary>1 for grey images, 3 for colour.</summary>
    public int ImageChannels { get; }

    /// <summary>K ≥ 2, the classes.</summary>
    public int Classes { get; }

    /// <summary>The convolution at full size, before the first pooling.</summary>
    public Convolution First { get; }

    /// <summary>The convolution at half size, before the second pooling.</summary>
    public Convolution Second { get; }

    /// <summary>The convolution at a quarter of the size.</summary>
    public Convolution Third { get; }

    /// <summary>The linear layer to the features.</summary>
    public Linear ToFeatures { get; }

    /// <summary>The linear layer from the features to the logits.</summary>
    public Linear ToLogits { get; }

    /// <summary>The trained parameters, in state-dict order.</summary>
    public Arr<Parameter> Parameters => Array<Layer>(First, Second, Third, ToFeatures, ToLogits).Bind(layer => layer.Parameters);

    /// <summary>The classifier for an image size.</summary>
    /// <param name="imageSize">Height and width, each in [4, 256] and divisible by 4.</param>
    /// <param name="imageChannels">1 or 3.</param>
    /// <param name="classes">K in [2, 256]: a label is a byte.</param>
    /// <returns>The classifier, or every fault.</returns>
    public static Validation<Error, ClassifierConfig> Of(ImageSize imageSize, int imageChannels, int classes) =>
        (imageSize.Within("image-size", 4, 256, 4),
                Check.That("channels", imageChannels, imageChannels is 1 or 3, "must be 1 or 3"),
                Check.That("classes", classes, classes is >= 2 and <= 256, "must lie in [2, 256]"))
            .Apply((size, channels, count) => new ClassifierConfig(size, channels, count));
}

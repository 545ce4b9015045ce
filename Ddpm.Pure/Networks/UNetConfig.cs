using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// The tutorial's UNet as a configuration: three resolutions, three blocks a stage, a shift from the timestep before each stage.
/// </summary>
public sealed record UNetConfig
{
    private UNetConfig(int imageSize, int imageChannels, Arr<int> channels, int timesteps, int embeddingDimension, bool residual, int classes) =>
        (ImageSize, ImageChannels, Channels, Timesteps, EmbeddingDimension, Residual, Classes) =
        (imageSize, imageChannels, channels, timesteps, embeddingDimension, residual, classes);

    /// <summary>Height and width of the images, divisible by 4.</summary>
    public int ImageSize { get; }

    /// <summary>1 for grey images, 3 for colour.</summary>
    public int ImageChannels { get; }

    /// <summary>The channels at full, half and quarter resolution; even numbers.</summary>
    public Arr<int> Channels { get; }

    /// <summary>T, the rows of the timestep embedding.</summary>
    public int Timesteps { get; }

    /// <summary>d, the columns of the timestep embedding.</summary>
    public int EmbeddingDimension { get; }

    /// <summary>The embedding of timesteps, frozen.</summary>
    public SinusoidalEmbedding Embedding { get; } = new SinusoidalEmbedding.Tutorial();

    /// <summary>Whether a residual path runs round every block.</summary>
    public bool Residual { get; }

    /// <summary>K, the classes whose embeddings are learnt, and one more for no class; 0 where the network knows of none.</summary>
    public int Classes { get; }

    /// <summary>
    /// The network of the tutorial with channels 10, 20 and 40 and an embedding of 100: exactly as published
    /// (<paramref name="residual"/> false), or with the residual paths of Ho et al. 2020, appendix B.
    /// </summary>
    /// <param name="imageSize">Height and width, in [12, 256] and divisible by 4: the normalisations have a weight for every pixel.</param>
    /// <param name="imageChannels">1 or 3.</param>
    /// <param name="timesteps">T ≥ 1.</param>
    /// <param name="residual">Whether a residual path runs round every block.</param>
    /// <param name="classes">K, in [0, 256].</param>
    /// <returns>The configuration, or every fault.</returns>
    public static Validation<Error, UNetConfig> Tutorial(int imageSize, int imageChannels, int timesteps, bool residual, int classes = 0) =>
        (Check.That("image size", imageSize, imageSize is >= 12 and <= 256 && imageSize % 4 == 0, "must lie in [12, 256] and be divisible by 4"),
                Check.That("image channels", imageChannels, imageChannels is 1 or 3, "must be 1 or 3"),
                Check.AtLeast("steps", timesteps, 1),
                Check.That("classes", classes, classes is >= 0 and <= 256, "must lie in [0, 256]"))
            .Apply((size, channels, steps, known) => new UNetConfig(size, channels, Array(10, 20, 40), steps, 100, residual, known));
}

using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>How a UNet is built.</summary>
public enum NetworkDesign
{
    /// <summary>The tutorial's: three blocks in each stage, and a shift by the timestep before each stage.</summary>
    Tutorial,

    /// <summary>After Dhariwal and Nichol 2021; see <see cref="ModernLayers"/>.</summary>
    Modern,
}

/// <summary>The configuration of a UNet: its image size, channels, embedding and design.</summary>
public sealed record UNetConfig
{
    private UNetConfig(
        int imageSize,
        int imageChannels,
        Arr<int> channels,
        int timesteps,
        int embeddingDimension,
        SinusoidalEmbedding embedding,
        NetworkDesign design,
        bool residual,
        int classes) =>
        (ImageSize, ImageChannels, Channels, Timesteps, EmbeddingDimension, Embedding, Design, Residual, Classes) =
        (imageSize, imageChannels, channels, timesteps, embeddingDimension, embedding, design, residual, classes);

    /// <summary>The state-dict name of the frozen T×d timestep embedding, which precedes all parameters.</summary>
    public const string EmbeddingName = "time_embed.weight";

    /// <summary>The state-dict name of the (K+1)×d class embedding. Its last row stands for "no class".</summary>
    public const string ClassEmbeddingName = "class_embed.weight";

    /// <summary>The modern network's default number of channels at full resolution.</summary>
    public const int UsualWidth = 20;

    /// <summary>The design.</summary>
    public NetworkDesign Design { get; }

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

    /// <summary>The formula of the frozen timestep embedding; none if the table follows no formula and comes with the weights.</summary>
    public Option<SinusoidalEmbedding> Embedding { get; init; }

    /// <summary>Whether every block has a skip path.</summary>
    public bool Residual { get; }

    /// <summary>K, the number of classes with a learnt embedding; another embedding stands for "no class". 0 for an unconditional network.</summary>
    public int Classes { get; }

    /// <summary>The network, step by step; its layers come in state-dict order.</summary>
    public Arr<NetworkStep> Steps => Design == NetworkDesign.Tutorial ? new UNetLayers(this).Steps : ModernLayers.Steps(this);

    /// <summary>
    /// The trained parameters, in state-dict order: the layers' parameters, then the class embedding. The network adds the class embedding to the timestep
    /// embedding. An unconditional network has no class embedding.
    /// </summary>
    public Arr<Parameter> Parameters =>
        Steps.Bind(step => step is NetworkStep.Through(var layer) ? layer.Parameters : Arr<Parameter>.Empty)
        + (Classes == 0
            ? Arr<Parameter>.Empty
            : Array(new Parameter(ClassEmbeddingName, Array(Classes + 1, EmbeddingDimension), new Initialization.Constant(0))));

    /// <summary>
    /// The tutorial's network with channels 10, 20 and 40 and an embedding of 100 columns: exactly as published (<paramref name="residual"/> false), or with
    /// the skip paths of Ho et al. 2020, appendix B, and the transformer's embedding, in which all columns but one vary.
    /// </summary>
    /// <param name="imageSize">Height and width, in [12, 256] and divisible by 4. The normalisations have a weight for every pixel.</param>
    /// <param name="imageChannels">1 or 3.</param>
    /// <param name="timesteps">T ≥ 1.</param>
    /// <param name="residual">Whether every block has a skip path.</param>
    /// <param name="classes">K, in [0, 256].</param>
    /// <returns>The configuration, or every fault.</returns>
    public static Validation<Error, UNetConfig> Tutorial(int imageSize, int imageChannels, int timesteps, bool residual, int classes = 0) =>
        Checked(imageSize, imageChannels, timesteps, classes)
            .Map(_ => new UNetConfig(
                imageSize,
                imageChannels,
                Array(10, 20, 40),
                timesteps,
                100,
                residual ? new SinusoidalEmbedding.Transformer() : new SinusoidalEmbedding.Tutorial(),
                NetworkDesign.Tutorial,
                residual,
                classes));

    /// <summary>A modern network with channels c, 2c and 4c and the transformer's embedding of 100 columns.</summary>
    /// <param name="imageSize">Height and width, in [12, 256] and divisible by 4.</param>
    /// <param name="imageChannels">1 or 3.</param>
    /// <param name="timesteps">T ≥ 1.</param>
    /// <param name="classes">K, in [0, 256].</param>
    /// <param name="width">c, in [4, 256] and divisible by 4.</param>
    /// <returns>The configuration, or every fault.</returns>
    public static Validation<Error, UNetConfig> Modern(int imageSize, int imageChannels, int timesteps, int classes = 0, int width = UsualWidth) =>
        (Checked(imageSize, imageChannels, timesteps, classes),
                Check.That(
                    "width",
                    width,
                    width is >= 4 and <= 256 && width % ModernLayers.Groups == 0,
                    Invariant($"must lie in [4, 256] and be divisible by {ModernLayers.Groups}")))
            .Apply((_, c) => new UNetConfig(
                imageSize,
                imageChannels,
                Array(c, 2 * c, 4 * c),
                timesteps,
                100,
                new SinusoidalEmbedding.Transformer(),
                NetworkDesign.Modern,
                residual: true,
                classes));

    /// <summary>Checks a number of images of this network.</summary>
    /// <param name="name">The option's name, for the error.</param>
    /// <param name="count">N ≥ 1. N·C·H·W numbers must fit into one array.</param>
    /// <returns>The count, or its fault.</returns>
    public Validation<Error, int> CountOfImages(string name, int count)
    {
        var most = System.Array.MaxLength / (ImageChannels * ImageSize * ImageSize);
        return Check.That(name, count, count >= 1 && count <= most, Invariant($"must lie in [1, {most}], as all images have to fit into one array"));
    }

    private static Validation<Error, Unit> Checked(int imageSize, int imageChannels, int timesteps, int classes) =>
        (Check.That("image-size", imageSize, imageSize is >= 12 and <= 256 && imageSize % 4 == 0, "must lie in [12, 256] and be divisible by 4"),
                Check.That("channels", imageChannels, imageChannels is 1 or 3, "must be 1 or 3"),
                Check.AtLeast("steps", timesteps, 1),
                Check.That("classes", classes, classes is >= 0 and <= 256, "must lie in [0, 256]"))
            .Apply((_, _, _, _) => unit);
}

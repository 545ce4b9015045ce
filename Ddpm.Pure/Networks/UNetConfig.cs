using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>How a UNet is built.</summary>
public enum NetworkDesign
{
    /// <summary>As the tutorial's: three blocks a stage, a shift from the timestep before each stage.</summary>
    Tutorial,

    /// <summary>As they are built since Dhariwal and Nichol 2021; see <see cref="ModernLayers"/>.</summary>
    Modern,
}

/// <summary>A UNet as a configuration: three resolutions and more, and what happens at each.</summary>
public sealed record UNetConfig
{
    private UNetConfig(
        int imageSize, int imageChannels, Arr<int> channels, int timesteps, int embeddingDimension, SinusoidalEmbedding embedding, NetworkDesign design, bool residual, int classes) =>
        (ImageSize, ImageChannels, Channels, Timesteps, EmbeddingDimension, Embedding, Design, Residual, Classes) =
        (imageSize, imageChannels, channels, timesteps, embeddingDimension, embedding, design, residual, classes);

    /// <summary>The state-dict name of the frozen T×d embedding, which precedes all parameters.</summary>
    public const string EmbeddingName = "time_embed.weight";

    /// <summary>The name of the (K+1)×d embedding of classes, whose last row stands for no class.</summary>
    public const string ClassEmbeddingName = "class_embed.weight";

    /// <summary>The modern network's channels at full resolution where nothing is said of them.</summary>
    public const int UsualWidth = 20;

    /// <summary>How it is built.</summary>
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

    /// <summary>
    /// The formula of the frozen embedding of timesteps. None where the table follows no formula and came with the weights, of which it is a part.
    /// </summary>
    public Option<SinusoidalEmbedding> Embedding { get; init; }

    /// <summary>Whether a residual path runs round every block.</summary>
    public bool Residual { get; }

    /// <summary>K, the classes whose embeddings are learnt, and one more for no class; 0 where the network knows of none.</summary>
    public int Classes { get; }

    /// <summary>The network, step by step; its layers come in state-dict order.</summary>
    public Arr<NetworkStep> Steps => Design == NetworkDesign.Tutorial ? new UNetLayers(this).Steps : ModernLayers.Steps(this);

    /// <summary>
    /// All that is trained, in state-dict order: the layers' parameters, and behind them the embedding of classes, which is added to that of timesteps; none where
    /// the network knows of no classes.
    /// </summary>
    public Arr<Parameter> Parameters => Steps.Bind(step => step is NetworkStep.Through(var layer) ? layer.Parameters : Arr<Parameter>.Empty)
        + (Classes == 0
            ? Arr<Parameter>.Empty
            : Array(new Parameter(ClassEmbeddingName, Array(Classes + 1, EmbeddingDimension), new Initialization.Constant(0))));

    /// <summary>
    /// The network of the tutorial with channels 10, 20 and 40 and an embedding of 100: exactly as published (<paramref name="residual"/> false), or with the
    /// residual paths of Ho et al. 2020, appendix B, and the transformer's embedding, of which all columns but one move.
    /// </summary>
    /// <param name="imageSize">Height and width, in [12, 256] and divisible by 4: the normalisations have a weight for every pixel.</param>
    /// <param name="imageChannels">1 or 3.</param>
    /// <param name="timesteps">T ≥ 1.</param>
    /// <param name="residual">Whether a residual path runs round every block.</param>
    /// <param name="classes">K, in [0, 256].</param>
    /// <returns>The configuration, or every fault.</returns>
    public static Validation<Error, UNetConfig> Tutorial(int imageSize, int imageChannels, int timesteps, bool residual, int classes = 0) =>
        Checked(imageSize, imageChannels, timesteps, classes)
            .Map(_ => new UNetConfig(
                imageSize, imageChannels, Array(10, 20, 40), timesteps, 100, residual ? new SinusoidalEmbedding.Transformer() : new SinusoidalEmbedding.Tutorial(),
                NetworkDesign.Tutorial, residual, classes));

    /// <summary>A modern network with channels c, 2c and 4c and the transformer's embedding of 100.</summary>
    /// <param name="imageSize">Height and width, in [12, 256] and divisible by 4.</param>
    /// <param name="imageChannels">1 or 3.</param>
    /// <param name="timesteps">T ≥ 1.</param>
    /// <param name="classes">K, in [0, 256].</param>
    /// <param name="width">c, in [4, 256] and divisible by 4.</param>
    /// <returns>The configuration, or every fault.</returns>
    public static Validation<Error, UNetConfig> Modern(int imageSize, int imageChannels, int timesteps, int classes = 0, int width = UsualWidth) =>
        (Checked(imageSize, imageChannels, timesteps, classes),
                Check.That("width", width, width is >= 4 and <= 256 && width % ModernLayers.Groups == 0, Invariant($"must lie in [4, 256] and be divisible by {ModernLayers.Groups}")))
            .Apply((_, c) => new UNetConfig(
                imageSize, imageChannels, Array(c, 2 * c, 4 * c), timesteps, 100, new SinusoidalEmbedding.Transformer(), NetworkDesign.Modern, residual: true, classes));

    /// <summary>A count of this network's images.</summary>
    /// <param name="name">What the user calls it.</param>
    /// <param name="count">N ≥ 1, with N·C·H·W numbers that fit into one array.</param>
    /// <returns>The count, or what is wrong with it.</returns>
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

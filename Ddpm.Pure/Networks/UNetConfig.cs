using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>The configuration of a UNet: its family, image size, channels and embedding.</summary>
public sealed record UNetConfig
{
    private UNetConfig(
        ImageSize imageSize,
        int imageChannels,
        Arr<int> channels,
        int timesteps,
        int embeddingDimension,
        SinusoidalEmbedding embedding,
        NetworkFamily family,
        int classes) =>
        (ImageSize, ImageChannels, Channels, Timesteps, NetworkTimes, EmbeddingDimension, Embedding, Family, Classes) =
        (imageSize, imageChannels, channels, timesteps, Range(0, timesteps).Map(t => (double)t).ToArr(), embeddingDimension, embedding, family, classes);

    /// <summary>The state-dict name of the frozen T×d timestep embedding, which precedes all parameters.</summary>
    public const string EmbeddingName = "time_embed.weight";

    /// <summary>The state-dict name of the (K+1)×d class embedding. Its last row stands for "no class".</summary>
    public const string ClassEmbeddingName = "class_embed.weight";

    /// <summary>The modern network's default number of channels at full resolution.</summary>
    public const int UsualWidth = 20;

    /// <summary>The family that it is a member of.</summary>
    public NetworkFamily Family { get; }

    /// <summary>Height and width of the images.</summary>
    public ImageSize ImageSize { get; }

    /// <summary>1 for grey images, 3 for colour; of the family unet also 2 or 4.</summary>
    public int ImageChannels { get; }

    /// <summary>The channels at each resolution, the full one first.</summary>
    public Arr<int> Channels { get; }

    /// <summary>T, the rows of the timestep embedding.</summary>
    public int Timesteps { get; }

    /// <summary>The number that each row of the timestep embedding is made from: what the network receives. Length T.</summary>
    public Arr<double> NetworkTimes { get; init; }

    /// <summary>d, the columns of the timestep embedding.</summary>
    public int EmbeddingDimension { get; }

    /// <summary>The formula of the frozen timestep embedding; none if the table follows no formula and comes with the weights.</summary>
    public Option<SinusoidalEmbedding> Embedding { get; init; }

    /// <summary>K, the number of classes with a learnt embedding; another embedding stands for "no class". 0 for an unconditional network.</summary>
    public int Classes { get; }

    /// <summary>
    /// Whether the last convolution makes a second output v of the image's shape, from which the reverse variance is computed
    /// (<see cref="Diffusion.LearnedVariance"/>). Its channels follow the channels of the first output.
    /// </summary>
    public bool LearnsVariance { get; init; }

    /// <summary>Whether the network is told how a training image was changed (<see cref="Images.GeometricAugmentation"/>).</summary>
    public bool KnowsAugmentation { get; init; }

    /// <summary>The channels of the last convolution.</summary>
    public int OutputChannels => LearnsVariance ? 2 * ImageChannels : ImageChannels;

    /// <summary>The network, step by step; its layers come in state-dict order.</summary>
    public Arr<NetworkStep> Steps => Family.Steps(this);

    /// <summary>
    /// The trained parameters, in state-dict order: the layers' parameters, then the parameters of <see cref="Conditions"/>.
    /// </summary>
    public Arr<Parameter> Parameters =>
        Steps.Bind(step => step is NetworkStep.Through(var layer) ? layer.Parameters : Arr<Parameter>.Empty) + Conditions.Parameters;

    /// <summary>What the network adds to the timestep embedding; nothing if one of its layers does so.</summary>
    public EmbeddingConditions Conditions => Family.Conditions(this);

    /// <summary>Whether a layer drops units in training.</summary>
    public bool HasDropout => Steps.Exists(step => step is NetworkStep.Through(ResidualBlock { Dropout.IsSome: true }));

    /// <summary>The network for some images.</summary>
    /// <param name="family">Its family.</param>
    /// <param name="imageSize">Height and width, at most 256 each. The family decides by what they must be divisible.</param>
    /// <param name="imageChannels">1 or 3; for the family unet 1 to 4.</param>
    /// <param name="timesteps">T ≥ 1.</param>
    /// <param name="classes">K, in [0, 256].</param>
    /// <param name="width">The channels at full resolution; null for the family's own.</param>
    /// <returns>The configuration, or every fault.</returns>
    public static Validation<Error, UNetConfig> Of(
        NetworkFamily family, ImageSize imageSize, int imageChannels, int timesteps, int classes = 0, int? width = null) =>
        (family.Channels(imageSize, imageChannels, width),
            Check.AtLeast("steps", timesteps, 1),
            Check.That("classes", classes, classes is >= 0 and <= 256, "must lie in [0, 256]"))
        .Apply((channels, _, _) => new UNetConfig(
            imageSize, imageChannels, channels, timesteps, family.EmbeddingDimension(channels), family.Embedding, family, classes));

    /// <summary>A network of the tutorial: <see cref="TutorialUNet"/>.</summary>
    /// <param name="imageSize">
    /// Height and width, in [12, 256] and divisible by 4; both by 8, or neither. The normalisations have a weight for every pixel.
    /// </param>
    /// <param name="imageChannels">1 or 3.</param>
    /// <param name="timesteps">T ≥ 1.</param>
    /// <param name="residual">Whether every block has a skip path.</param>
    /// <param name="classes">K, in [0, 256].</param>
    /// <returns>The configuration, or every fault.</returns>
    public static Validation<Error, UNetConfig> Tutorial(ImageSize imageSize, int imageChannels, int timesteps, bool residual, int classes = 0) =>
        Of(new TutorialUNet(residual), imageSize, imageChannels, timesteps, classes);

    /// <summary>A modern network with channels c, 2c and 4c: <see cref="ModernUNet"/>.</summary>
    /// <param name="imageSize">Height and width, in [12, 256] and divisible by 4.</param>
    /// <param name="imageChannels">1 or 3.</param>
    /// <param name="timesteps">T ≥ 1.</param>
    /// <param name="classes">K, in [0, 256].</param>
    /// <param name="width">c, in [4, 256] and divisible by 4.</param>
    /// <returns>The configuration, or every fault.</returns>
    public static Validation<Error, UNetConfig> Modern(ImageSize imageSize, int imageChannels, int timesteps, int classes = 0, int width = UsualWidth) =>
        Of(new ModernUNet(), imageSize, imageChannels, timesteps, classes, width);

    /// <summary>The network: how images pass through its layers, for any reading of them.</summary>
    /// <typeparam name="TActivation">What the reading works on.</typeparam>
    /// <param name="math">The reading. It knows the images' timesteps.</param>
    /// <param name="x">x_t.</param>
    /// <returns>o; and after its channels those of v, if the network learns the variance.</returns>
    public TActivation Compose<TActivation>(INetworkMath<TActivation> math, TActivation x)
    {
        var (kept, isKept) = (Stck<TActivation>.Empty, false);
        foreach (var step in Steps)
        {
            switch (step)
            {
                case NetworkStep.Through(var layer):
                    // What a skip connection keeps must not change before it is joined.
                    x = layer.ApplyTo(math, isKept && layer.MayChangeItsInput ? math.Copy(x) : x);
                    isKept = false;
                    break;
                case NetworkStep.Keep:
                    kept = kept.Push(x);
                    isKept = true;
                    break;
                case NetworkStep.Join(var afterX):
                    x = afterX ? math.Concatenate(x, kept.Peek()) : math.Concatenate(kept.Peek(), x);
                    kept = kept.Pop();
                    isKept = false;
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }

        return x;
    }

    /// <summary>Checks a number of images of this network.</summary>
    /// <param name="name">The option's name, for the error.</param>
    /// <param name="count">N ≥ 1. N·C·H·W numbers must fit into one array.</param>
    /// <returns>The count, or its fault.</returns>
    internal Validation<Error, int> CountOfImages(string name, int count)
    {
        var most = System.Array.MaxLength / (ImageChannels * ImageSize.Pixels);
        return Check.That(name, count, count >= 1 && count <= most, Invariant($"must lie in [1, {most}], as all images have to fit into one array"));
    }
}

using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Networks;

/// <summary>
/// A family of networks as one record: its name, its channels, its timestep embedding and its steps. Options, checkpoints and every reading of a network
/// follow from it. A new family is such a record and a row of <see cref="All"/>.
/// </summary>
public abstract record NetworkFamily
{
    /// <summary>The families by name.</summary>
    public static ChoiceTable<NetworkFamily> All { get; } = ChoiceTable.Of<NetworkFamily>(
        family => family.Name, new TutorialUNet(Residual: false), new TutorialUNet(Residual: true), new ModernUNet(), new DiffusersUNet());

    /// <summary>The name that options give it.</summary>
    public abstract string Name { get; }

    /// <summary>The formula of the frozen timestep embedding.</summary>
    public abstract SinusoidalEmbedding Embedding { get; }

    /// <summary>The columns of the timestep embedding.</summary>
    /// <param name="channels">The channels at each resolution.</param>
    public virtual int EmbeddingDimension(Arr<int> channels) => 100;

    /// <summary>The channels at each resolution, the full one first.</summary>
    /// <param name="imageSize">Height and width of the images.</param>
    /// <param name="imageChannels">Their channels.</param>
    /// <param name="width">The channels at full resolution that a user asks for; null for the family's own.</param>
    /// <returns>The channels, or every fault of the images, the width and the family's own numbers.</returns>
    public abstract Validation<Error, Arr<int>> Channels(ImageSize imageSize, int imageChannels, int? width);

    /// <summary>What the network adds to the timestep embedding; nothing if a layer of its own adds it.</summary>
    /// <param name="config">The configuration of this family.</param>
    public virtual EmbeddingConditions Conditions(UNetConfig config) => new("embed", config.EmbeddingDimension, config.Classes, config.KnowsAugmentation);

    /// <summary>The network, step by step; its layers come in state-dict order.</summary>
    /// <param name="config">The configuration of this family.</param>
    public abstract Arr<NetworkStep> Steps(UNetConfig config);

    /// <summary>Checks images for three resolutions and a middle.</summary>
    private protected static Validation<Error, Unit> CheckImages(ImageSize imageSize, int imageChannels) =>
        (imageSize.Within("image-size", 12, 256, 4), Check.That("channels", imageChannels, imageChannels is 1 or 3, "must be 1 or 3"))
            .Apply((_, _) => Prelude.unit);

    /// <summary>Refuses a width.</summary>
    private protected static Validation<Error, Unit> CheckNoWidth(int? width) =>
        Check.That("width", width ?? 0, width is null, "works only with the modern network").Map(_ => Prelude.unit);
}

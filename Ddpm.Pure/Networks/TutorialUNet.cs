using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// The tutorial's network with channels 10, 20 and 40: exactly as published, or with the skip paths of Ho et al. 2020, appendix B, and the transformer's
/// embedding, in which all columns but one vary.
/// </summary>
/// <param name="Residual">Whether every block has a skip path.</param>
public sealed record TutorialUNet(bool Residual) : NetworkFamily
{
    /// <inheritdoc/>
    public override string Name => Residual ? "standard" : "original";

    /// <inheritdoc/>
    public override SinusoidalEmbedding Embedding => Residual ? new SinusoidalEmbedding.Transformer() : new SinusoidalEmbedding.Tutorial();

    /// <inheritdoc/>
    public override Validation<Error, Arr<int>> Channels(ImageSize imageSize, int imageChannels, int? width) =>
        (CheckImages(imageSize, imageChannels), CheckMiddle(imageSize), CheckNoWidth(width)).Apply((_, _, _) => Array(10, 20, 40));

    /// <inheritdoc/>
    public override Arr<NetworkStep> Steps(UNetConfig config) => new UNetLayers(config, Residual).Steps;

    /// <summary>An odd quarter of the size passes through a further 2×2 convolution, which shortens both sides.</summary>
    private Validation<Error, Unit> CheckMiddle(ImageSize size)
    {
        var (height, width) = (size.Height % 8, size.Width % 8);
        return Check.That(
            "image-size", size, height % 4 != 0 || width % 4 != 0 || height == width,
            Invariant($"must have both sides divisible by 8, or neither, for the network {Name}")).Map(_ => unit);
    }
}

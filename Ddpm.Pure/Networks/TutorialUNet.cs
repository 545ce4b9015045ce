using Ddpm.Pure.Embeddings;
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
    public override Validation<Error, Arr<int>> Channels(int imageSize, int imageChannels, int? width) =>
        (CheckImages(imageSize, imageChannels), CheckNoWidth(width)).Apply((_, _) => Array(10, 20, 40));

    /// <inheritdoc/>
    public override Arr<NetworkStep> Steps(UNetConfig config) => new UNetLayers(config, Residual).Steps;
}

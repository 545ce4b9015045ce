using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// A small UNet after Dhariwal and Nichol 2021, section 3: residual blocks with adaptive group normalisation, and self-attention at the lowest resolution.
/// It has three resolutions with c, 2c and 4c channels. Each of the first two has one block on the way down and one on the way up; the middle has two.
/// </summary>
public sealed record ModernUNet : NetworkFamily
{
    /// <summary>The groups of a normalisation, and the heads of the attention. The network's width is a multiple of this number.</summary>
    public const int Groups = 4;

    /// <inheritdoc/>
    public override string Name => "modern";

    /// <inheritdoc/>
    public override SinusoidalEmbedding Embedding => new SinusoidalEmbedding.Transformer();

    /// <inheritdoc/>
    public override Validation<Error, Arr<int>> Channels(ImageSize imageSize, int imageChannels, int? width)
    {
        var channels = width ?? UNetConfig.UsualWidth;
        var fits = channels is >= 4 and <= 256 && channels % Groups == 0;
        return (CheckImages(imageSize, imageChannels),
                Check.That("width", channels, fits, Invariant($"must lie in [4, 256] and be divisible by {Groups}")))
            .Apply((_, c) => Array(c, 2 * c, 4 * c));
    }

    /// <inheritdoc/>
    public override Arr<NetworkStep> Steps(UNetConfig config)
    {
        var (c1, c2, c3) = (config.Channels[0], config.Channels[1], config.Channels[2]);
        NetworkStep Block(string name, int ins, int outs) => new NetworkStep.Through(Residual(name, ins, outs, config.EmbeddingDimension));
        NetworkStep Down(string name, int channels) => new NetworkStep.Through(new Convolution(name, channels, channels, 4, 2, 1));
        NetworkStep Up(string name, int ins, int outs) => new NetworkStep.Through(new TransposedConvolution(name, ins, outs, 4, 2, 1));
        NetworkStep keep = new NetworkStep.Keep(), join = new NetworkStep.Join();
        return Array(
            new NetworkStep.Through(new Convolution("in", config.ImageChannels, c1, 3, 1, 1)),
            Block("down1.block", c1, c1), keep, Down("down1.out", c1),
            Block("down2.block", c1, c2), keep, Down("down2.out", c2),
            Block("middle.first", c2, c3),
            new NetworkStep.Through(Attention("middle.attention", c3)),
            Block("middle.second", c3, c3),
            Up("up2.in", c3, c2), join, Block("up2.block", 2 * c2, c2),
            Up("up1.in", c2, c1), join, Block("up1.block", 2 * c1, c1),
            new NetworkStep.Through(new GroupNorm("out.norm", c1, Groups, None, Activated: true)),
            new NetworkStep.Through(new Convolution("out.conv", c1, config.OutputChannels, 3, 1, 1) { StartsAtZero = true }));
    }

    /// <summary>The timestep modulates the second normalisation, and the second convolution starts at 0, so that the block starts as its skip path.</summary>
    private static ResidualBlock Residual(string name, int ins, int outs, int embedding) => new(
        name,
        new(name + ".norm1", ins, Groups, None, Activated: true),
        new(name + ".conv1", ins, outs, 3, 1, 1),
        None,
        new(name + ".norm2", outs, Groups, new TimeProjection(name + ".time", embedding, 2 * outs), Activated: true),
        new(name + ".conv2", outs, outs, 3, 1, 1) { StartsAtZero = true },
        ins == outs ? None : new Convolution(name + ".shortcut", ins, outs, 1, 1, 0));

    private static SelfAttention Attention(string name, int channels) => new(
        name,
        Groups,
        new(name + ".norm", channels, Groups, None, Activated: false),
        Array(new Convolution(name + ".qkv", channels, 3 * channels, 1, 1, 0)),
        new(name + ".proj", channels, channels, 1, 1, 0) { StartsAtZero = true });
}

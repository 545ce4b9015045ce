using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Images;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Networks;

/// <summary>
/// The UNet of Ho et al. 2020, appendix B, as diffusers' UNet2DModel configures it, under that model's state-dict names. On the way down, each level has
/// residual blocks, and between two levels a 3×3 convolution with stride 2 halves the image. On the way up, each level has one block more, because every
/// value that was kept on the way down is joined; nearest-neighbour upsampling and a 3×3 convolution double the image. Two blocks make the middle.
/// The default is a small network for CPUs.
/// </summary>
public sealed record DiffusersUNet : NetworkFamily
{
    /// <summary>The most levels.</summary>
    public const int MostLevels = 6;

    // The shared embedding has four times the channels of the first level (Ho et al.'s code).
    private const int EmbeddingFactor = 4;

    /// <summary>The network of google/ddpm-cifar10-32 (Ho et al. 2020, CIFAR-10): 35,746,307 numbers for images of 32×32×3.</summary>
    public static DiffusersUNet DdpmCifar10 { get; } = new()
    {
        ChannelsPerLevel = Array(128, 256, 256, 256),
        BlocksPerLevel = 2,
        DownAttention = Array(1),
        UpAttention = Array(1),
        HeadDimension = null,
        Groups = 32,
        Epsilon = 1e-6,
        DownsamplePadding = 0,
    };

    /// <summary>The channels of each level, the full resolution first: 1 to 6 multiples of <see cref="Groups"/> up to 2048. The first is even.</summary>
    public Arr<int> ChannelsPerLevel { get; init; } = Array(32, 64, 64);

    /// <summary>Residual blocks of each level on the way down, in [1, 8]; one more on the way up.</summary>
    public int BlocksPerLevel { get; init; } = 1;

    /// <summary>The levels with attention after each block on the way down; 0 is the full resolution.</summary>
    public Arr<int> DownAttention { get; init; } = Arr<int>.Empty;

    /// <summary>The levels with attention after each block on the way up; 0 is the full resolution.</summary>
    public Arr<int> UpAttention { get; init; } = Arr<int>.Empty;

    /// <summary>Whether attention stands between the two blocks of the middle.</summary>
    public bool MiddleAttention { get; init; } = true;

    /// <summary>The channels of an attention head, a divisor of the channels wherever there is attention; null for one head.</summary>
    public int? HeadDimension { get; init; } = 8;

    /// <summary>The groups of every normalisation, a divisor of all channels.</summary>
    public int Groups { get; init; } = 8;

    /// <summary>ε of every normalisation, in (0, 0.1).</summary>
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>
    /// Whether the timestep scales and shifts the second normalisation of each block (Dhariwal and Nichol 2021, section 3.1). Otherwise it shifts the first
    /// convolution's output.
    /// </summary>
    public bool ScalesAndShifts { get; init; }

    /// <summary>The zeros around an image before it is halved: 1 on each side, or 0 for a row below and a column to the right alone.</summary>
    public int DownsamplePadding { get; init; } = 1;

    /// <summary>The dropout, in [0, 1), before each block's second convolution. It acts in training alone.</summary>
    public double Dropout { get; init; }

    /// <inheritdoc/>
    public override string Name => "unet";

    /// <summary>UNet2DModel's default. google/ddpm-cifar10-32 has a frequency shift of 1 and the sines first.</summary>
    public override SinusoidalEmbedding Embedding => new SinusoidalEmbedding.Halves(0, CosinesFirst: true);

    /// <inheritdoc/>
    public override int EmbeddingDimension(Arr<int> channels) => channels[0];

    /// <summary>None: <see cref="TimeEmbedding"/> adds them.</summary>
    public override EmbeddingConditions Conditions(UNetConfig config) => EmbeddingConditions.None;

    /// <inheritdoc/>
    public override Validation<Error, Arr<int>> Channels(ImageSize imageSize, int imageChannels, int? width)
    {
        var levels = ChannelsPerLevel.Count;
        var factor = 1 << (Math.Clamp(levels, 1, MostLevels) - 1);
        var groups = Math.Max(1, Groups);
        Validation<Error, Arr<int>> Levels(string name, Arr<int> given) => Check.That(
            name, given, given.ForAll(level => level >= 0 && level < levels) && given.Distinct().Count() == given.Count,
            Invariant($"must be different levels in [0, {levels})"));
        var attended = (DownAttention + UpAttention + (MiddleAttention ? Array(levels - 1) : Arr<int>.Empty))
            .Filter(level => level >= 0 && level < levels).Map(level => ChannelsPerLevel[level]);
        Validation<Error, Unit>[] checks =
        [
            imageSize.Within("image-size", 4, 256, factor, Invariant($", as the network has {levels} levels")).Map(_ => unit),
            Check.That("channels", imageChannels, imageChannels is >= 1 and <= 4, "must lie in [1, 4]").Map(_ => unit),
            CheckNoWidth(width),
            Check.That(
                "channels-per-level", ChannelsPerLevel,
                levels is >= 1 and <= MostLevels && ChannelsPerLevel.ForAll(c => c is >= 1 and <= 2048 && c % groups == 0) && ChannelsPerLevel[0] % 2 == 0,
                Invariant($"must be 1 to {MostLevels} multiples of the {groups} groups up to 2048, the first one even")).Map(_ => unit),
            Check.That("blocks-per-level", BlocksPerLevel, BlocksPerLevel is >= 1 and <= 8, "must lie in [1, 8]").Map(_ => unit),
            Levels("attention-levels", DownAttention).Map(_ => unit),
            Levels("up-attention-levels", UpAttention).Map(_ => unit),
            Check.That(
                "head-dimension", HeadDimension ?? 1, HeadDimension is null || (HeadDimension >= 1 && attended.ForAll(c => c % HeadDimension == 0)),
                "must divide the channels of each level with attention").Map(_ => unit),
            Check.AtLeast("groups", Groups, 1).Map(_ => unit),
            Check.Inside("norm-epsilon", Epsilon, 0, 0.1).Map(_ => unit),
            Check.That("downsample-padding", DownsamplePadding, DownsamplePadding is 0 or 1, "must be 0 or 1").Map(_ => unit),
            Check.That("dropout", Dropout, Dropout is >= 0 and < 1, "must lie in [0, 1)").Map(_ => unit),
        ];
        return toArray(checks).Sequence().Map(_ => ChannelsPerLevel);
    }

    /// <inheritdoc/>
    public override Arr<NetworkStep> Steps(UNetConfig config)
    {
        var channels = config.Channels;
        var (last, full) = (channels.Count - 1, channels[0]);
        var (steps, kept, x, blocks) = (new List<NetworkStep>(), new Stack<int>(), full, 0);
        void Through(ImageLayer layer) => steps.Add(new NetworkStep.Through(layer));

        void Keep()
        {
            steps.Add(new NetworkStep.Keep());
            kept.Push(x);
        }

        void Block(string part, int number, int ins, int outs, bool attends)
        {
            Through(Residual($"{part}.resnets.{number}", ins, outs, EmbeddingFactor * full, blocks++));
            if (attends)
            {
                Through(Attention($"{part}.attentions.{number}", outs));
            }

            x = outs;
        }

        Through(new Convolution("conv_in", config.ImageChannels, full, 3, 1, 1));
        Through(new TimeEmbedding(
            "time_embedding", config.EmbeddingDimension, EmbeddingFactor * full,
            new("embedding", EmbeddingFactor * full, config.Classes, config.KnowsAugmentation)));
        Keep();
        for (var level = 0; level <= last; level++)
        {
            for (var number = 0; number < BlocksPerLevel; number++)
            {
                Block($"down_blocks.{level}", number, x, channels[level], DownAttention.Contains(level));
                Keep();
            }

            if (level < last)
            {
                Through(new Convolution($"down_blocks.{level}.downsamplers.0.conv", x, x, 3, 2, DownsamplePadding)
                {
                    TrailingPadding = 1 - DownsamplePadding,
                });
                Keep();
            }
        }

        Block("mid_block", 0, x, x, MiddleAttention);
        Block("mid_block", 1, x, x, attends: false);
        for (var level = last; level >= 0; level--)
        {
            var part = $"up_blocks.{last - level}";
            for (var number = 0; number <= BlocksPerLevel; number++)
            {
                steps.Add(new NetworkStep.Join(AfterX: true));
                Block(part, number, x + kept.Pop(), channels[level], UpAttention.Contains(level));
            }

            if (level > 0)
            {
                Through(new Upsampling($"{part}.upsamplers.0"));
                Through(new Convolution($"{part}.upsamplers.0.conv", x, x, 3, 1, 1));
            }
        }

        Through(Norm("conv_norm_out", x, None, activated: true));
        Through(new Convolution("conv_out", x, config.OutputChannels, 3, 1, 1));
        return steps.ToArr();
    }

    private GroupNorm Norm(string name, int channels, Option<TimeProjection> modulation, bool activated) =>
        new(name, channels, Groups, modulation, activated) { Epsilon = Epsilon };

    private ResidualBlock Residual(string name, int ins, int outs, int embedding, int number)
    {
        TimeProjection time = new(name + ".time_emb_proj", embedding, ScalesAndShifts ? 2 * outs : outs) { IsLinear = true };
        return new(
            name,
            Norm(name + ".norm1", ins, None, activated: true),
            new(name + ".conv1", ins, outs, 3, 1, 1),
            ScalesAndShifts ? None : time,
            Norm(name + ".norm2", outs, ScalesAndShifts ? time : None, activated: true),
            new(name + ".conv2", outs, outs, 3, 1, 1),
            ins == outs ? None : new Convolution(name + ".conv_shortcut", ins, outs, 1, 1, 0))
        {
            Dropout = Dropout > 0 ? new Dropout(name + ".dropout", Dropout, number) : Option<Dropout>.None,
        };
    }

    private SelfAttention Attention(string name, int channels)
    {
        Convolution Linear(string part) => new($"{name}.{part}", channels, channels, 1, 1, 0) { WeightIsMatrix = true };
        return new(
            name, HeadDimension is { } depth ? channels / depth : 1, Norm(name + ".group_norm", channels, None, activated: false),
            Array(Linear("to_q"), Linear("to_k"), Linear("to_v")), Linear("to_out.0"));
    }
}

using System.Text.Json.Nodes;
using Ddpm.Pure.Embeddings;
using Ddpm.Pure.Images;
using Ddpm.Pure.Networks;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Exchange;

/// <summary>A network as diffusers configures its UNet2DModel: the file config.json.</summary>
/// <param name="Network">The network.</param>
/// <param name="Embedding">The formula of its timestep embedding.</param>
/// <param name="SampleSize">Height and width of its images; none if the file does not say.</param>
/// <param name="ImageChannels">Their channels.</param>
/// <param name="LearnsVariance">Whether it has twice as many channels out as in.</param>
/// <param name="Classes">K, its classes; the last row of its class embedding stands for none.</param>
internal sealed record DiffusersNetwork(
    DiffusersUNet Network, SinusoidalEmbedding.Halves Embedding, Option<ImageSize> SampleSize, int ImageChannels, bool LearnsVariance, int Classes)
{
    /// <summary>The name of the class of models.</summary>
    public const string ClassName = "UNet2DModel";

    private const string Down = "DownBlock2D", AttentionDown = "AttnDownBlock2D", Up = "UpBlock2D", AttentionUp = "AttnUpBlock2D", Middle = "UNetMidBlock2D";

    private const string Unused = "this program does not know it";

    /// <summary>Reads a config.json. What the file does not say has UNet2DModel's default.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="json">Its bytes.</param>
    /// <returns>The network and a line for each value without effect; or every fault.</returns>
    public static Validation<Error, (DiffusersNetwork Network, Seq<string> Remarks)> Read(string file, ReadOnlyMemory<byte> json) =>
        JsonConfig.Parse(file, json).Match(Read, fault => Validation<Error, (DiffusersNetwork, Seq<string>)>.Fail(Seq1(fault)));

    private static Validation<Error, (DiffusersNetwork Network, Seq<string> Remarks)> Read(JsonConfig config)
    {
        Arr<string> usualDown = Array(Down, AttentionDown, AttentionDown, AttentionDown), usualUp = Array(AttentionUp, AttentionUp, AttentionUp, Up);
        void Only(string name, string value, params string[] others)
        {
            var given = config.Text(name, value);
            config.Require(given == value || others.Contains(given), name, $"must be {string.Join(" or ", others.Prepend(value).Select(v => $"\"{v}\""))}");
        }

        Only("_class_name", ClassName);
        Only("mid_block_type", Middle);
        Only("time_embedding_type", "positional");
        Only("downsample_type", "conv");
        Only("upsample_type", "conv");
        Only("act_fn", "silu", "swish");
        config.Require(!config.Flag("center_input_sample", false), "center_input_sample", "must be false");
        config.Require(config.Number("mid_block_scale_factor", 1) == 1, "mid_block_scale_factor", "must be 1");
        config.Require(config.Has("class_embed_type") is false, "class_embed_type", "must be null");

        var channels = config.Integers("block_out_channels", Array(224, 448, 672, 896));
        var (down, up) = (config.Texts("down_block_types", usualDown), config.Texts("up_block_types", usualUp));
        var levels = channels.Count;
        void Blocks(string name, Arr<string> blocks, string plain, string attending)
        {
            var rule = $"must be {levels} of {plain} and {attending}, one for each of block_out_channels";
            config.Require(blocks.Count == levels && blocks.ForAll(block => block == plain || block == attending), name, rule);
        }

        Blocks("down_block_types", down, Down, AttentionDown);
        Blocks("up_block_types", up, Up, AttentionUp);
        var (ins, outs) = (config.Integer("in_channels", 3), config.Integer("out_channels", 3));
        config.Require(ins is 1 or 3, "in_channels", "must be 1 or 3, as pictures are grey or coloured");
        config.Require(outs == ins || outs == 2L * ins, "out_channels", "must be in_channels or twice as many");
        var groups = config.Integer("norm_num_groups", 32);
        config.Require(!config.Has("attn_norm_num_groups") || config.Integer("attn_norm_num_groups", groups) == groups,
            "attn_norm_num_groups", "must be null or norm_num_groups");
        var scaling = config.Text("resnet_time_scale_shift", "default");
        config.Require(scaling is "default" or "scale_shift", "resnet_time_scale_shift", "must be \"default\" or \"scale_shift\"");
        var shift = config.Integer("freq_shift", 0);
        config.Require(shift is 0 or 1, "freq_shift", "must be 0 or 1");
        var rows = config.Integer("num_class_embeds", null, mayBeNull: true);
        config.Require(rows is null or (>= 3 and <= 257), "num_class_embeds", "must lie in [3, 257], as its last row stands for \"no class\" here");

        var network = new DiffusersUNet
        {
            ChannelsPerLevel = channels,
            BlocksPerLevel = config.Integer("layers_per_block", 2),
            DownAttention = Range(0, down.Count).Filter(level => down[level] == AttentionDown).ToArr(),
            UpAttention = Range(0, up.Count).Filter(level => up[up.Count - 1 - level] == AttentionUp).ToArr(),
            MiddleAttention = config.Flag("add_attention", true),
            HeadDimension = config.Integer("attention_head_dim", 8, mayBeNull: true),
            Groups = groups,
            Epsilon = config.Number("norm_eps", 1e-5),
            ScalesAndShifts = scaling == "scale_shift",
            DownsamplePadding = config.Integer("downsample_padding", 1),
            Dropout = config.Number("dropout", 0),
        };
        var embedding = new SinusoidalEmbedding.Halves(shift, config.Flag("flip_sin_to_cos", true));
        var size = Size(config);
        var known = new DiffusersNetwork(network, embedding, size, ins, outs != ins, (rows ?? 1) - 1);
        var remarks = (config.Has("num_train_timesteps") ? Seq1(config.Remark("num_train_timesteps", "only a learned time embedding needs it")) : [])
            + (rows is null ? [] : Seq1(Invariant($"class {rows - 1}, the last of num_class_embeds, stands for \"no class\" here")));
        // Already read where null is their only value.
        config.Remark("num_train_timesteps", "");
        config.Remark("class_embed_type", "");
        config.Remark("attn_norm_num_groups", "");
        remarks += config.Unread().Map(name => config.Remark(name, Unused));
        var faults = config.Faults;
        if (!faults.IsEmpty)
        {
            return Validation<Error, (DiffusersNetwork, Seq<string>)>.Fail(faults);
        }

        // The smallest size that the levels allow, if the file does not say one: the size is checked again once it is known.
        return network.Channels(size.IfNone(ImageSize.Square(1 << Math.Max(2, levels))), ins, null).Map(_ => (known, remarks));
    }

    /// <summary>Writes config.json with all keys of UNet2DModel, sorted as diffusers sorts them.</summary>
    /// <param name="config">A network of this family, whose embedding is one of diffusers'.</param>
    /// <param name="version">The version of diffusers whose keys these are.</param>
    public static JsonObject Write(UNetConfig config, string version)
    {
        var network = (DiffusersUNet)config.Family;
        var embedding = (SinusoidalEmbedding.Halves)config.Embedding.IfNone(network.Embedding);
        var levels = network.ChannelsPerLevel.Count;
        static JsonArray Listed<T>(IEnumerable<T> items) => [.. items.Select(item => JsonValue.Create(item))];
        return new()
        {
            ["_class_name"] = ClassName,
            ["_diffusers_version"] = version,
            ["act_fn"] = "silu",
            ["add_attention"] = network.MiddleAttention,
            ["attention_head_dim"] = network.HeadDimension,
            ["attn_norm_num_groups"] = null,
            ["block_out_channels"] = Listed(network.ChannelsPerLevel),
            ["center_input_sample"] = false,
            ["class_embed_type"] = null,
            ["down_block_types"] = Listed(Range(0, levels).Map(level => network.DownAttention.Contains(level) ? AttentionDown : Down)),
            ["downsample_padding"] = network.DownsamplePadding,
            ["downsample_type"] = "conv",
            ["dropout"] = network.Dropout,
            ["flip_sin_to_cos"] = embedding.CosinesFirst,
            ["freq_shift"] = embedding.FrequencyShift,
            ["in_channels"] = config.ImageChannels,
            ["layers_per_block"] = network.BlocksPerLevel,
            ["mid_block_scale_factor"] = 1,
            ["norm_eps"] = network.Epsilon,
            ["norm_num_groups"] = network.Groups,
            ["num_class_embeds"] = config.Classes == 0 ? null : config.Classes + 1,
            ["num_train_timesteps"] = null,
            ["out_channels"] = config.OutputChannels,
            ["resnet_time_scale_shift"] = network.ScalesAndShifts ? "scale_shift" : "default",
            ["sample_size"] = config.ImageSize.IsSquare ? config.ImageSize.Height : Listed(config.ImageSize.Numbers),
            ["time_embedding_type"] = "positional",
            ["up_block_types"] = Listed(Range(0, levels).Map(level => network.UpAttention.Contains(levels - 1 - level) ? AttentionUp : Up)),
            ["upsample_type"] = "conv",
        };
    }

    /// <summary>The size of images, from a number or from height and width.</summary>
    private static Option<ImageSize> Size(JsonConfig config)
    {
        if (!config.Has("sample_size"))
        {
            config.Remark("sample_size", "");
            return None;
        }

        if (!config.Shown("sample_size").StartsWith('['))
        {
            return ImageSize.Square(config.Integer("sample_size", 0));
        }

        var both = config.Integers("sample_size", Array(0, 0));
        config.Require(both.Count == 2, "sample_size", "must be a number, or height and width");
        return ImageSize.Of(both);
    }
}

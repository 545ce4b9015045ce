using System.Text.Json;
using System.Text.Json.Serialization;
using Ddpm.Pure.Networks;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Options;

/// <summary>The options of the network unet: how they become a <see cref="DiffusersUNet"/>, and back.</summary>
public static class UNetOptions
{
    /// <summary>The names of both ways in which a timestep acts on a block, and whether it scales and shifts.</summary>
    public static ChoiceTable<bool> TimeModulations { get; } = ChoiceTable.Of(("add", false), ("scale-and-shift", true));

    private static readonly TrainingOptions Unset = new();

    /// <summary>The network that options describe. Its numbers are not checked: <see cref="NetworkFamily.Channels"/> does that.</summary>
    /// <param name="options">The options. An option that is not set has the value of the small network.</param>
    public static Validation<Error, DiffusersUNet> NetworkOf(TrainingOptions options)
    {
        var small = new DiffusersUNet();
        return TimeModulations.Find("time-modulation", options.TimeModulation ?? "add").Map(scales => small with
        {
            ChannelsPerLevel = options.ChannelsPerLevel ?? small.ChannelsPerLevel,
            BlocksPerLevel = options.BlocksPerLevel ?? small.BlocksPerLevel,
            DownAttention = options.AttentionLevels ?? Arr<int>.Empty,
            UpAttention = options.UpAttentionLevels ?? options.AttentionLevels ?? Arr<int>.Empty,
            MiddleAttention = options.MiddleAttention,
            HeadDimension = options.HeadDimension switch { null => small.HeadDimension, 0 => null, var given => given },
            Groups = options.Groups ?? small.Groups,
            Epsilon = options.NormEpsilon ?? small.Epsilon,
            ScalesAndShifts = scales,
            DownsamplePadding = options.DownsamplePadding ?? small.DownsamplePadding,
            Dropout = options.Dropout,
        });
    }

    /// <summary>Options with a network of this family.</summary>
    /// <param name="options">The options.</param>
    /// <param name="network">The network.</param>
    public static TrainingOptions With(this TrainingOptions options, DiffusersUNet network)
    {
        var small = new DiffusersUNet();
        return options with
        {
            Network = network.Name,
            Width = null,
            ChannelsPerLevel = network.ChannelsPerLevel,
            BlocksPerLevel = network.BlocksPerLevel,
            AttentionLevels = network.DownAttention.IsEmpty ? (Arr<int>?)null : network.DownAttention,
            UpAttentionLevels = network.UpAttention == network.DownAttention ? (Arr<int>?)null : network.UpAttention,
            MiddleAttention = network.MiddleAttention,
            HeadDimension = network.HeadDimension ?? 0,
            Groups = network.Groups,
            NormEpsilon = network.Epsilon == small.Epsilon ? null : network.Epsilon,
            TimeModulation = network.ScalesAndShifts ? "scale-and-shift" : null,
            DownsamplePadding = network.DownsamplePadding == small.DownsamplePadding ? null : network.DownsamplePadding,
            Dropout = network.Dropout,
        };
    }

    /// <summary>Refuses options of this network that are given with another one.</summary>
    /// <param name="options">The options.</param>
    /// <param name="network">The name of their network.</param>
    internal static Validation<Error, Unit> CheckOwner(TrainingOptions options, string network) => network == new DiffusersUNet().Name
        ? unit
        : TrainingOption.All
            .Filter(option => option.Group == TrainingOptions.OfNetworks && option.Name is not ("width" or "embedding"))
            .Filter(option => !Equals(option.Of(options), option.Of(Unset)))
            .Map(option => Check.Fail<Unit>(option.Name, Invariant($"{option.Of(options)}"), "works only with the network unet"))
            .Sequence().Map(_ => unit);

    /// <summary>Whole numbers as a JSON array.</summary>
    internal sealed class NumbersJson : JsonConverter<Arr<int>>
    {
        /// <inheritdoc/>
        public override Arr<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<int[]>(ref reader, options)?.ToArr() ?? throw new JsonException();

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, Arr<int> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToArray(), options);
    }
}

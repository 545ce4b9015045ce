using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Ddpm.Pure.Schedules;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Options;

/// <summary>
/// What options meant when a document was written. An option that is not set has its default, and defaults change. So a document (a run's receipt, a
/// checkpoint's header) holds an edition among its options; documents of edition 1 hold none. On reading, options of an earlier edition are converted
/// so that they mean the same today. No other type knows about editions.
/// </summary>
internal static class OptionsEdition
{
    /// <summary>The edition that this program writes. It reads no newer one.</summary>
    public const int Current = 5;

    private const string Name = "edition";

    /// <summary>The changes after each edition. A rule sets explicitly what an unset option meant in that edition and in earlier ones.</summary>
    private static readonly (int LastEdition, Func<TrainingOptions, TrainingOptions> Meaning)[] Rules =
    [
        (1, WithVanishingWeights),
        (1, WithPublishedBetas),
        (1, WithUnpairedEmbedding),
    ];

    /// <summary>
    /// The values of options that a document lacks. Up to edition 2, the defaults were the preset "standard". Up to edition 3, Adam was the only
    /// optimiser. Up to edition 4, gradients were added one after another.
    /// </summary>
    private static TrainingOptions DefaultsOf(int edition) => edition switch
    {
        <= 2 => TrainingOptions.Of("standard", new TrainingOptions().Dataset) with { GradientSum = "sequential" },
        3 => new() { Optimiser = "adam", GradientSum = "sequential" },
        4 => new() { GradientSum = "sequential" },
        _ => new(),
    };

    /// <summary>Converts options of an edition so that they mean the same in the current one.</summary>
    /// <param name="options">The options as they were written.</param>
    /// <param name="edition">The edition of their document, ≥ 1.</param>
    public static TrainingOptions Upgraded(TrainingOptions options, int edition) =>
        Rules.Where(rule => edition <= rule.LastEdition).Aggregate(options, (meant, rule) => rule.Meaning(meant));

    /// <summary>Up to edition 1, min-SNR and P2 gave x_0 and velocity no weight at ᾱ = 0, where sampling begins.</summary>
    private static TrainingOptions WithVanishingWeights(TrainingOptions options) => options.ZeroTerminalSnr && options.LossWeight is ("min-snr" or "p2")
        ? options with { LossWeight = $"{options.LossWeight}-vanishing" }
        : options;

    /// <summary>Adds the edition to a document's format. It writes training options with the current edition and reads all editions up to it.</summary>
    /// <param name="format">The format of the rest of the document.</param>
    public static JsonSerializerOptions WithEdition(this JsonSerializerOptions format) => new(format)
    {
        Converters = { new Converter([.. Enumerable.Range(1, Current).Select(edition => new Format(format, () => DefaultsOf(edition)))]) },
    };

    /// <summary>The format of options alone.</summary>
    private sealed class Format
    {
        private readonly JsonSerializerOptions _format;
        private readonly JsonConverter<TrainingOptions> _converter;

        /// <param name="rest">The format of the rest of the document.</param>
        /// <param name="defaults">Options with the values of those that a document lacks.</param>
        public Format(JsonSerializerOptions rest, Func<TrainingOptions> defaults)
        {
            var resolver = new DefaultJsonTypeInfoResolver();
            resolver.Modifiers.Add(type => AddEdition(type, defaults));
            _format = new(rest) { TypeInfoResolver = resolver };
            _format.MakeReadOnly();
            _converter = (JsonConverter<TrainingOptions>)_format.GetConverter(typeof(TrainingOptions));
        }

        public TrainingOptions? Read(ref Utf8JsonReader reader) => _converter.Read(ref reader, typeof(TrainingOptions), _format);

        public void Write(Utf8JsonWriter writer, TrainingOptions value) => _converter.Write(writer, value, _format);
    }

    /// <summary>Up to edition 1, the default β were the paper's for every number of steps.</summary>
    private static TrainingOptions WithPublishedBetas(TrainingOptions options) => options.Steps == 1000
        ? options
        : NoiseSchedule.Families.Find(options.Schedule).Bind(family => Optional(family.PublishedBetas)).Match(
            published => options with { MinBeta = options.MinBeta ?? published.Min, MaxBeta = options.MaxBeta ?? published.Max },
            () => options);

    /// <summary>Up to edition 1, every network had the embedding that edition 2 calls unpaired.</summary>
    private static TrainingOptions WithUnpairedEmbedding(TrainingOptions options) => options with { Embedding = options.Embedding ?? "unpaired" };

    /// <summary>The edition as one more JSON property of the options. The current one is always written; the one that is read is not kept.</summary>
    private static void AddEdition(JsonTypeInfo type, Func<TrainingOptions> defaults)
    {
        if (type.Type == typeof(TrainingOptions))
        {
            var edition = type.CreateJsonPropertyInfo(typeof(int), Name);
            (edition.Order, edition.Get, edition.Set) = (-1, _ => Current, (_, read) => _ = read is >= 1 ? read : throw new JsonException());
            type.Properties.Add(edition);
            type.CreateObject = defaults;
        }
    }

    /// <param name="formats">The format of each edition, from the first.</param>
    private sealed class Converter(Format[] formats) : JsonConverter<TrainingOptions>
    {
        public override TrainingOptions? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            // The edition comes first, because a newer edition may hold options that this program lacks.
            var edition = EditionAhead(reader);
            return edition > Current
                ? throw new NewerEditionException(edition)
                : formats[Math.Max(edition, 1) - 1].Read(ref reader) is { } read ? Upgraded(read, edition) : null;
        }

        public override void Write(Utf8JsonWriter writer, TrainingOptions value, JsonSerializerOptions options) => formats[^1].Write(writer, value);

        /// <summary>
        /// The edition in the next object; 1 if it has none. A value that is no edition is refused later, when it is read. The reader is a copy, so
        /// the caller's does not move.
        /// </summary>
        private static int EditionAhead(Utf8JsonReader ahead)
        {
            var edition = 1;
            if (ahead.TokenType != JsonTokenType.StartObject)
            {
                return edition;
            }

            while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
            {
                var named = ahead.ValueTextEquals(Name);
                ahead.Read();
                if (named && ahead.TokenType == JsonTokenType.Number && ahead.TryGetInt32(out var number))
                {
                    edition = number;
                }

                ahead.Skip();
            }

            return edition;
        }
    }
}

/// <summary>A document of a newer edition than this program can read.</summary>
/// <param name="edition">The edition.</param>
internal sealed class NewerEditionException(int edition) : JsonException(
    Invariant($"its options are of edition {edition}, but this version of ddpm reads only editions up to {OptionsEdition.Current}: ")
        + "use the version that wrote it");

using System.Text.Json;
using System.Text.Json.Serialization;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Images;

/// <summary>The height and width of images, in pixels. A single number stands for a square: options, receipts and checkpoints write squares so.</summary>
/// <param name="Height">H, the rows.</param>
/// <param name="Width">W, the columns.</param>
[JsonConverter(typeof(Json))]
public readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>H·W.</summary>
    /// <exception cref="OverflowException">The product exceeds the largest int.</exception>
    public int Pixels => checked(Height * Width);

    /// <summary>Whether height and width are equal.</summary>
    public bool IsSquare => Height == Width;

    /// <summary>The shortest list of numbers that says the size: one for a square, else the height and the width.</summary>
    public Arr<int> Numbers => IsSquare ? Array(Height) : Array(Height, Width);

    /// <summary>A square.</summary>
    /// <param name="side">Its height and width.</param>
    public static ImageSize Square(int side) => new(side, side);

    /// <summary>The size that one or two numbers say, as in <see cref="Numbers"/>.</summary>
    /// <param name="numbers">The side of a square, or height and width.</param>
    /// <returns>The size; none of fewer or more numbers.</returns>
    public static Option<ImageSize> Of(IReadOnlyList<int> numbers) => numbers switch
    {
        [var side] => Square(side),
        [var height, var width] => new ImageSize(height, width),
        _ => None,
    };

    /// <summary>The size with another height and width.</summary>
    /// <param name="side">What becomes of the height, and of the width.</param>
    public ImageSize Map(Func<int, int> side) => new(side(Height), side(Width));

    /// <summary>As in "24×32": height × width.</summary>
    public override string ToString() => Invariant($"{Height}×{Width}");

    /// <summary>Checks both sides.</summary>
    /// <param name="name">The option's name, for the error.</param>
    /// <param name="least">The shortest side.</param>
    /// <param name="most">The longest side.</param>
    /// <param name="factor">What both sides must be divisible by.</param>
    /// <param name="reason">Why, as it follows the rule.</param>
    /// <returns>The size; or the fault of a square, or of each side of a rectangle.</returns>
    internal Validation<Error, ImageSize> Within(string name, int least, int most, int factor = 1, string reason = "")
    {
        var rule = Invariant($"must lie in [{least}, {most}]") + (factor > 1 ? Invariant($" and be divisible by {factor}{reason}") : "");
        Validation<Error, int> Side(string of, int side) => Check.That(of, side, side >= least && side <= most && side % factor == 0, rule);
        var size = this;
        return IsSquare
            ? Side(name, Height).Map(_ => size)
            : (Side($"the height of {name}", Height), Side($"the width of {name}", Width)).Apply((_, _) => size);
    }

    /// <summary>A number, or an array of height and width.</summary>
    internal sealed class Json : JsonConverter<ImageSize>
    {
        /// <inheritdoc/>
        public override ImageSize Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.StartArray
                ? Of(JsonSerializer.Deserialize<int[]>(ref reader, options)!).IfNone(() => throw new JsonException())
                : Square(JsonSerializer.Deserialize<int>(ref reader, options));

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, ImageSize value, JsonSerializerOptions options)
        {
            if (value.IsSquare)
            {
                writer.WriteNumberValue(value.Height);
                return;
            }

            JsonSerializer.Serialize(writer, value.Numbers.ToArray(), options);
        }
    }
}

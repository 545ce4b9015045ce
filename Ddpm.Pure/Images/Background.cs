using System.Globalization;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Images;

/// <summary>The colour that shows through where a picture is transparent.</summary>
/// <param name="Red">0 to 255.</param>
/// <param name="Green">0 to 255.</param>
/// <param name="Blue">0 to 255.</param>
internal sealed record Background(byte Red, byte Green, byte Blue)
{
    private const int Opaque = 255;

    /// <summary>White, the default.</summary>
    public static Background White { get; } = new(255, 255, 255);

    /// <summary>Black.</summary>
    public static Background Black { get; } = new(0, 0, 0);

    /// <summary>The background of a name: white, black or #rrggbb.</summary>
    /// <param name="option">The option's name, for the error.</param>
    /// <param name="name">The name, without regard to case.</param>
    public static Validation<Error, Background> Named(string option, string name) => name.ToUpperInvariant() switch
    {
        "WHITE" => Success<Error, Background>(White),
        "BLACK" => Success<Error, Background>(Black),
        ['#', .. { Length: 6 } digits] when int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var colour) =>
            Success<Error, Background>(new Background((byte)(colour >> 16), (byte)(colour >> 8), (byte)colour)),
        _ => Check.Fail<Background>(option, name, "must be white, black or a colour as #rrggbb"),
    };

    /// <summary>Its name.</summary>
    public override string ToString() => this == White ? "white" : this == Black ? "black" : $"#{Red:x2}{Green:x2}{Blue:x2}";

    /// <summary>Blends transparent pixels with the background.</summary>
    /// <param name="rgba">N pixels with alpha, 4·N bytes.</param>
    /// <param name="rgb">Receives the N opaque pixels, 3·N bytes.</param>
    public void Flatten(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            int alpha = rgba[from + 3], rest = Opaque - alpha;
            rgb[to] = (byte)(((rgba[from] * alpha) + (Red * rest) + (Opaque / 2)) / Opaque);
            rgb[to + 1] = (byte)(((rgba[from + 1] * alpha) + (Green * rest) + (Opaque / 2)) / Opaque);
            rgb[to + 2] = (byte)(((rgba[from + 2] * alpha) + (Blue * rest) + (Opaque / 2)) / Opaque);
        }
    }
}

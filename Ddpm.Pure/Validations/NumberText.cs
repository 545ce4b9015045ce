using System.Globalization;
using System.Numerics;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Validations;

/// <summary>
/// Parses numbers as a person types them: digits, with a point before decimals. A comma is an error. If it were a thousands separator, 0,5 would be 5.
/// </summary>
internal static class NumberText
{
    /// <summary>A real number, such as 0.5, -2 or 1e-4; never infinite.</summary>
    /// <param name="name">The parameter's name, as the user spells it.</param>
    /// <param name="text">The text.</param>
    /// <returns>The number, or a fault that quotes the text.</returns>
    public static Validation<Error, double> Real(string name, string text)
    {
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (double.TryParse(text, styles, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
        {
            return Success<Error, double>(value);
        }

        return Check.Fail<double>(name, text, text.Contains(',', StringComparison.Ordinal)
            ? "must be a number with a decimal point, such as 0.5"
            : "must be a number, such as 0.5 or 1e-4");
    }

    /// <summary>A noise level σ/a: a real number, or Infinity.</summary>
    /// <param name="name">The parameter's name, as the user spells it.</param>
    /// <param name="text">The text.</param>
    /// <returns>The level, or a fault that quotes the text.</returns>
    public static Validation<Error, double> NoiseLevel(string name, string text) => text == "Infinity" ? double.PositiveInfinity : Real(name, text);

    /// <summary>A whole number of a type.</summary>
    /// <param name="name">The parameter's name, as the user spells it.</param>
    /// <param name="text">The text.</param>
    /// <returns>The number; or a fault that quotes the text, if it is no whole number or the type cannot hold it.</returns>
    public static Validation<Error, T> Whole<T>(string name, string text)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> =>
        T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? Success<Error, T>(value)
            : Check.Fail<T>(name, text, text.All(char.IsAsciiDigit)
                ? Invariant($"must be a whole number of at most {T.MaxValue}")
                : "must be a whole number, written in digits");
}

using System.Globalization;
using System.Numerics;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Validations;

/// <summary>
/// Numbers as a person says them: digits, and a point before decimals. A comma is neither a point nor left out, as it is where thousands are parted: 0,5 would be 5.
/// </summary>
public static class SaidNumber
{
    /// <summary>A real number, such as 0.5, -2 or 1e-4; never infinite.</summary>
    /// <param name="name">What the number is of, as the user spells it.</param>
    /// <param name="text">The text.</param>
    /// <returns>The number; or that the text is none, as it was typed.</returns>
    public static Validation<Error, double> Real(string name, string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? Success<Error, double>(value)
            : Check.Fail<double>(name, text, text.Contains(',', StringComparison.Ordinal) ? "must be a number, and one with decimals has a point (0.5)" : "must be a number, such as 0.5 or 1e-4");

    /// <summary>A whole number of a type.</summary>
    /// <param name="name">What the number is of, as the user spells it.</param>
    /// <param name="text">The text.</param>
    /// <returns>The number; or that the text is none, or one that the type cannot hold, as it was typed.</returns>
    public static Validation<Error, T> Whole<T>(string name, string text)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T> =>
        T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? Success<Error, T>(value)
            : Check.Fail<T>(name, text, text.All(char.IsAsciiDigit)
                ? Invariant($"must be a whole number of at most {T.MaxValue}")
                : "must be a whole number, in digits alone");
}

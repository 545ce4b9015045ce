using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Validations;

/// <summary>Checks of values. Every wrong value is reported in one form: "NAME RULE, got VALUE".</summary>
internal static class Check
{
    /// <summary>The value, or its fault if a rule does not hold.</summary>
    /// <param name="name">The parameter's name, as the user spells it.</param>
    /// <param name="value">The value under test.</param>
    /// <param name="holds">Whether the rule holds. Comparisons with NaN are false, so ranges reject it.</param>
    /// <param name="rule">The rule, beginning with "must".</param>
    public static Validation<Error, T> That<T>(string name, T value, bool holds, string rule) =>
        holds ? Success<Error, T>(value) : Fail<T>(name, Invariant($"{value}"), rule);

    /// <summary>value ≥ least.</summary>
    public static Validation<Error, int> AtLeast(string name, int value, int least) =>
        That(name, value, value >= least, Invariant($"must be at least {least}"));

    /// <summary>low &lt; value &lt; high.</summary>
    public static Validation<Error, double> Inside(string name, double value, double low, double high) =>
        That(name, value, value > low && value < high, Invariant($"must lie in ({low}, {high})"));

    /// <summary>The fault of a value given as text. Characters that move a terminal's cursor are left out.</summary>
    public static Validation<Error, T> Fail<T>(string name, string value, string rule) =>
        Fail<Error, T>(Error.New($"{name} {rule}, got {Quotation.Printable(value)}"));

    private static Validation<TError, T> Fail<TError, T>(TError error) => Prelude.Fail<TError, T>(error);

    /// <summary>A range of noise levels σ/a.</summary>
    public static Validation<Error, string> NoiseRange(string name, double least, double most) => That(
        name, Invariant($"{least} to {most}"), least >= 0 && least < most, "must be two noise levels σ/a, the lower one first and not below 0");
}

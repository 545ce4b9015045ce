using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Validations;

/// <summary>The one form in which a wrong value is reported: "NAME RULE, got VALUE".</summary>
public static class Check
{
    /// <summary>The value, where it satisfies its rule.</summary>
    /// <param name="name">The parameter, as the user spells it.</param>
    /// <param name="value">The value under test.</param>
    /// <param name="holds">Whether it is right. Comparisons with NaN are false, so ranges refuse it.</param>
    /// <param name="rule">What must hold, beginning with "must".</param>
    public static Validation<Error, T> That<T>(string name, T value, bool holds, string rule) =>
        holds ? Success<Error, T>(value) : Fail<T>(name, Invariant($"{value}"), rule);

    /// <summary>value ≥ least.</summary>
    public static Validation<Error, int> AtLeast(string name, int value, int least) =>
        That(name, value, value >= least, Invariant($"must be at least {least}"));

    /// <summary>low &lt; value &lt; high.</summary>
    public static Validation<Error, double> Inside(string name, double value, double low, double high) =>
        That(name, value, value > low && value < high, Invariant($"must lie in ({low}, {high})"));

    /// <summary>A failure of a value that has no other form than text, whoever wrote it: what would move a terminal's cursor is left out.</summary>
    public static Validation<Error, T> Fail<T>(string name, string value, string rule) => Fail<Error, T>(Error.New($"{name} {rule}, got {Quotation.Printable(value)}"));

    private static Validation<TError, T> Fail<TError, T>(TError error) => Prelude.Fail<TError, T>(error);
}

using System.Globalization;
using Ddpm.Pure.Text;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>A class as a person calls it.</summary>
public static class ClassNames
{
    private const int MostTold = 20;

    /// <summary>
    /// The number of a class by its name, exact before without regard to case, or by its number. A name goes before a number: of the classes 1 to 3, 1 is the
    /// first.
    /// </summary>
    /// <param name="option">The option that it is said with.</param>
    /// <param name="name">What was said.</param>
    /// <param name="names">The classes' names, by number.</param>
    /// <returns>The number; a fault that tells the names.</returns>
    public static Validation<Error, int> Find(string option, string name, Arr<string> names)
    {
        var exact = Matching(names, name, StringComparison.Ordinal);
        var alike = exact.IsEmpty ? Matching(names, name, StringComparison.OrdinalIgnoreCase) : exact;
        return alike.Count == 1 ? Success<Error, int>(alike[0])
            : alike.Count > 1
                ? Check.Fail<int>(option, name, $"must be one class, and {string.Join(", ", alike.Map(i => Quotation.Quote(names[i])))} are called so")
            : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < names.Count ? Success<Error, int>(number)
            : Check.Fail<int>(option, name, $"must be one of {Told(names)}, or the number of one");
    }

    private static Arr<int> Matching(Arr<string> names, string name, StringComparison comparison) =>
        Range(0, names.Count).Filter(i => string.Equals(names[i], name, comparison)).ToArr();

    private static string Told(Arr<string> names) =>
        string.Join(", ", names.Take(MostTold).Select((name, i) => Invariant($"{Quotation.Printable(name)} ({i})")))
        + (names.Count > MostTold ? Invariant($" and {names.Count - MostTold} more") : "");
}

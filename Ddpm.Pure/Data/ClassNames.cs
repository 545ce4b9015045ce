using System.Globalization;
using Ddpm.Pure.Text;
using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>Finds classes by name.</summary>
internal static class ClassNames
{
    private const int MostListed = 20;

    /// <summary>
    /// The number of a class: by exact name, else by name without regard to case, else by number. A name goes before a number: with classes named 1, 2 and 3,
    /// "1" is the first class.
    /// </summary>
    /// <param name="option">The option's name, for the error.</param>
    /// <param name="name">The name or number to find.</param>
    /// <param name="names">The names of the classes, by number.</param>
    /// <returns>The number, or a fault that lists the names.</returns>
    public static Validation<Error, int> Find(string option, string name, Arr<string> names)
    {
        var exact = Matching(names, name, StringComparison.Ordinal);
        var alike = exact.IsEmpty ? Matching(names, name, StringComparison.OrdinalIgnoreCase) : exact;
        if (alike.Count == 1)
        {
            return Success<Error, int>(alike[0]);
        }

        if (alike.Count > 1)
        {
            return Check.Fail<int>(option, name, $"must name one class, but {string.Join(", ", alike.Map(i => Quotation.Quote(names[i])))} all match");
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < names.Count
            ? Success<Error, int>(number)
            : Check.Fail<int>(option, name, $"must be one of {List(names)}, or its number");
    }

    private static Arr<int> Matching(Arr<string> names, string name, StringComparison comparison) =>
        Range(0, names.Count).Filter(i => string.Equals(names[i], name, comparison)).ToArr();

    private static string List(Arr<string> names) =>
        string.Join(", ", names.Take(MostListed).Select((name, i) => Invariant($"{Quotation.Printable(name)} ({i})")))
        + (names.Count > MostListed ? Invariant($" and {names.Count - MostListed} more") : "");
}

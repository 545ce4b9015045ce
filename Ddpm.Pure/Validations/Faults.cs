using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Validations;

/// <summary>Joins faults into one text.</summary>
internal static class Faults
{
    private const int MostListed = 10;

    /// <summary>The first ten texts, and the number of the others.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="separator">The separator between two texts.</param>
    public static string Listed(this Seq<string> texts, string separator) =>
        string.Join(separator, texts.Take(MostListed)) + (texts.Count > MostListed ? Invariant($"{separator}and {texts.Count - MostListed} more") : "");

    /// <summary>The value, or one error with all faults in one line.</summary>
    public static Fin<T> ToFin<T>(this Validation<Error, T> validated) =>
        validated.Match(Fin<T>.Succ, faults => Error.New(string.Join("; ", faults.Map(fault => fault.Message))));
}

using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Validations;

/// <summary>Faults in words: all of them in one error, or as many as a screen shows.</summary>
public static class Faults
{
    private const int MostListed = 10;

    /// <summary>The first ten of many texts, and how many more there are.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="separator">What stands between them.</param>
    public static string Listed(this Seq<string> texts, string separator) =>
        string.Join(separator, texts.Take(MostListed)) + (texts.Count > MostListed ? Invariant($"{separator}and {texts.Count - MostListed} more") : "");

    /// <summary>The value, or all faults in one line.</summary>
    public static Fin<T> ToFin<T>(this Validation<Error, T> validated) =>
        validated.Match(Fin<T>.Succ, faults => Error.New(string.Join("; ", faults.Map(fault => fault.Message))));
}

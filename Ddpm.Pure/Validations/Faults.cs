using System.Diagnostics;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Validations;

/// <summary>What becomes of faults: one text, one error, or an exception.</summary>
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

    /// <summary>The value. Use it only if the value cannot be invalid, so that a fault is a bug.</summary>
    /// <exception cref="UnreachableException">There is a fault.</exception>
    public static T OrThrow<T>(this Validation<Error, T> validated) =>
        validated.IfFail(faults => throw new UnreachableException(string.Join("; ", faults.Map(fault => fault.Message))));
}

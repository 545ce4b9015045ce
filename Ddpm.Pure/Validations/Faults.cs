using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Validations;

/// <summary>What was validated, where one error is wanted.</summary>
public static class Faults
{
    /// <summary>The value, or all faults in one line.</summary>
    public static Fin<T> ToFin<T>(this Validation<Error, T> validated) =>
        validated.Match(Fin<T>.Succ, faults => Error.New(string.Join("; ", faults.Map(fault => fault.Message))));
}

using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Faults;

/// <summary>Adds the place of a fault to its message.</summary>
internal static class FaultPlace
{
    /// <summary>Puts a place before the message of a failure. The exit code stays.</summary>
    public static Fin<A> At<A>(this Fin<A> result, string place) => result.Match(Fin<A>.Succ, fault => fault is SeveralFaults several
        ? several with { Lines = several.Lines.Map(line => $"{place}: {line}").Strict() }
        : Error.New(fault.Code, $"{place}: {fault.Message}"));
}

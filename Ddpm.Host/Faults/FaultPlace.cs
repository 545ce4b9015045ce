using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Faults;

/// <summary>Says in an error where the fault lies.</summary>
internal static class FaultPlace
{
    /// <summary>Puts the place before the message of a failure, whose exit code stays.</summary>
    public static Fin<A> At<A>(this Fin<A> result, string place) =>
        result.Match(Succ: FinSucc, Fail: fault => FinFail<A>(fault is SeveralFaults several
            ? several with { Lines = several.Lines.Map(line => $"{place}: {line}").Strict() }
            : Error.New(fault.Code, $"{place}: {fault.Message}")));
}

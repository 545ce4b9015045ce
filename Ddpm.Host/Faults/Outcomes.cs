using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Faults;

/// <summary>
/// Verbs for work that may fail. A query expression binds what is used further on. A check is <see cref="Require"/>, an effect on the way is
/// <see cref="Fin{A}.Do"/>, and steps without results are <see cref="InOrder"/>.
/// </summary>
internal static class Outcomes
{
    /// <summary>Success if a condition holds; otherwise an error, by default that of a wrong command line.</summary>
    /// <param name="holds">The condition.</param>
    /// <param name="message">The message of the error.</param>
    /// <param name="code">The exit code of the error.</param>
    public static Fin<Unit> Require(bool holds, string message, int code = ExitCode.Usage) => holds ? unit : Error.New(code, message);

    /// <summary>All values; or the faults of all that failed.</summary>
    public static Fin<Seq<A>> All<A>(Seq<Fin<A>> outcomes)
    {
        var done = outcomes.Strict();
        var faults = done.Bind(outcome => outcome.Match(_ => Seq<string>(), SeveralFaults.LinesOf)).Strict();
        return faults.IsEmpty ? done.Map(outcome => outcome.ThrowIfFail()).Strict()
            : faults.Count == 1 ? Error.New(ExitCode.Failure, faults[0])
            : new SeveralFaults(faults, ExitCode.Failure);
    }

    /// <summary>Runs steps one after another, up to the first failure.</summary>
    public static Fin<Unit> InOrder(params Func<Fin<Unit>>[] steps)
    {
        foreach (var step in steps)
        {
            var done = step();
            if (done.IsFail)
            {
                return done;
            }
        }

        return unit;
    }
}

using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Faults;

/// <summary>Several faults at once. Only this type separates them: a line break may be part of a name.</summary>
/// <param name="Lines">A line for each fault, or its continuation.</param>
/// <param name="Code">The exit code.</param>
internal sealed record SeveralFaults(Seq<string> Lines, int Code) : Expected(string.Join("; ", Lines), Code)
{
    /// <summary>The lines of any error.</summary>
    public static Seq<string> LinesOf(Error error) => error is SeveralFaults several ? several.Lines : Prelude.Seq1(error.Message);
}

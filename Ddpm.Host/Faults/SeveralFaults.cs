using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Host.Faults;

/// <summary>Several faults at once. That they are several is told by this alone, and not by line breaks, which a name may hold.</summary>
/// <param name="Lines">What to say of each, or how to go on.</param>
/// <param name="Code">The exit code.</param>
internal sealed record SeveralFaults(Seq<string> Lines, int Code) : Expected(string.Join("; ", Lines), Code)
{
    /// <summary>What to say of any error.</summary>
    public static Seq<string> LinesOf(Error error) => error is SeveralFaults several ? several.Lines : Prelude.Seq1(error.Message);
}

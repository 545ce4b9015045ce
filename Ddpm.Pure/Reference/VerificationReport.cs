using Ddpm.Pure.Text;
using LanguageExt;

namespace Ddpm.Pure.Reference;

/// <summary>What the comparison of a folder found.</summary>
/// <param name="Files">Each file that was asked for.</param>
/// <param name="Strangers">The paths of files that the reference does not have; the names may be anything.</param>
public sealed record VerificationReport(Arr<(string Path, Verdict Verdict)> Files, Arr<string> Strangers)
{
    /// <summary>Whether every file that was asked for is there and right. Other files do not matter.</summary>
    public bool IsRight => Files.ForAll(file => file.Verdict.IsRight);

    /// <summary>How many files are what, in a line.</summary>
    public string Summary
    {
        get
        {
            int Of<T>() => Files.Count(file => file.Verdict is T);
            return Invariant($"{Files.Count} files: {Of<Verdict.Exact>()} exact, {Of<Verdict.Near>()} within tolerance, {Of<Verdict.Wrong>()} wrong, {Of<Verdict.Unreadable>()} unreadable, {Of<Verdict.Missing>()} missing");
        }
    }

    /// <summary>The table, its lines without ends.</summary>
    public Arr<string> ToText()
    {
        var width = Files.Fold(0, (widest, file) => Math.Max(widest, file.Path.Length));
        return new Arr<string>(
        [
            .. Files.Map(file => $"{file.Path.PadRight(width)}  {file.Verdict}"),
            .. Strangers.Map(name => $"{Quotation.Quote(name).PadRight(width)}  not a file of the reference"),
            Summary,
        ]);
    }
}

using Ddpm.Pure.Text;
using LanguageExt;

namespace Ddpm.Pure.Reference;

/// <summary>The result of comparing a folder with the reference.</summary>
/// <param name="Files">Each requested file.</param>
/// <param name="Strangers">The paths of files that are not part of the reference. Their names may be anything.</param>
public sealed record VerificationReport(Arr<(string Path, Verdict Verdict)> Files, Arr<string> Strangers)
{
    /// <summary>Whether every requested file exists and is right. Other files do not matter.</summary>
    public bool IsRight => Files.ForAll(file => file.Verdict.IsRight);

    /// <summary>One line with the number of files for each verdict.</summary>
    public string Summary
    {
        get
        {
            int Of<T>() => Files.Count(file => file.Verdict is T);
            return Invariant($"{Files.Count} files: {Of<Verdict.Exact>()} exact, {Of<Verdict.Near>()} within tolerance, ")
                + Invariant($"{Of<Verdict.Wrong>()} wrong, {Of<Verdict.Unreadable>()} unreadable, {Of<Verdict.Missing>()} missing");
        }
    }

    /// <summary>The lines of the table, without line ends.</summary>
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

namespace Ddpm.Pure.Reference;

/// <summary>One file of the reference.</summary>
/// <param name="Path">Its path in the folder, with / between the parts.</param>
/// <param name="Meaning">What its numbers are, and their order.</param>
/// <param name="Formula">The formula of the numbers.</param>
/// <param name="Source">The paper and equation, or the type of this library, that defines them.</param>
/// <param name="Tolerance">The tolerance for a port's numbers.</param>
/// <param name="Content">Computes the content. It is a pure function, but slow, so call it only when needed.</param>
public sealed record ReferenceEntry(string Path, string Meaning, string Formula, string Source, Tolerance Tolerance, Func<Content> Content)
{
    /// <summary>A JSON file.</summary>
    public static ReferenceEntry Json(string path, string meaning, string formula, string source, Tolerance tolerance, Func<Datum> root) =>
        new(path, meaning, formula, source, tolerance, () => new Content.Json(root()));

    /// <summary>Compares a file that a port wrote with this one.</summary>
    /// <param name="file">The bytes of the file; they may be anything.</param>
    public Verdict Verify(ReadOnlyMemory<byte> file) => Comparison.Of(Content(), file, Tolerance);
}

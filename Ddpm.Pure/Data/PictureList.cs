using System.Globalization;
using Ddpm.Pure.Formats.Pictures;
using Ddpm.Pure.Text;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>Which of the files in a folder are pictures, and of which class: decided by their names alone.</summary>
/// <param name="Files">The pictures, in natural order.</param>
/// <param name="Classes">The classes' names, in natural order; empty where pictures lie in no folders.</param>
/// <param name="Loose">How many pictures lie beside the classes' folders, and are left out.</param>
/// <param name="Others">The files that no picture's name ends as, counted by ending.</param>
public sealed record PictureList(Arr<string> Files, Arr<string> Classes, int Loose, Arr<(string Extension, int Count)> Others)
{
    /// <summary>A label is a byte.</summary>
    public const int MostClasses = 256;

    private const int MostEndings = 8, LongestEnding = 12;

    private static readonly Arr<string> Extensions = Array(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib");

    /// <summary>Whether a file is called like a picture that can be read.</summary>
    public static bool IsPicture(string name) => Extensions.Contains(ExtensionOf(name));

    /// <summary>
    /// Why a folder of a data set is left out: it is hidden, or this program wrote it. Pictures that a run has left are none that anybody trains on.
    /// </summary>
    /// <param name="name">The folder's name.</param>
    /// <param name="holds">Whether it holds a file of that name.</param>
    /// <returns>What it is; none where it counts.</returns>
    public static Option<string> Skipped(string name, Func<string, bool> holds) =>
        IsHidden(name) ? "hidden folders"
        : holds("run.json") ? "folders of runs"
        : holds("samples.npy") ? "folders of samples"
        : Option<string>.None;

    /// <summary>Whether a file or folder is hidden by its name, as Unix does it and as macOS calls its own files beside others.</summary>
    public static bool IsHidden(string name) => name.StartsWith('.');

    /// <summary>The pictures among files.</summary>
    /// <param name="files">The files' paths in the folder, with slashes.</param>
    public static PictureList Of(Seq<string> files)
    {
        var pictures = files.Filter(IsPicture).OrderBy(path => path, NaturalOrder.Comparer).ToArr();
        var classes = pictures.Map(ClassOf).Filter(name => name.Length > 0).Distinct().Order(NaturalOrder.Comparer).ToArr();
        var used = classes.IsEmpty ? pictures : pictures.Filter(path => ClassOf(path).Length > 0);
        return new(used, classes, pictures.Count - used.Count, files.Filter(path => !IsPicture(path)).Map(ExtensionOf).GroupBy(ending => ending)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Select(group => (group.Key, group.Count())).ToArr());
    }

    /// <summary>The class of a picture: the first folder of its path, or nothing.</summary>
    public static string ClassOf(string path) => path.IndexOf('/', StringComparison.Ordinal) is > 0 and var end ? path[..end] : "";

    /// <summary>What to say of it: what is left out, and classes that look like parts.</summary>
    /// <param name="folder">What the folder is called.</param>
    public Seq<string> Remarks(string folder) =>
        (Loose > 0 ? Seq1($"{Pictures(Loose)} in no class's folder of {folder}: left out") : Seq<string>())
        + (Others.IsEmpty ? Seq<string>() : Seq1($"left out, for they are not called {EncodedPicture.Formats}: {OthersByEnding()}"))
        + toSeq(Classes.Filter(SplitFolders.IsPart).Map(name =>
            $"the folder {Quotation.Quote(name)} is taken for a class: folders train and test, or train and val, would be the two parts of the data"));

    /// <summary>The files that are no pictures, by ending.</summary>
    public string OthersByEnding() => string.Join(", ", Others.Take(MostEndings).Select(other => Invariant($"{other.Count} {other.Extension}")))
        + (Others.Count > MostEndings ? Invariant($" and {Others.Skip(MostEndings).Sum(other => other.Count)} more") : "");

    private static string Pictures(int count) => count == 1 ? "1 picture" : Invariant($"{count} pictures");

    /// <summary>The ending of a name in lower case; of one that has none, or whose ending is no word, that.</summary>
    private static string ExtensionOf(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var ending = name.LastIndexOf('.') is >= 0 and var dot ? name[dot..].ToLower(CultureInfo.InvariantCulture) : "";
        return ending.Length is > 1 and <= LongestEnding && ending.Skip(1).All(char.IsLetterOrDigit) ? ending : "without an ending";
    }
}

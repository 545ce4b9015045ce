using System.Globalization;
using Ddpm.Pure.Formats.Pictures;
using Ddpm.Pure.Text;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>The pictures in a folder and their classes, decided by the files' names alone.</summary>
/// <param name="Files">The pictures, in natural order.</param>
/// <param name="Classes">The names of the classes, in natural order; empty if no picture lies in a subfolder.</param>
/// <param name="Loose">The number of pictures beside the class folders. They are left out.</param>
/// <param name="Others">The files without a picture's extension, counted by extension.</param>
internal sealed record PictureList(Arr<string> Files, Arr<string> Classes, int Loose, Arr<(string Extension, int Count)> Others)
{
    /// <summary>The most classes: a label is a byte.</summary>
    public const int MostClasses = 256;

    private const int MostEndings = 8, LongestEnding = 12;

    private static readonly Arr<string> Extensions = Array(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff");

    /// <summary>Whether a file's extension is one of a readable picture format.</summary>
    public static bool IsPicture(string name) => Extensions.Contains(ExtensionOf(name));

    /// <summary>
    /// Why a folder of a data set is left out: it is hidden, or this program wrote it. Nobody trains on the pictures that a run has written.
    /// </summary>
    /// <param name="name">The folder's name.</param>
    /// <param name="holds">Whether the folder holds a file of a name.</param>
    /// <returns>The kind of folder, in the plural; none if it belongs to the data set.</returns>
    public static Option<string> Skipped(string name, Func<string, bool> holds)
    {
        if (IsHidden(name))
        {
            return "hidden folders";
        }

        if (holds("run.json"))
        {
            return "folders of runs";
        }

        return holds("samples.npy") ? "folders of samples" : Option<string>.None;
    }

    /// <summary>Whether a file or folder is hidden by its name: a leading dot, as on Unix and in the companion files of macOS.</summary>
    public static bool IsHidden(string name) => name.StartsWith('.');

    /// <summary>The pictures among files.</summary>
    /// <param name="files">The files' paths in the folder, with slashes.</param>
    public static PictureList Of(Seq<string> files)
    {
        var pictures = files.Filter(IsPicture).OrderBy(path => path, NaturalOrder.Comparer).ToArr();
        var classes = pictures.Map(ClassOf).Filter(name => name.Length > 0).Distinct().Order(NaturalOrder.Comparer).ToArr();
        var used = classes.IsEmpty ? pictures : pictures.Filter(path => ClassOf(path).Length > 0);
        var others = files.Filter(path => !IsPicture(path))
            .Map(ExtensionOf)
            .GroupBy(extension => extension)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Count()))
            .ToArr();
        return new(used, classes, pictures.Count - used.Count, others);
    }

    /// <summary>The class of a picture: the first folder of its path, or an empty string.</summary>
    public static string ClassOf(string path) => path.IndexOf('/', StringComparison.Ordinal) is > 0 and var end ? path[..end] : "";

    /// <summary>Warnings for the user: the files that are left out, and classes that look like splits.</summary>
    /// <param name="folder">The folder's name.</param>
    public Seq<string> Warnings(string folder) =>
        (Loose > 0 ? Seq1($"{Pictures(Loose)} in no class's folder of {folder}: left out") : Seq<string>())
        + (Others.IsEmpty ? Seq<string>() : Seq1($"left out, because their names do not end like {EncodedPicture.Formats} files: {OthersByEnding()}"))
        + toSeq(Classes.Filter(SplitFolders.IsPart).Map(name =>
            $"the folder {Quotation.Quote(name)} is taken for a class: a split needs the folders train and test, or train and val"));

    /// <summary>The other files, counted by extension.</summary>
    public string OthersByEnding() => string.Join(", ", Others.Take(MostEndings).Select(other => Invariant($"{other.Count} {other.Extension}")))
        + (Others.Count > MostEndings ? Invariant($" and {Others.Skip(MostEndings).Sum(other => other.Count)} more") : "");

    private static string Pictures(int count) => count == 1 ? "1 picture" : Invariant($"{count} pictures");

    /// <summary>A file's extension in lower case, or "without an ending" if it has none or one that is no word.</summary>
    private static string ExtensionOf(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        var ending = name.LastIndexOf('.') is >= 0 and var dot ? name[dot..].ToLower(CultureInfo.InvariantCulture) : "";
        return ending.Length is > 1 and <= LongestEnding && ending.Skip(1).All(char.IsLetterOrDigit) ? ending : "without an ending";
    }
}

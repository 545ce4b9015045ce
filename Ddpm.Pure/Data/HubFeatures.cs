using System.Text.Json;
using Ddpm.Pure.Text;
using LanguageExt;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Data;

/// <summary>The columns of an image data set of the Hugging Face Hub.</summary>
/// <param name="Image">The path of the column with the encoded pictures: image/bytes.</param>
/// <param name="Label">The column with the labels, if there is one.</param>
internal sealed record HubFeatures(string Image, Option<string> Label)
{
    /// <summary>The key of the file's metadata that describes the columns.</summary>
    public const string Metadata = "huggingface";

    private const string Bytes = "/bytes";

    private static readonly Arr<string> Labels = Array("label", "labels", "fine_label");

    /// <summary>The columns among a file's columns: the first that ends in /bytes, and the first that is called label, labels or fine_label.</summary>
    /// <param name="columns">The paths of all columns, with slashes.</param>
    public static Option<HubFeatures> Of(Seq<string> columns) => columns.Find(path => path.EndsWith(Bytes, StringComparison.Ordinal))
        .Map(image => new HubFeatures(image, Labels.Find(name => columns.Contains(name))));

    /// <summary>The names of the classes in a file's metadata; empty if it does not give them.</summary>
    /// <param name="json">The metadata: {"info": {"features": {"label": {"names": […]}}}}.</param>
    public Arr<string> ClassNames(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var found = document.RootElement;
            foreach (var name in (string[])["info", "features", Label.IfNone(""), "names"])
            {
                if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(name, out found))
                {
                    return Arr<string>.Empty;
                }
            }

            return found.ValueKind == JsonValueKind.Array && found.GetArrayLength() <= PictureList.MostClasses
                && found.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String)
                    ? found.EnumerateArray().Select(name => Quotation.Printable(name.GetString()!)).ToArr()
                    : Arr<string>.Empty;
        }
        catch (JsonException)
        {
            return Arr<string>.Empty; // the names are an extra
        }
        catch (InvalidOperationException)
        {
            return Arr<string>.Empty; // a text that is no Unicode
        }
    }
}

using System.Security.Cryptography;
using System.Text.Json;

namespace Ddpm.Pure.Reference;

/// <summary>manifest.json: the list of the files of an export.</summary>
public static class ReferenceManifest
{
    /// <summary>Its name in the folder.</summary>
    public const string Path = "manifest.json";

    /// <summary>The name of the manifest's format, which it contains.</summary>
    public const string Format = "ddpm-reference-1";

    /// <summary>The manifest of these files, in their order.</summary>
    public static ReadOnlyMemory<byte> Of(IEnumerable<(ReferenceEntry Entry, string Sha256)> files) => DatumJson.Write(Datum.Named(
        ("format", Datum.Of(Format)),
        ("conventions", Datum.Of("numbers in double precision, read back exactly; infinities as strings; 64-bit integers as strings; see Ddpm.Pure/README.md")),
        ("files", Datum.Each(files, file => Datum.Named(
            ("path", Datum.Of(file.Entry.Path)),
            ("meaning", Datum.Of(file.Entry.Meaning)),
            ("formula", Datum.Of(file.Entry.Formula)),
            ("source", Datum.Of(file.Entry.Source)),
            ("tolerance", file.Entry.Tolerance == Tolerance.Exact
                ? Datum.Of("exact")
                : Datum.Named(("relative", Datum.Of(file.Entry.Tolerance.Relative)), ("absolute", Datum.Of(file.Entry.Tolerance.Absolute)))),
            ("sha256", Datum.Of(file.Sha256)))))));

    /// <summary>The SHA-256 of a file, in lower-case hexadecimal digits.</summary>
    public static string Sha256(ReadOnlyMemory<byte> file) => Convert.ToHexStringLower(SHA256.HashData(file.Span));

    /// <summary>Whether these bytes, which may be anything, are the manifest of an export by this version or another.</summary>
    public static bool IsOne(ReadOnlyMemory<byte> file)
    {
        try
        {
            using var json = JsonDocument.Parse(file);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("format", out var format)
                && format.ValueKind == JsonValueKind.String && format.GetString()!.StartsWith("ddpm-reference-", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}

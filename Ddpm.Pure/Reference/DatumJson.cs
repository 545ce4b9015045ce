using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ddpm.Pure.Reference;

/// <summary>
/// Writes a datum as JSON, with the same bytes on every machine. Numbers have the shortest form that reads back as the same double. The two outer
/// levels have one line for each field or element. Names and values are written in UTF-8.
/// </summary>
internal static class DatumJson
{
    private const int LinedLevels = 2;

    /// <summary>The file.</summary>
    public static ReadOnlyMemory<byte> Write(Datum datum) => Encoding.UTF8.GetBytes(Append(new StringBuilder(), datum, 0).Append('\n').ToString());

    /// <summary>The text of a number. JSON has no form for infinities and NaN, so these are written in quotation marks.</summary>
    public static string Text(double value) => value switch
    {
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static StringBuilder Append(StringBuilder json, Datum datum, int level) => datum switch
    {
        Datum.Number(var value) => double.IsFinite(value) ? json.Append(Text(value)) : json.Append('"').Append(Text(value)).Append('"'),
        Datum.Whole(var value) => json.Append(value),
        Datum.Truth(var value) => json.Append(value ? "true" : "false"),
        Datum.Text(var value) => AppendText(json, value),
        Datum.List(var items) =>
            AppendAll(json, '[', ']', items, level, items.Exists(item => item is Datum.List or Datum.Fields), (item, inner) => Append(json, item, inner)),
        Datum.Fields(var items) => AppendAll(
            json, '{', '}', items, level, lined: true, (field, inner) => Append(AppendText(json, field.Name).Append(": "), field.Value, inner)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static StringBuilder AppendText(StringBuilder json, string text) =>
        json.Append('"').Append(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)).Append('"');

    private static StringBuilder AppendAll<T>(StringBuilder json, char open, char close, IEnumerable<T> items, int level, bool lined, Action<T, int> append)
    {
        StringBuilder Break(int indent) => lined && level < LinedLevels ? json.Append('\n').Append(' ', 2 * indent) : json;
        var first = true;
        json.Append(open);
        foreach (var item in items)
        {
            if (!first)
            {
                json.Append(lined && level < LinedLevels ? "," : ", ");
            }

            Break(level + 1);
            append(item, level + 1);
            first = false;
        }

        return (first ? json : Break(level)).Append(close);
    }
}

using System.Text.Json;
using Ddpm.Pure.Text;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Exchange;

/// <summary>
/// A JSON object that another program wrote. Each reading of a value that has the wrong type adds a fault and gives the default, so that all faults are found
/// in one pass. It remembers what was read, so that nothing is dropped in silence.
/// </summary>
internal sealed class JsonConfig
{
    private const int LongestValue = 60;

    private readonly string _file;
    private readonly JsonElement _root;
    private readonly System.Collections.Generic.HashSet<string> _read = [];
    private readonly List<Error> _faults = [];

    private JsonConfig(string file, JsonElement root) => (_file, _root) = (file, root);

    /// <summary>The faults that readings found so far.</summary>
    public Seq<Error> Faults => toSeq(_faults.ToArray());

    /// <summary>Whether the object has a name with a value that is not null.</summary>
    public bool Has(string name) => _root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Parses a file.</summary>
    /// <param name="file">Its name, for faults.</param>
    /// <param name="json">Its bytes.</param>
    public static Fin<JsonConfig> Parse(string file, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new() { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new JsonConfig(file, document.RootElement.Clone())
                : Error.New($"{file}: it must hold a JSON object");
        }
        catch (JsonException e)
        {
            return Error.New(Invariant($"{file}: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} is not valid JSON"));
        }
        catch (InvalidOperationException)
        {
            return Error.New($"{file}: it holds half a surrogate pair, which is not valid text");
        }
    }

    /// <summary>A whole number; null where the default is null and the value is.</summary>
    public int? Integer(string name, int? otherwise, bool mayBeNull = false) =>
        Read<int?>(name, otherwise, mayBeNull, "a whole number", value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) ? n : None);

    /// <summary>A whole number.</summary>
    public int Integer(string name, int otherwise) => Integer(name, (int?)otherwise)!.Value;

    /// <summary>A number.</summary>
    public double Number(string name, double otherwise) =>
        Read(name, otherwise, false, "a number", value => value.ValueKind == JsonValueKind.Number ? Some(value.GetDouble()) : None);

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool otherwise) => Read(
        name, otherwise, false, "true or false", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? Some(value.GetBoolean()) : None);

    /// <summary>Text.</summary>
    public string Text(string name, string otherwise) =>
        Read(name, otherwise, false, "text", value => value.ValueKind == JsonValueKind.String ? Some(value.GetString()!) : None);

    /// <summary>Whole numbers.</summary>
    public Arr<int> Integers(string name, Arr<int> otherwise) => Read(
        name, otherwise, false, "a list of whole numbers",
        value => Items(value).Bind(items => items.Map(item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var n) ? Some(n) : None).Sequence()));

    /// <summary>Texts.</summary>
    public Arr<string> Texts(string name, Arr<string> otherwise) => Read(
        name, otherwise, false, "a list of texts",
        value => Items(value).Bind(items => items.Map(item => item.ValueKind == JsonValueKind.String ? Some(item.GetString()!) : None).Sequence()));

    /// <summary>Adds the fault of a value unless a rule holds.</summary>
    public void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            _faults.Add(Error.New($"{_file}: {name} {rule}, got {Shown(name)}"));
        }
    }

    /// <summary>A line about a value that has no effect.</summary>
    public string Remark(string name, string why)
    {
        _read.Add(name);
        return $"{_file}: {name} = {Shown(name)} has no effect: {why}";
    }

    /// <summary>The names that nothing read; names that begin with an underscore are the writer's own.</summary>
    public Seq<string> Unread() => toSeq(_root.EnumerateObject().Select(property => property.Name).Where(name => name[..1] != "_" && !_read.Contains(name))
        .ToArray());

    /// <summary>A value as a line shows it.</summary>
    public string Shown(string name)
    {
        var text = _root.TryGetProperty(name, out var value) ? Quotation.Printable(value.GetRawText()) : "nothing";
        return text.Length <= LongestValue ? text : text[..LongestValue] + "…";
    }

    private static Option<Arr<JsonElement>> Items(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? Some(value.EnumerateArray().ToArray().ToArr()) : None;

    private T Read<T>(string name, T otherwise, bool mayBeNull, string kind, Func<JsonElement, Option<T>> convert)
    {
        _read.Add(name);
        if (!_root.TryGetProperty(name, out var value))
        {
            return otherwise;
        }

        if (value.ValueKind == JsonValueKind.Null && mayBeNull)
        {
            return default!;
        }

        return convert(value).IfNone(() =>
        {
            _faults.Add(Error.New($"{_file}: {name} must be {kind}, got {Shown(name)}"));
            return otherwise;
        });
    }
}

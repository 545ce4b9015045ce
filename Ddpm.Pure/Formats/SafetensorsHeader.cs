using System.Text.Json;
using System.Text.Unicode;
using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>A parsed safetensors header, before its check against the data.</summary>
internal sealed record SafetensorsHeader(Arr<SafetensorsHeader.Entry> Entries, HashMap<string, string> Metadata)
{
    /// <summary>One tensor. The header claims that its data lie in [Begin, End), counted from the end of the header.</summary>
    internal sealed record Entry(string Name, SafetensorsType Type, Arr<long> Shape, long Begin, long End)
    {
        internal Error Misplaced(string reason) =>
            Fault($"tensor {Quote(Name)} has its data at [{Begin}, {End}), {reason}: the file is damaged or cut short");
    }

    /// <summary>The deepest legal nesting: the object of tensors, one object for each tensor, and an array in it.</summary>
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 3 };

    internal static Error Fault(string reason) => Error.New($"safetensors: {reason}");

    internal static Fin<SafetensorsHeader> Parse(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
        {
            return Fault("the header is not UTF-8: the file is damaged");
        }

        if (text.IsEmpty || text[0] != '{')
        {
            return Fault("the header does not begin with '{': this is not a safetensors file");
        }

        var json = new Utf8JsonReader(text, Strict);
        try
        {
            return Parse(ref json);
        }
        catch (JsonException e)
        {
            return Damaged(ref json, $"the header is not JSON ({Printable(e.Message)})");
        }
        catch (InvalidOperationException)
        {
            return Damaged(ref json, "a name is not valid Unicode"); // an escaped lone surrogate: even a comparison throws
        }
    }

    /// <summary>The file with these data. Every byte must belong to exactly one tensor.</summary>
    internal Fin<SafetensorsFile> Slice(ReadOnlyMemory<byte> data)
    {
        var tensors = new List<SafetensorsTensor>(Entries.Count);
        var expected = 0L;
        foreach (var entry in Entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin > expected)
            {
                return entry.Misplaced($"but no tensor fills the gap that begins at {expected}");
            }

            if (entry.Begin < expected)
            {
                return entry.Misplaced($"but the tensor before it ends at {expected}");
            }

            if (entry.End < entry.Begin)
            {
                return entry.Misplaced("which ends before it begins");
            }

            if (entry.End > data.Length)
            {
                return entry.Misplaced($"but the file has only {data.Length} bytes of data");
            }

            var created = SafetensorsTensor.Of(entry.Name, entry.Type, entry.Shape, data[(int)entry.Begin..(int)entry.End]);
            if (created.IsFail)
            {
                return Fault($"{created.FailToSeq().Head.Message}: the file is damaged");
            }

            tensors.Add((SafetensorsTensor)created);
            expected = entry.End;
        }

        if (expected != data.Length)
        {
            return Fault($"the last {data.Length - expected} bytes of the file belong to no tensor: it is damaged");
        }

        return SafetensorsFile.Of(tensors, Metadata).Match(
            Succ: Fin<SafetensorsFile>.Succ,
            Fail: errors => Fault(errors.Head.Message));
    }

    private static Fin<SafetensorsHeader> Parse(ref Utf8JsonReader json)
    {
        var entries = new List<Entry>();
        Option<HashMap<string, string>> metadata = None;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!TryText(ref json, out var name))
            {
                return Damaged(ref json, "a name is not valid Unicode");
            }

            json.Read();
            if (name == Safetensors.MetadataKey)
            {
                if (metadata.IsSome)
                {
                    return Damaged(ref json, "the metadata appear twice");
                }

                var parsed = ParseMetadata(ref json);
                if (parsed.IsFail)
                {
                    return (Error)parsed;
                }

                metadata = Some((HashMap<string, string>)parsed);
            }
            else
            {
                var parsed = ParseEntry(ref json, name);
                if (parsed.IsFail)
                {
                    return (Error)parsed;
                }

                entries.Add((Entry)parsed);
            }
        }

        // The object has ended. This checks that only white space follows.
        json.Read();
        return new SafetensorsHeader(new Arr<Entry>(entries), metadata.IfNone(HashMap<string, string>()));
    }

    private static Fin<HashMap<string, string>> ParseMetadata(ref Utf8JsonReader json)
    {
        var metadata = new Dictionary<string, string>();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return Damaged(ref json, "the metadata are not an object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!TryText(ref json, out var key))
            {
                return Damaged(ref json, "a metadata key is not valid Unicode");
            }

            json.Read();
            if (!TryText(ref json, out var text))
            {
                return Damaged(ref json, $"metadata {Quote(key)} is not text");
            }

            if (!metadata.TryAdd(key, text))
            {
                return Damaged(ref json, $"metadata {Quote(key)} appears twice");
            }
        }

        return toHashMap(metadata);
    }

    private static Fin<Entry> ParseEntry(ref Utf8JsonReader json, string name)
    {
        SafetensorsType? type = null;
        Arr<long>? shape = null, offsets = null;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return Damaged(ref json, $"tensor {Quote(name)} is not an object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("dtype"u8) && type is null)
            {
                json.Read();
                if (!TryText(ref json, out var typeName))
                {
                    return Damaged(ref json, $"the dtype of tensor {Quote(name)} is not text");
                }

                type = SafetensorsType.All.FirstOrDefault(candidate => candidate.Name == typeName);
                if (type is null)
                {
                    var known = string.Join(", ", SafetensorsType.All);
                    return Fault($"type {Quote(typeName)} of tensor {Quote(name)} is not one of {known}: convert it first");
                }
            }
            else if (json.ValueTextEquals("shape"u8) && shape is null)
            {
                if (!TryNumbers(ref json, ArrayExtent.MaxRank, out var extents))
                {
                    return Damaged(ref json, $"the shape of tensor {Quote(name)} is not at most {ArrayExtent.MaxRank} numbers below 2⁶³");
                }

                shape = extents;
            }
            else if (json.ValueTextEquals("data_offsets"u8) && offsets is null)
            {
                if (!TryNumbers(ref json, 2, out var pair) || pair.Count != 2)
                {
                    return Damaged(ref json, $"the data_offsets of tensor {Quote(name)} are not two numbers below 2⁶³");
                }

                offsets = pair;
            }
            else
            {
                return Damaged(ref json, $"tensor {Quote(name)} has an unknown or repeated field");
            }
        }

        return type is null || shape is null || offsets is null
            ? Damaged(ref json, $"tensor {Quote(name)} lacks dtype, shape or data_offsets")
            : new Entry(name, type, shape.Value, offsets.Value[0], offsets.Value[1]);
    }

    private static bool TryNumbers(ref Utf8JsonReader json, int most, out Arr<long> numbers)
    {
        numbers = Arr<long>.Empty;
        Span<long> read = stackalloc long[most];
        var count = 0;
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (count == most || json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number) || number < 0)
            {
                return false;
            }

            read[count++] = number;
        }

        numbers = new Arr<long>(read[..count].ToArray());
        return true;
    }

    /// <summary>
    /// The string or name at the reader; null for another token, or for an escaped lone surrogate, which the reader reports only by an
    /// exception.
    /// </summary>
    private static bool TryText(ref Utf8JsonReader json, out string text)
    {
        text = "";
        if (json.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            return false;
        }

        try
        {
            text = json.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static Error Damaged(ref Utf8JsonReader json, string reason) =>
        Fault($"at byte {json.TokenStartIndex + sizeof(ulong)}: {reason}: the file is damaged");
}

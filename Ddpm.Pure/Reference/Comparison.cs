using System.Buffers.Binary;
using System.Text.Json;
using Ddpm.Pure.Formats;
using Ddpm.Pure.Text;
using LanguageExt;

namespace Ddpm.Pure.Reference;

/// <summary>Compares the bytes of a file, which may be anything, with the expected content.</summary>
internal static class Comparison
{
    private static readonly Verdict Exact = new Verdict.Exact();

    /// <summary>The verdict on a whole file.</summary>
    public static Verdict Of(Content expected, ReadOnlyMemory<byte> file, Tolerance tolerance) => expected switch
    {
        Content.Json(var root) => OfJson(root, file, tolerance),
        Content.Table(var array) => Npy.Read(file).Match(
            Succ: got => OfArray(array, got, tolerance),
            Fail: fault => new Verdict.Unreadable(fault.Message)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>How many representable numbers lie between two doubles; the largest number if one of them is NaN.</summary>
    internal static long Ulps(double a, double b)
    {
        static long Place(double x) => BitConverter.DoubleToInt64Bits(x) is var bits && bits < 0 ? long.MinValue - bits : bits;
        return double.IsNaN(a) || double.IsNaN(b) ? long.MaxValue : (long)Int128.Min(Int128.Abs((Int128)Place(a) - Place(b)), long.MaxValue);
    }

    private static long Ulps(float a, float b)
    {
        static long Place(float x) => BitConverter.SingleToInt32Bits(x) is var bits && bits < 0 ? (long)int.MinValue - bits : bits;
        return float.IsNaN(a) || float.IsNaN(b) ? long.MaxValue : Math.Abs(Place(a) - Place(b));
    }

    private static Verdict OfArray(NpyArray expected, NpyArray got, Tolerance tolerance)
    {
        if (got.Type != expected.Type)
        {
            return new Verdict.Wrong("the type", expected.Type.Descr, got.Type.Descr);
        }

        if (got.Shape != expected.Shape)
        {
            return new Verdict.Wrong("the shape", Text(expected.Shape), Text(got.Shape));
        }

        var (verdict, size) = (Exact, expected.Type.ItemBytes);
        for (var i = 0; i < expected.Data.Length / size && verdict.IsRight; i++)
        {
            ReadOnlySpan<byte> right = expected.Data.Span.Slice(i * size, size), read = got.Data.Span.Slice(i * size, size);
            if (!right.SequenceEqual(read))
            {
                var ((a, b), index) = ((Element(expected.Type, right), Element(got.Type, read)), i);
                var ulps = expected.Type == NpyType.F4 ? Ulps((float)a, (float)b) : Ulps(a, b);
                verdict = verdict.Then(OfNumber(a, b, tolerance, () => Index(expected.Shape, index), ulps));
            }
        }

        return verdict;
    }

    /// <summary>An element as a double, which can hold every value of the reference's types.</summary>
    private static double Element(NpyType type, ReadOnlySpan<byte> bytes) =>
        type == NpyType.F8 ? BinaryPrimitives.ReadDoubleLittleEndian(bytes)
        : type == NpyType.F4 ? (double)BinaryPrimitives.ReadSingleLittleEndian(bytes)
        : type == NpyType.I4 ? (double)BinaryPrimitives.ReadInt32LittleEndian(bytes)
        : type == NpyType.U4 ? (double)BinaryPrimitives.ReadUInt32LittleEndian(bytes)
        : throw new NotSupportedException($"the reference holds no {type}");

    private static Verdict OfNumber(double expected, double got, Tolerance tolerance, Func<string> where, long ulps) =>
        ulps == 0 || expected.Equals(got) ? Exact
        : tolerance.Allows(expected, got) ? new Verdict.Near(ulps, where())
        : new Verdict.Wrong(where(), DatumJson.Text(expected), DatumJson.Text(got));

    private static Verdict OfJson(Datum expected, ReadOnlyMemory<byte> file, Tolerance tolerance)
    {
        try
        {
            using var json = JsonDocument.Parse(file);
            return OfValue(expected, json.RootElement, tolerance, "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader reports half a surrogate pair only when the text is read, as an invalid operation.
            return new Verdict.Unreadable(e is JsonException { LineNumber: { } line, BytePositionInLine: { } position }
                ? Invariant($"no JSON on line {line + 1} at byte {position + 1}")
                : "a text in it is no UTF-16");
        }
    }

    private static Verdict OfValue(Datum expected, JsonElement got, Tolerance tolerance, string where) => (expected, got.ValueKind) switch
    {
        (Datum.Number(var value), JsonValueKind.Number) when got.TryGetDouble(out var read) =>
            OfNumber(value, read, tolerance, () => Place(where), Ulps(value, read)),
        (Datum.Number(var value), JsonValueKind.String) when !double.IsFinite(value) && got.ValueEquals(DatumJson.Text(value)) => Exact,
        (Datum.Whole(var value), JsonValueKind.Number) when got.TryGetDouble(out var read) && read == value => Exact,
        (Datum.Text(var value), JsonValueKind.String) when got.ValueEquals(value) => Exact,
        (Datum.Truth(var value), JsonValueKind.True or JsonValueKind.False) when got.GetBoolean() == value => Exact,
        (Datum.List(var items), JsonValueKind.Array) when got.GetArrayLength() == items.Count => items.Zip(got.EnumerateArray())
            .Select((pair, i) => OfValue(pair.Item1, pair.Item2, tolerance, Invariant($"{where}[{i}]")))
            .Aggregate(Exact, (all, next) => all.Then(next)),
        (Datum.List(var items), JsonValueKind.Array) =>
            new Verdict.Wrong(Place(where), Invariant($"{items.Count} elements"), Invariant($"{got.GetArrayLength()}")),
        (Datum.Fields(var items), JsonValueKind.Object) => OfFields(items, got, tolerance, where),
        _ => new Verdict.Wrong(Place(where), Described(expected), Quotation.Quote(got.GetRawText())),
    };

    private static Verdict OfFields(Arr<(string Name, Datum Value)> items, JsonElement got, Tolerance tolerance, string where)
    {
        string Within(string name) => where.Length == 0 ? name : $"{where}.{name}";
        var names = Prelude.toHashSet(items.Map(item => item.Name));
        var verdict = items.Fold(Exact, (all, item) => !all.IsRight ? all : all.Then(got.TryGetProperty(item.Name, out var read)
            ? OfValue(item.Value, read, tolerance, Within(item.Name))
            : new Verdict.Wrong(Within(item.Name), Described(item.Value), "nothing")));
        return got.EnumerateObject().Where(field => !names.Contains(field.Name)).Take(1).Aggregate(
            verdict,
            (all, field) => all.Then(new Verdict.Wrong(Within(Quotation.Quote(field.Name)), "nothing", Quotation.Quote(field.Value.GetRawText()))));
    }

    private static string Described(Datum expected) => expected switch
    {
        Datum.Number(var value) => DatumJson.Text(value),
        Datum.Whole(var value) => Invariant($"{value}"),
        Datum.Truth(var value) => value ? "true" : "false",
        Datum.Text(var value) => Quotation.Quote(value),
        Datum.List(var items) => Invariant($"a list of {items.Count}"),
        _ => "named values",
    };

    private static string Place(string where) => where.Length == 0 ? "the top" : where;

    private static string Text(Arr<long> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>The index of the i-th element in C order.</summary>
    private static string Index(Arr<long> shape, long i)
    {
        var index = new long[shape.Count];
        for (var axis = index.Length - 1; axis >= 0; axis--)
        {
            (i, index[axis]) = (i / shape[axis], i % shape[axis]);
        }

        return $"[{string.Join(", ", index)}]";
    }
}

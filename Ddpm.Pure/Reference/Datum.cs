using LanguageExt;

namespace Ddpm.Pure.Reference;

/// <summary>What a JSON file of the reference holds.</summary>
public abstract record Datum
{
    private Datum()
    {
    }

    /// <summary>A number in double precision; in JSON the infinities and NaN are the strings "Infinity", "-Infinity" and "NaN".</summary>
    public sealed record Number(double Value) : Datum;

    /// <summary>A whole number.</summary>
    public sealed record Whole(long Value) : Datum;

    /// <summary>A text; also a 64-bit number, which many readers of JSON would round.</summary>
    public sealed record Text(string Value) : Datum;

    /// <summary>Yes or no.</summary>
    public sealed record Truth(bool Value) : Datum;

    /// <summary>A list.</summary>
    public sealed record List(Arr<Datum> Items) : Datum;

    /// <summary>Named values, in an order that only the writer keeps to.</summary>
    public sealed record Fields(Arr<(string Name, Datum Value)> Items) : Datum;

    /// <summary>A number.</summary>
    public static Datum Of(double value) => new Number(value);

    /// <summary>A whole number.</summary>
    public static Datum Of(int value) => new Whole(value);

    /// <summary>A text.</summary>
    public static Datum Of(string value) => new Text(value);

    /// <summary>Yes or no.</summary>
    public static Datum Of(bool value) => new Truth(value);

    /// <summary>A 64-bit number, as text.</summary>
    public static Datum Of(ulong value) => new Text(Invariant($"{value}"));

    /// <summary>A list of numbers.</summary>
    public static Datum Of(IEnumerable<double> values) => Each(values, Of);

    /// <summary>A list of whole numbers.</summary>
    public static Datum Of(IEnumerable<int> values) => Each(values, Of);

    /// <summary>A list of whatever a function makes of some values.</summary>
    public static Datum Each<T>(IEnumerable<T> values, Func<T, Datum> make) => new List(values.Select(make).ToArr());

    /// <summary>Named values.</summary>
    public static Datum Named(params (string Name, Datum Value)[] fields) => new Fields(fields.ToArr());

    /// <summary>Named values, one for each of some values.</summary>
    public static Datum NamedEach<T>(IEnumerable<T> values, Func<T, (string Name, Datum Value)> make) => new Fields(values.Select(make).ToArr());
}

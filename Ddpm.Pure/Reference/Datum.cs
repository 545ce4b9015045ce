using LanguageExt;

namespace Ddpm.Pure.Reference;

/// <summary>The content of a JSON file of the reference.</summary>
public abstract record Datum
{
    private Datum()
    {
    }

    /// <summary>A number in double precision; in JSON the infinities and NaN are the strings "Infinity", "-Infinity" and "NaN".</summary>
    public sealed record Number(double Value) : Datum;

    /// <summary>A whole number.</summary>
    public sealed record Whole(long Value) : Datum;

    /// <summary>A text, or a 64-bit number, which many JSON readers would round.</summary>
    public sealed record Text(string Value) : Datum;

    /// <summary>True or false.</summary>
    public sealed record Truth(bool Value) : Datum;

    /// <summary>A list.</summary>
    public sealed record List(Arr<Datum> Items) : Datum;

    /// <summary>Named values. Readers may ignore their order.</summary>
    public sealed record Fields(Arr<(string Name, Datum Value)> Items) : Datum;

    /// <summary>A number.</summary>
    public static Datum Of(double value) => new Number(value);

    /// <summary>A whole number.</summary>
    public static Datum Of(int value) => new Whole(value);

    /// <summary>A text.</summary>
    public static Datum Of(string value) => new Text(value);

    /// <summary>True or false.</summary>
    public static Datum Of(bool value) => new Truth(value);

    /// <summary>A 64-bit number, as text.</summary>
    public static Datum Of(ulong value) => new Text(Invariant($"{value}"));

    /// <summary>A list of numbers.</summary>
    public static Datum Of(IEnumerable<double> values) => Each(values, Of);

    /// <summary>A list of whole numbers.</summary>
    public static Datum Of(IEnumerable<int> values) => Each(values, Of);

    /// <summary>A list with one datum for each value.</summary>
    public static Datum Each<T>(IEnumerable<T> values, Func<T, Datum> make) => new List(values.Select(make).ToArr());

    /// <summary>Named values.</summary>
    public static Datum Named(params (string Name, Datum Value)[] fields) => new Fields(fields.ToArr());

    /// <summary>Named values, one for each value.</summary>
    public static Datum NamedEach<T>(IEnumerable<T> values, Func<T, (string Name, Datum Value)> make) => new Fields(values.Select(make).ToArr());
}

using Ddpm.Pure.Formats;
using FsCheck;
using FsCheck.Fluent;
using LanguageExt;

namespace Ddpm.Properties.Formats;

/// <summary>Valid arrays and files by construction: scalars, empty ones, many dimensions, every type, names from all of Unicode.</summary>
public static class FormatGenerators
{
    public static Arbitrary<NpyArray> NpyArrays() =>
        (from type in Gen.Elements(NpyType.All.AsEnumerable())
         from shape in Shapes
         from data in Data(shape, type.ItemBytes)
         select NpyArray.Of(type, shape, data).Valid()).ToArbitrary();

    public static Arbitrary<SafetensorsFile> SafetensorsFiles() =>
        (from tensors in Tensors
         from metadata in Metadata
         select SafetensorsFile.Of(tensors, metadata).Valid()).ToArbitrary();

    public static Arbitrary<AnyText> Texts() => Gen.Choose(0, 90).SelectMany(Text).Select(text => new AnyText(text)).ToArbitrary();

    private static Gen<Arr<long>> Shapes =>
        Gen.Frequency(
            (8, Gen.Choose(0, 4).SelectMany(rank => Gen.Choose(0, 4).ArrayOf(rank)).Select(Shape)),
            (1, Gen.Constant(Shape([.. Enumerable.Repeat(1, 32)]))),
            (1, Gen.Elements(1L << 58, 1_000_000_000_000, int.MaxValue).Select(huge => new Arr<long>([huge, 0]))));

    private static Gen<Arr<SafetensorsTensor>> Tensors =>
        from count in Gen.Frequency((4, Gen.Choose(0, 4)), (1, Gen.Choose(20, 60)))
        from parts in (from name in Name
                       from type in Gen.Elements(SafetensorsType.All.AsEnumerable())
                       from shape in Shapes
                       from data in Data(shape, type.ItemBytes)
                       select (name, type, shape, data)).ArrayOf(count)
            // The number makes the names differ.
        select new Arr<SafetensorsTensor>(parts.Select((p, i) => SafetensorsTensor.Of($"{p.name}{i}", p.type, p.shape, p.data).Valid()));

    private static Gen<HashMap<string, string>> Metadata =>
        from count in Gen.Choose(0, 4)
        from texts in Name.ArrayOf(2 * count)
        select Prelude.toHashMap(Enumerable.Range(0, count).Select(i => ($"{texts[2 * i]}{i}", texts[(2 * i) + 1])));

    /// <summary>
    /// ASCII and what JSON, terminals and orderings stumble over: quotes, controls, line separators, private use, surrogate pairs.
    /// </summary>
    private static readonly string[] Pieces =
    [
        "a", "Z", ".", "_", " ", "0", "\"", "\\", "/", "<", "\0", "\n", "\u007f", "é", "漢", "\u2028", "\ue000", "\ufffd", "\uffff", "😀",
        "\U0010ffff",
    ];

    private static Gen<string> Name =>
        from length in Gen.Choose(0, 8)
        from parts in Gen.Elements(Pieces).ArrayOf(length)
        select string.Concat(parts);

    /// <summary>Halves of surrogate pairs alone are among them.</summary>
    private static Gen<string> Text(int length) => Gen.Frequency(
        (1, Gen.Elements(Pieces)),
        (1, Gen.Choose(0, char.MaxValue).Select(symbol => $"{(char)symbol}"))).ArrayOf(length).Select(string.Concat);

    private static Gen<byte[]> Data(Arr<long> shape, int itemBytes) =>
        Generators.Bytes((int)shape.Fold((long)itemBytes, (product, extent) => product * extent));

    private static Arr<long> Shape(int[] extents) => new(extents.Select(extent => (long)extent));

    /// <summary>Up to ninety characters of any kind.</summary>
    public sealed record AnyText(string Value);
}

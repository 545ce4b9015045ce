using System.Globalization;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>
/// An array of unsigned bytes of rank 1 to 4, as in an IDX file: row-major, the last axis fastest.
/// Two arrays are equal when their shapes and all their elements are.
/// </summary>
public sealed record IdxArray
{
    private IdxArray(Arr<int> shape, ReadOnlyMemory<byte> data) => (Shape, Data) = (shape, data);

    /// <summary>The size of each axis, 1 to 4 of them. The first may be 0 (no items); the others are at least 1.</summary>
    public Arr<int> Shape { get; }

    /// <summary>The elements. Their number is the product of <see cref="Shape"/>.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Checks that shape and data fit together.</summary>
    /// <param name="shape">1 to 4 sizes, the first at least 0, the others at least 1.</param>
    /// <param name="data">The elements, row-major. The array keeps a view: the caller must not change the bytes afterwards.</param>
    /// <returns>The array, or every fault.</returns>
    public static Validation<Error, IdxArray> Of(Arr<int> shape, ReadOnlyMemory<byte> data)
    {
        var rank = shape.Count is >= 1 and <= 4
            ? Seq<Error>()
            : Seq1(Error.New($"an IDX array has 1 to 4 axes, got {shape.Count}"));
        var sizes = toSeq(shape.Map((axis, size) => (axis, size, least: axis == 0 ? 0 : 1)))
            .Filter(s => s.size < s.least)
            .Map(s => Error.New($"axis {s.axis} of an IDX array must have at least {s.least} elements, got {s.size}"));
        var faults = rank + sizes;
        if (faults.IsEmpty && shape.Fold((UInt128)1, (product, size) => product * (uint)size) is var needed && needed != (uint)data.Length)
        {
            faults = Seq1(Error.New($"an IDX array of {Describe(shape)} has {needed} elements, got {data.Length}"));
        }

        return faults.IsEmpty ? Success<Error, IdxArray>(new IdxArray(shape, data)) : Fail<Error, IdxArray>(faults);
    }

    /// <summary>The text of a shape, such as 60000×28×28.</summary>
    public static string Describe(Arr<int> shape) =>
        string.Join('×', shape.Map(size => size.ToString(CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public bool Equals(IdxArray? other) =>
        other is not null && Shape == other.Shape && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => Shape.GetHashCode();
}

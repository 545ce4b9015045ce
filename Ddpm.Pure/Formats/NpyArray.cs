using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>An array of a <c>.npy</c> file: elements in C order (the last index runs fastest), little-endian.</summary>
public sealed record NpyArray
{
    private NpyArray(NpyType type, Arr<long> shape, ReadOnlyMemory<byte> data) => (Type, Shape, Data) = (type, shape, data);

    /// <summary>The type of every element.</summary>
    public NpyType Type { get; }

    /// <summary>The extents, outermost first, each at least 0, at most 32 extents; none for a scalar.</summary>
    public Arr<long> Shape { get; }

    /// <summary>The bytes of the elements: the product of the extents times the element size.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Creates an array. Fails if the shape is impossible or does not fit the number of bytes.</summary>
    /// <param name="type">The type of every element.</param>
    /// <param name="shape">The extents, outermost first.</param>
    /// <param name="data">The bytes of the elements. They are kept, not copied, and must not change afterwards.</param>
    public static Validation<Error, NpyArray> Of(NpyType type, Arr<long> shape, ReadOnlyMemory<byte> data) =>
        ArrayExtent.Fault(shape, type.Descr, type.ItemBytes, data.Length).Match(
            Some: fault => Validation<Error, NpyArray>.Fail(Seq1(Error.New(fault))),
            None: () => Validation<Error, NpyArray>.Success(new NpyArray(type, shape, data)));

    /// <summary>Equality by content: type, shape and every byte of the data.</summary>
    public bool Equals(NpyArray? other) =>
        other is not null && Type == other.Type && Shape == other.Shape && Data.Span.SequenceEqual(other.Data.Span);

    /// <summary>A hash of type and shape alone: the data may be hundreds of megabytes.</summary>
    public override int GetHashCode() => HashCode.Combine(Type, Shape);
}

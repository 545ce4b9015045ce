using LanguageExt;
using LanguageExt.Common;
using static Ddpm.Pure.Text.Quotation;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Formats;

/// <summary>A named tensor of a safetensors file: elements in C order (the last index runs fastest), little-endian.</summary>
public sealed record SafetensorsTensor
{
    private SafetensorsTensor(string name, SafetensorsType type, Arr<long> shape, ReadOnlyMemory<byte> data) =>
        (Name, Type, Shape, Data) = (name, type, shape, data);

    /// <summary>The name, such as "down1.0.conv1.weight": any text but "__metadata__", which the format reserves.</summary>
    public string Name { get; }

    /// <summary>The type of every element.</summary>
    public SafetensorsType Type { get; }

    /// <summary>The extents, outermost first, each at least 0, at most 32 extents; none for a scalar.</summary>
    public Arr<long> Shape { get; }

    /// <summary>The bytes of the elements: the product of the extents times the element size.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Creates a tensor. The errors name every fault of name, type, shape and data.</summary>
    /// <param name="name">The name; it must be valid Unicode (no lone surrogates).</param>
    /// <param name="type">The type of every element.</param>
    /// <param name="shape">The extents, outermost first.</param>
    /// <param name="data">The bytes of the elements. They are kept, not copied, and must not change afterwards.</param>
    public static Validation<Error, SafetensorsTensor> Of(string name, SafetensorsType type, Arr<long> shape, ReadOnlyMemory<byte> data)
    {
        var nameFault = NameFault(name);
        var dataFault = ArrayExtent.Fault(shape, type.Name, type.ItemBytes, data.Length);
        if (nameFault.IsNone && dataFault.IsNone)
        {
            return Validation<Error, SafetensorsTensor>.Success(new SafetensorsTensor(name, type, shape, data));
        }

        return Validation<Error, SafetensorsTensor>.Fail(
            Seq(nameFault, dataFault).Somes().Map(fault => Error.New($"tensor {Quote(name)}: {fault}")));
    }

    /// <summary>Equality by content: name, type, shape and every byte of the data.</summary>
    public bool Equals(SafetensorsTensor? other) =>
        other is not null && Name == other.Name && Type == other.Type && Shape == other.Shape && Data.Span.SequenceEqual(other.Data.Span);

    /// <summary>A hash of name, type and shape alone: the data may be hundreds of megabytes.</summary>
    public override int GetHashCode() => HashCode.Combine(Name, Type, Shape);

    private static Option<string> NameFault(string name)
    {
        if (name == Safetensors.MetadataKey)
        {
            return "the format reserves this name";
        }

        return Unicode.IsValid(name) ? None : "the name is not valid Unicode";
    }
}

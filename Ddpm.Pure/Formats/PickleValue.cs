using LanguageExt;

namespace Ddpm.Pure.Formats;

/// <summary>A value of a pickle's stack machine.</summary>
internal abstract record PickleValue
{
    public sealed record Text(string Content) : PickleValue;

    /// <summary>Bytes, or a string of Python 2.</summary>
    public sealed record Bytes(ReadOnlyMemory<byte> Content) : PickleValue;

    public sealed record Integer(long Number) : PickleValue;

    public sealed record Truth(bool IsTrue) : PickleValue;

    /// <summary>None or a real number. A state dict may hold them beside tensors, and nobody reads them.</summary>
    public sealed record Unread : PickleValue;

    public sealed record Tuple(Arr<PickleValue> Items) : PickleValue;

    public sealed record Listing(List<PickleValue> Items) : PickleValue;

    public sealed record Dictionary(List<(PickleValue Key, PickleValue Item)> Entries) : PickleValue;

    /// <summary>A function or class that a pickle names. It is never called: its vocabulary says what it would make.</summary>
    public sealed record Function(string Name) : PickleValue;

    public sealed record StorageOf(SafetensorsType Type) : PickleValue;

    public sealed record Storage(string Key, SafetensorsType Type, long Count) : PickleValue;

    public sealed record Tensor(TorchView View) : PickleValue;

    /// <summary>A text that stands for bytes, one for each character, as Python 3 writes bytes in protocol 2. It is encoded when somebody reads it.</summary>
    public sealed record Latin1(string Content) : PickleValue;

    /// <summary>The type of an array's elements: unsigned bytes.</summary>
    public sealed record ByteType : PickleValue;

    /// <summary>An array before it received its shape and elements.</summary>
    public sealed record EmptyArray : PickleValue;

    /// <summary>An array of unsigned bytes in C order.</summary>
    /// <param name="Shape">The extents, outermost first.</param>
    /// <param name="Content">The elements, <see cref="Bytes"/> or <see cref="Latin1"/>. Their number fits the shape.</param>
    public sealed record ByteArray(Arr<long> Shape, PickleValue Content) : PickleValue;

    public sealed record Mark : PickleValue;
}

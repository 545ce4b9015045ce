using LanguageExt;

namespace Ddpm.Pure.Formats;

/// <summary>A value of a pickle's stack machine.</summary>
internal abstract record PickleValue
{
    public sealed record Text(string Content) : PickleValue;

    public sealed record Integer(long Number) : PickleValue;

    public sealed record Truth(bool IsTrue) : PickleValue;

    /// <summary>None or a real number. A state dict may hold them beside tensors, and nobody reads them.</summary>
    public sealed record Unread : PickleValue;

    public sealed record Tuple(Arr<PickleValue> Items) : PickleValue;

    public sealed record Listing(List<PickleValue> Items) : PickleValue;

    public sealed record Dictionary(List<(PickleValue Key, PickleValue Item)> Entries) : PickleValue;

    public sealed record Ordered : PickleValue;

    public sealed record RebuildTensor : PickleValue;

    public sealed record RebuildParameter : PickleValue;

    public sealed record StorageOf(SafetensorsType Type) : PickleValue;

    public sealed record Storage(string Key, SafetensorsType Type, long Count) : PickleValue;

    public sealed record Tensor(TorchView View) : PickleValue;

    public sealed record Mark : PickleValue;
}

using LanguageExt;

namespace Ddpm.Pure.Formats;

/// <summary>A tensor of a pickled state dict: a view of a storage.</summary>
/// <param name="Storage">The storage's key.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Count">The number of elements in the storage.</param>
/// <param name="Offset">The tensor's first element in the storage.</param>
/// <param name="Shape">The extents.</param>
/// <param name="Strides">The distance between neighbours along each extent, in elements.</param>
internal sealed record TorchView(string Storage, SafetensorsType Type, long Count, long Offset, Arr<long> Shape, Arr<long> Strides);

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>A zlib-compressed part of a picture's pixels.</summary>
/// <param name="Bytes">The compressed bytes.</param>
/// <param name="InflatedLength">The number of bytes that they must give.</param>
internal sealed record DeflatedPart(ReadOnlyMemory<byte> Bytes, long InflatedLength);

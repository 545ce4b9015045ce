
namespace Ddpm.Pure.Formats;

/// <summary>
/// CRC-32, the checksum of zip archives (ISO 3309): the remainder of a message, as a polynomial over GF(2), by 0x04C11DB7, with all bits reversed.
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] Remainders =
        [.. Enumerable.Range(0, 256).Select(value => Enumerable.Range(0, 8).Aggregate((uint)value, (rest, _) => Shifted(rest)))];

    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var rest = uint.MaxValue;
        foreach (var value in bytes)
        {
            rest = (rest >> 8) ^ Remainders[(byte)(rest ^ value)];
        }

        return ~rest;
    }

    private static uint Shifted(uint rest) => (rest >> 1) ^ ((rest & 1) * Polynomial);
}

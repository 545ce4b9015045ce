using System.Buffers.Binary;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>Reads the orientation from a picture's Exif (CIPA DC-008, tag 0x0112).</summary>
internal static class Exif
{
    private const int OrientationTag = 0x0112, Short = 3, EntryLength = 12;

    /// <summary>The prefix before the TIFF structure in JPEG, and sometimes in WebP.</summary>
    public static ReadOnlySpan<byte> Prefix => "Exif\0\0"u8;

    /// <summary>The orientation, 1 to 8; 1, upright, if it is missing or invalid.</summary>
    /// <param name="data">The TIFF structure, with or without the prefix.</param>
    public static int Orientation(ReadOnlySpan<byte> data)
    {
        var tiff = data.StartsWith(Prefix) ? data[Prefix.Length..] : data;
        if (tiff.Length < 8 || !(tiff.StartsWith("II*\0"u8) || tiff.StartsWith("MM\0*"u8)))
        {
            return 1;
        }

        var little = tiff[0] == (byte)'I';
        ushort Number(ReadOnlySpan<byte> at) => little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
        var first = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (first > tiff.Length - 2)
        {
            return 1;
        }

        var entries = tiff[(int)first..];
        var count = Number(entries);
        for (var i = 0; i < count && 2 + ((i + 1) * EntryLength) <= entries.Length; i++)
        {
            var entry = entries.Slice(2 + (i * EntryLength), EntryLength);
            if (Number(entry) == OrientationTag)
            {
                return Number(entry[2..]) == Short && Number(entry[8..]) is >= 1 and <= 8 and var orientation ? orientation : 1;
            }
        }
        return 1;
    }
}

using System.Buffers.Binary;
using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Formats.Pictures;

/// <summary>
/// JPEG (ITU-T T.81): segments and scans. The check counts the codes of every scan, because decoders paint missing data grey with a warning at most.
/// </summary>
internal static class JpegFile
{
    // Usual progressive files have ten scans. Each scan costs time for every block, even with few codes.
    private const int MostScans = 64;

    public static Fin<EncodedPicture> Read(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        var (at, orientation, count) = (2, 1, 0);
        var (tables, frame) = (new JpegTables(), (JpegFrame?)null);
        var kept = new List<ReadOnlyMemory<byte>> { file[..2] };
        while (bytes.Length - at >= 2)
        {
            if (bytes[at] != 0xff)
            {
                return EncodedPicture.CutShort(Invariant($"there is no marker at offset {at}"));
            }

            var marker = bytes[at + 1];
            if (marker == 0xff) // a marker may follow any number of these
            {
                at++;
                continue;
            }
            if (marker == 0xd9) // end
            {
                kept.Add(file.Slice(at, 2));
                return frame is { IsComplete: true }
                    ? new EncodedPicture(PictureFormat.Jpeg, frame.Width, frame.Height, Bytes.Join(kept), Orientation: orientation)
                    : EncodedPicture.CutShort("it ends before the data of all its colours");
            }
            var length = bytes.Length - at >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]) : 0;
            if (length < 2 || length + 2 > bytes.Length - at)
            {
                break;
            }

            var segment = file.Slice(at, 2 + length);
            var data = segment.Span[4..];
            at += segment.Length;
            var understood = true;
            switch (marker)
            {
                case 0xc4: // Huffman codes
                    understood = tables.Define(data);
                    break;
                case 0xdb: // quantisation
                    break;
                case 0xdd: // restarts
                    understood = data.Length == 2;
                    tables.RestartInterval = understood ? BinaryPrimitives.ReadUInt16BigEndian(data) : 0;
                    break;
                case >= 0xc0 and <= 0xcf: // a frame
                    if (frame is not null)
                    {
                        return Error.New("it has two frames");
                    }

                    var begun = JpegFrame.Begin(marker, data);
                    if (begun.Case is Error fault)
                    {
                        return fault;
                    }

                    frame = (JpegFrame)begun.Case!;
                    break;
                case 0xda: // a scan
                    if (frame is null || ++count > MostScans)
                    {
                        return Error.New(frame is null ? "its pixels come before their size" : Invariant($"it has more than {MostScans} scans"));
                    }

                    var end = EndOfScan(bytes, at);
                    if (frame.Scan(data, bytes[at..end], tables).Case is Error missing)
                    {
                        return missing;
                    }

                    segment = file.Slice(at - segment.Length, segment.Length + end - at);
                    at = end;
                    break;
                case 0xe0 when data.StartsWith("JFIF\0"u8): // these two segments tell the colour space
                case 0xee when data.StartsWith("Adobe"u8):
                    break;
                case 0xe1 when data.StartsWith(Exif.Prefix):
                    orientation = Exif.Orientation(data);
                    continue;
                default:
                    continue;
            }
            if (!understood)
            {
                return EncodedPicture.CutShort(Invariant($"its table at offset {at - segment.Length} is not valid"));
            }

            kept.Add(segment);
        }
        return EncodedPicture.CutShort("it lacks a JPEG's end marker");
    }

    /// <summary>The next marker outside of entropy-coded data.</summary>
    private static int EndOfScan(ReadOnlySpan<byte> bytes, int at)
    {
        while (true)
        {
            var next = bytes[at..].IndexOf((byte)0xff);
            if (next < 0 || at + next + 1 >= bytes.Length)
            {
                return bytes.Length;
            }

            at += next;
            if (bytes[at + 1] is 0xff)
            {
                at++; // fills up before a marker
            }
            else if (bytes[at + 1] is 0 or (>= 0xd0 and <= 0xd7))
            {
                at += 2;
            }
            else
            {
                return at;
            }
        }
    }
}
